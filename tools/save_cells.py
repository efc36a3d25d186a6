"""Writes the cells that open with the line `#@save` to d2l_utils, one module a section.

    python tools/save_cells.py           write the modules
    python tools/save_cells.py --check   only say which ones are out of step with their notebook
"""

import argparse
import os
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
MARK = "#@save"


def module_text(path):
    """Return the text of the module for a notebook, or None where no cell is marked."""
    cells = nbformat.read(path, as_version=4).cells
    sources = [cell.source for cell in cells if cell.cell_type == "code"]
    saved = [source for source in sources if source.splitlines()[:1] == [MARK]]
    if not saved:
        return None
    imports, bodies = [], []
    for source in saved:
        body = []
        for line in source.splitlines()[1:]:
            # Import lines that open a cell move to the head of the module, once each.
            if line.startswith(("import ", "from ")) and not any(body):
                imports.append(line)
            else:
                body.append(line)
        if any(body):
            bodies.append("\n".join(body).strip("\n"))
    header = (
        f'"""Saved by `make lib` from chapter_rnn/{path.name}, which explains each definition.\n\n'
        'Edit the notebook, not this file.\n"""'
    )
    groups = [header, "\n".join(sort_imports(merge_imports(imports)))] if imports else [header]
    return "\n\n".join(groups) + "".join("\n\n\n" + body for body in bodies) + "\n"


def merge_imports(lines):
    """Return each import once, the names that come from one module in one line."""
    merged, names = set(), {}
    for line in lines:
        if line.startswith("from "):
            module, _, listed = line.partition(" import ")
            names.setdefault(module, set()).update(listed.split(", "))
        else:
            merged.add(line)
    return [*merged, *(f"{m} import {', '.join(sorted(listed))}" for m, listed in names.items())]


def sort_imports(lines):
    """Sort import lines into the groups of pyproject.toml: standard library, our own, packages."""

    def group(line):
        name = line.split()[1].split(".")[0]
        return 0 if name in sys.stdlib_module_names else 1 if name == "d2l_utils" else 2

    out = []
    for number in range(3):
        part = [x for x in lines if group(x) == number]
        part.sort(key=lambda x: (x.startswith("from "), x.split()[1].lower()))
        out += ([""] if out and part else []) + part
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only check")
    options = parser.parse_args()
    stale = []
    for path in sorted((ROOT / "chapter_rnn").glob("*.ipynb")):
        text = module_text(path)
        module = ROOT / "d2l_utils" / (path.stem.replace("-", "_") + ".py")
        if text is None or (module.exists() and module.read_text(encoding="utf-8") == text):
            continue
        stale.append(module.name)
        if not options.check:
            print(f"{path.name} -> d2l_utils/{module.name}")
            part = module.with_suffix(".part")
            part.write_text(text, encoding="utf-8")
            os.replace(part, module)
    if options.check and stale:
        sys.exit(f"out of step with their notebooks, run `make lib`: {' '.join(stale)}")


if __name__ == "__main__":
    main()
