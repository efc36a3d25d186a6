"""The length of code cells: what a reader has to take in at once."""

import ast

import nbformat
import pytest
from conftest import CHAPTER

NOTEBOOKS = sorted(p.relative_to(CHAPTER).as_posix() for p in CHAPTER.glob("**/*.ipynb"))
NOTEBOOKS = [name for name in NOTEBOOKS if ".ipynb_checkpoints" not in name]


def limit_of(name):
    return 40 if name.startswith("solutions/") else 30


def first_name(source):
    """Return the name of the first function or class that a cell defines, else its first line of code."""
    lines = ["" if line.startswith("%") else line for line in source.splitlines()]
    for node in ast.parse("\n".join(lines)).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            return node.name
    return next((line for line in lines if line and not line.startswith("#")), "")


def too_long(name, cells):
    """Return a line for each code cell over the limit: notebook, cell number, length, first definition."""
    found = []
    for number, cell in enumerate(cells):
        length = len(cell.source.splitlines()) if cell.cell_type == "code" else 0
        if length > limit_of(name):
            what = f"{length} lines of at most {limit_of(name)}, from {first_name(cell.source)}"
            found.append(f"{name}, cell {number}: {what}")
    return found


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_no_code_cell_is_too_long(name):
    long = too_long(name, nbformat.read(CHAPTER / name, as_version=4).cells)
    assert not long, "\n".join(["cut these cells:", *long])


def test_a_long_cell_is_named():
    def cells(length):
        source = "\n".join(["#@save", "%matplotlib inline", "class Long:", *["    pass"] * (length - 3)])
        return [nbformat.v4.new_markdown_cell("x\n" * 99), nbformat.v4.new_code_cell(source)]

    assert too_long("gru.ipynb", cells(30)) == too_long("solutions/gru.ipynb", cells(40)) == []
    assert too_long("gru.ipynb", cells(31)) == ["gru.ipynb, cell 1: 31 lines of at most 30, from Long"]
    (line,) = too_long("solutions/gru.ipynb", cells(41))
    assert line == "solutions/gru.ipynb, cell 1: 41 lines of at most 40, from Long"
