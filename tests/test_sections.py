"""Every section has the same parts, and the table of the index says of it what it says itself."""

import re

import nbformat
import pytest
from conftest import CHAPTER

INDEX = (CHAPTER / "index.md").read_text(encoding="utf-8")
LINE = r"^\| \[(\d+\. [^]]+)\]\(([a-z0-9-]+)\.ipynb\) \|[^|]+\| ([–\d, ]+) \| (\d+) s \|"
LINES = {name: (title, *line) for title, name, *line in re.findall(LINE, INDEX, re.MULTILINE)}
SECTIONS = list(LINES)


def texts(name):
    cells = nbformat.read(CHAPTER / f"{name}.ipynb", as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "markdown"]


def section_numbers(text):
    """Return the numbers of the sections that a text names."""
    return sorted({int(number) for number in re.findall(r"Section (\d+)", text)})


def test_the_index_lists_every_section():
    assert sorted(SECTIONS) == sorted(path.stem for path in CHAPTER.glob("*.ipynb"))


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_begins_as_the_index_says(name):
    head, (title, needs, seconds) = texts(name)[0], LINES[name]
    assert head.startswith(f"# {title}\n\nAfter this section you can ")
    said = re.search(r"\*Earlier sections:\* (.*) \*Run time:\* about (\d+) seconds on one CPU core\.", head)
    assert section_numbers(said[1]) == [int(number) for number in re.findall(r"\d+", needs)]
    assert said[2] == seconds


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_ends_with_summary_exercises_and_reading(name):
    whole = "\n\n".join(texts(name))
    parts = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", whole, re.MULTILINE | re.DOTALL))
    assert list(parts)[-3:] == ["Summary", "Exercises", "Further reading"]
    assert 3 <= len(re.findall(r"^\* ", parts["Summary"], re.MULTILINE)) <= 6
    assert "](references.md#" in parts["Further reading"]
    following = SECTIONS.index(name) + 1
    if following < len(SECTIONS):
        assert whole.rstrip().splitlines()[-1].startswith("Next: [")
        assert f"]({SECTIONS[following]}.ipynb)" in whole.rstrip().splitlines()[-1]


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_numbers_its_equations(name):
    number = SECTIONS.index(name) + 1
    tags = re.findall(r"\\tag\{(\d+)\.(\d+)\}", "\n".join(texts(name)))
    assert tags == [(str(number), str(k)) for k in range(1, len(tags) + 1)] != []
