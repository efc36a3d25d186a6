"""Exercises: of every kind, each with one hint and one solution, in order, quoted word for word."""

import re
import runpy

from d2l_utils.notebooks import functions_of

import nbformat
import pytest
from bs4 import BeautifulSoup
from conftest import CHAPTER, ROOT

SECTIONS = runpy.run_path(str(ROOT / "book" / "conf.py"))["SECTIONS"]
KINDS = {"Quick check", "Derivation", "Coding", "Experiment", "Open question"}
PARTS = re.compile(
    r"(?P<statement>.*?)\n\n<details><summary>Hint</summary>\n\n(?P<hint>.+?)\n\n</details>\n\n"
    r"\[Solution\]\((?P<link>[^)]+)\)",
    re.DOTALL,
)


def cells(path):
    return nbformat.read(path, as_version=4).cells


def seen_from_solutions(text, section):
    """Return a text of a section with its links as they have to be in the folder below."""
    text = re.sub(r"\]\(#", f"]({section}.ipynb#", text)
    return re.sub(r"\]\((?=[\w-]+\.(?:ipynb|md)\b)", "](../", text)


def number(section):
    return int(cells(CHAPTER / f"{section}.ipynb")[0].source.lstrip("# ").split(".")[0])


def exercises(section):
    """Return the exercises of a section: dicts of statement, hint and link."""
    (text,) = [c.source for c in cells(CHAPTER / f"{section}.ipynb") if c.source.startswith("## Exercises\n")]
    text = re.split(r"^## ", text, flags=re.MULTILINE)[1]
    heads = re.findall(r"^(\d+)\. ", text, re.MULTILINE)
    assert heads == [str(n + 1) for n in range(len(heads))], "the numbers are not 1, 2, 3, …"
    found = []
    for item in re.split(r"^\d+\. ", text, flags=re.MULTILINE)[1:]:
        item = re.sub(r"^   ", "", item.strip(), flags=re.MULTILINE)
        match = PARTS.fullmatch(item)
        assert match, f"not a statement, a folded hint and a link to a solution: {item}"
        found.append(match.groupdict())
    return found


def solutions(section):
    """Return (name, quoted statement, answer) of each solution of a section; code counts as answer."""
    parts = []
    for cell in cells(CHAPTER / "solutions" / f"{section}.ipynb"):
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            name, _, rest = cell.source[3:].partition("\n\n")
            quoted = re.match(r"(?:>.*(?:\n|$))+", rest)
            assert quoted, f"{name}: the statement does not follow as a quotation"
            statement = re.sub(r"^> ?", "", quoted[0].rstrip(), flags=re.MULTILINE)
            parts.append([name, statement, rest[quoted.end() :]])
        elif parts:
            parts[-1][2] += cell.source
    return parts


@pytest.mark.parametrize("section", SECTIONS)
def test_every_exercise_has_one_hint_and_one_solution_in_order(section):
    asked, solved = exercises(section), solutions(section)
    names = [f"Exercise {number(section)}.{n + 1}" for n in range(len(asked))]
    assert [name for name, _, _ in solved] == names
    statements = [seen_from_solutions(exercise["statement"], section) for exercise in asked]
    assert [statement for _, statement, _ in solved] == statements
    links = [f"solutions/{section}.ipynb#{name.replace(' ', '-')}" for name in names]
    assert [exercise["link"] for exercise in asked] == links
    for name, statement, answer in solved:
        assert len(answer.strip()) > 200, f"{name} is not worked out"
        assert statement not in answer


@pytest.mark.parametrize("section", SECTIONS)
def test_exercises_are_of_every_kind_and_say_how_long_they_take(section):
    kinds = []
    for exercise in exercises(section):
        match = re.match(r"\*([A-Z][a-z ]+), (\d+) minutes\.\* \S", exercise["statement"])
        assert match, exercise["statement"]
        kinds.append(match[1])
        assert 1 <= int(match[2]) <= 180
        assert len(exercise["hint"]) > 20
    assert len(kinds) >= 5 and set(kinds) == KINDS


def test_there_are_enough_exercises_and_no_solution_without_a_section():
    assert sum(len(exercises(section)) for section in SECTIONS) >= 90
    found = {path.stem for path in (CHAPTER / "solutions").glob("*.ipynb")}
    assert found == set(SECTIONS)


@pytest.mark.parametrize("section", SECTIONS)
def test_the_book_folds_each_solution_away_below_its_exercise(book, section):
    page = BeautifulSoup((book / "solutions" / f"{section}.html").read_text(encoding="utf-8"), "html.parser")
    found = page.select("article section[id^=exercise-]")
    assert len(found) == len(exercises(section))
    for part in found:
        anchor, heading, quotation, folded = part.find_all(recursive=False)
        name = anchor["id"].replace("-", " ")
        assert heading.get_text().startswith(name) and quotation.name == "blockquote"
        assert folded.name == "details" and not folded.has_attr("open")
        assert folded.summary.get_text() == f"Solution of {name}"


def test_functions_of_a_section_are_defined_and_nothing_else_is_run():
    module = functions_of("encoder-decoder", num_hiddens=3, vocab=[])
    assert callable(module.draw_strings) and module.DigitEncoder.__mro__[1].__name__ == "Encoder"
    assert module.num_hiddens == 3 and not hasattr(module, "pairs")
    with pytest.raises(ValueError, match="no section 'nothing': take one of beam-search, bi-rnn"):
        functions_of("nothing")
