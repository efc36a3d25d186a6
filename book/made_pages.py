"""Fills the pages whose contents stand outside the chapter: run times, changes, checks, benchmarks."""

import json
import math
import re
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


# The headings of the cross-checks; the first whose pattern occurs in what was checked against takes it.
CHECKS = {
    "Layers and models beside those of PyTorch": r"PyTorch's [A-Z]{3}",
    "Layers and models beside those of Gluon": "Gluon",
    "Equations and gradients": "equations|finite differences",
    "Losses, probabilities, data and searches": "",
}


def check_tables(rows):
    """Return the lines of a table for each kind of cross-check in book/agreement.json."""
    lines, left = [], sorted(rows, key=lambda row: (row["what"].lower(), row["against"]))
    for title, pattern in CHECKS.items():
        here = [row for row in left if re.search(pattern, row["against"])]
        left = [row for row in left if row not in here]
        if here:
            lines += ["", f"## {title}", "", "| What | Against | Largest difference |", "|---|---|---:|"]
        for row in here:
            limit = f"$10^{{{round(math.log10(row['at_most']))}}}$" if row["at_most"] else "none"
            lines.append(f"| {row['what']} | {row['against']} | {limit} |")
    return lines


def mutant_table(results):
    """Return the lines of the section on book/mutants.json: name, what was broken, noticed by."""
    noticed = sum(bool(result["noticed by"]) for result in results)
    lines = ["", "## What the tests notice", "", f"They noticed {noticed} of {len(results)} small breakages."]
    lines += ["", "| Breakage | What is broken | Noticed by |", "|---|---|---|"]
    for result in results:
        by = result["noticed by"] or "nothing"
        file, _, test = by.removeprefix("tests/").partition("::")
        # Separate marks, so that a narrow screen may break the line between them.
        by = f"`{file}` {test.removeprefix('test_').replace('_', ' ')}" if test else by
        lines.append(f"| {result['name']} | {result['what'].replace('<', '&lt;')} | {by} |")
    return lines


def rows_of(header, rows):
    """Return the lines of a table, the first column to the left and the others to the right."""
    lines = ["| " + " | ".join(header) + " |", "|---" + "|---:" * (len(header) - 1) + "|"]
    return lines + [
        f"| {' | '.join(f'{v:,}' if isinstance(v, int) else str(v) for v in row)} |" for row in rows
    ]


def comparison_table(part):
    """Return the lines for times of layers side by side, with the aim and whether it was met."""
    columns = list(next(iter(part["rows"].values())))
    found = [
        [name, *(row[column] for column in columns), part["aims"][name]] for name, row in part["rows"].items()
    ]
    at_least = part["aim"] == "at least"
    for row in found:
        ratio, aim = row[-2:]
        row[-1] = f"{part['aim']} {aim}: {'met' if (ratio >= aim) == at_least or ratio == aim else 'missed'}"
    return [*rows_of(["Layer", *columns, "aim"], found), "", note(part)]


def loop_table(part):
    """Return the lines for ways to write one loop."""
    rows = [[name, milliseconds, f"{ratio:.2f}"] for name, (milliseconds, ratio) in part["rows"].items()]
    return [*rows_of(["Loop", "ms", "ratio"], rows), "", note(part)]


def cost_table(part):
    """Return the lines for times against sizes."""
    rows = [
        [f"{name}: {size}", f"{measured:.2f}", "" if bound is None else f"{bound:.2f}"]
        for name, points in part["rows"].items()
        for size, measured, bound in points
    ]
    return [*rows_of(["Size", "measured, ms", "arithmetic bound, ms"], rows), "", note(part)]


def quality_table(part):
    """Return the lines for the end of each curve, the best one first."""
    ends = sorted(((name, *points[-1]) for name, points in part["rows"].items()), key=lambda row: row[2])
    rows = [[name, f"{perplexity:.3f}", f"{seconds:.0f}"] for name, seconds, perplexity in ends]
    return [*rows_of(["Model", "validation perplexity", "training seconds"], rows), "", note(part)]


def note(part):
    return f"*Measured on: {part['machine']}.*"


def chapter_table(times):
    """Return the lines for the run times of all sections and of all solutions."""
    solutions = sum(seconds for name, seconds in times.items() if name.startswith("solutions/"))
    sections = sum(times.values()) - solutions
    rows = [
        [name, f"{seconds / 60:.1f} minutes"]
        for name, seconds in (("Sections", sections), ("Solutions", solutions))
    ]
    return rows_of(["Notebooks, one after another", "time"], rows)


TABLES = {
    "torch": comparison_table,
    "scratch": comparison_table,
    "loop": loop_table,
    "cost": cost_table,
    "quality": quality_table,
}


def fill_benchmarks(text, results, times):
    """Return the text of the page with a table in the place of each mark."""
    tables = {name: make(results[name]) for name, make in TABLES.items()} | {"chapter": chapter_table(times)}
    return re.sub(r"<!-- table: (\w+) -->", lambda mark: "\n".join(tables[mark[1]]), text)


def fill(app, docname, source):
    if docname == "run-times":
        path = HERE / "run_times.json"
        times = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        app.env.note_dependency(path)
        source[0] += "\n" + "\n".join(table(times, app.config._raw_config["PAGES"], app.srcdir)) + "\n"
    if docname == "checks":
        for name, lines in (("agreement", check_tables), ("mutants", mutant_table)):
            path = HERE / f"{name}.json"
            app.env.note_dependency(path)
            results = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
            source[0] += "\n".join(lines(results)) + "\n"
    if docname == "benchmarks":
        files = HERE.parent / "benchmarks" / "results.json", HERE / "run_times.json"
        for path in files:
            app.env.note_dependency(path)
        source[0] = fill_benchmarks(
            source[0], *(json.loads(path.read_text(encoding="utf-8")) for path in files)
        )
    if docname == "changes":
        path = HERE.parent / "CHANGELOG.md"
        app.env.note_dependency(path)
        _, _, versions = path.read_text(encoding="utf-8").partition("\n## ")
        source[0] += f"\n## {versions}"


def setup(app):
    app.connect("source-read", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
