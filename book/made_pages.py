"""Fills run-times from run_times.json and changes from CHANGELOG.md, which stand outside the chapter."""

import json
from pathlib import Path

import nbformat

HERE = Path(__file__).resolve().parent


def table(times, pages, folder):
    """Return the lines of a table of run times, in reading order, with the total."""
    rows = []
    for page in pages:
        name = f"{page}.ipynb"
        path = Path(folder, name)
        if name in times and path.is_file():
            title = nbformat.read(path, as_version=4).cells[0].source.splitlines()[0].lstrip("# ")
            rows.append((f"[{title}]({name})", times[name]))
    rows.append(("All together", sum(seconds for _, seconds in rows)))
    return ["| Section | Time |", "|---|---:|", *(f"| {title} | {seconds} s |" for title, seconds in rows)]


def fill(app, docname, source):
    if docname == "run-times":
        path = HERE / "run_times.json"
        times = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        app.env.note_dependency(path)
        source[0] += "\n" + "\n".join(table(times, app.config._raw_config["PAGES"], app.srcdir)) + "\n"
    if docname == "changes":
        path = HERE.parent / "CHANGELOG.md"
        app.env.note_dependency(path)
        _, _, versions = path.read_text(encoding="utf-8").partition("\n## ")
        source[0] += f"\n## {versions}"


def setup(app):
    app.connect("source-read", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
