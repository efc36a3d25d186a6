"""Executes notebooks and writes them in the one form in which they are committed.

    python tools/run_notebooks.py [NOTEBOOK ...]           execute and write (default: all)
    python tools/run_notebooks.py --check [NOTEBOOK ...]   only say which ones are not in that form

The form: counts from 1, a fixed kernel name, no times, no widget state, ids kept; so that a second
run gives the same bytes. The seconds that each notebook of the chapter took go to
book/run_times.json, which the book shows as a table.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
CHAPTER = ROOT / "chapter_rnn"
TIMES = ROOT / "book" / "run_times.json"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
KEPT_CELL_METADATA = {"tags", "jupyter"}


def notebooks():
    """Return the paths of all notebooks of the chapter, solutions included."""
    return sorted(p for p in CHAPTER.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


def normal_form(notebook):
    """Return the text of a notebook in its committed form."""
    notebook = nbformat.from_dict(notebook)
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    count = 0
    for number, cell in enumerate(notebook.cells):
        cell.id = cell.get("id", f"cell-{number}")
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in KEPT_CELL_METADATA}
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = count
    nbformat.validate(notebook)
    return nbformat.writes(notebook, indent=1) + "\n"


def execute(path):
    """Run a notebook in its own folder; raise nbclient's CellExecutionError where a cell fails."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,  # how printed lines are cut into pieces depends on timing
        resources={"metadata": {"path": str(path.parent)}},
        extra_arguments=["--IPKernelApp.log_level=ERROR"],  # else it warns of its loopback sockets
    ).execute()
    return notebook


def write_whole(path, text):
    """Replace a file in one step, so that an interrupted run leaves the old one."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8", newline="\n")
    os.replace(part, path)


def record_time(path, seconds, times=TIMES):
    """Note how long a notebook of the chapter took, in whole seconds; others are not noted."""
    if not path.resolve().is_relative_to(CHAPTER):
        return
    known = json.loads(times.read_text(encoding="utf-8")) if times.is_file() else {}
    known[path.resolve().relative_to(CHAPTER).as_posix()] = max(1, round(seconds))
    present = {name: known[name] for name in sorted(known) if (CHAPTER / name).is_file()}
    write_whole(times, json.dumps(present, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only check the form")
    parser.add_argument("notebooks", nargs="*", type=Path)
    options = parser.parse_args()
    paths = options.notebooks or notebooks()
    for path in paths:
        if not path.is_file():
            sys.exit(f"run_notebooks: no file {path}; name one like chapter_rnn/sequence.ipynb.")
    odd = []
    for path in paths:
        if options.check:
            text = path.read_text(encoding="utf-8")
            if text != normal_form(nbformat.reads(text, as_version=4)):
                odd.append(path)
        else:
            print(path)
            start = time.perf_counter()
            write_whole(path, normal_form(execute(path)))
            record_time(path, time.perf_counter() - start)
    if odd:
        sys.exit(f"not in the committed form, run `make run NB=...`: {' '.join(map(str, odd))}")


if __name__ == "__main__":
    # The same processor settings as under `make`, wherever this is called from.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
