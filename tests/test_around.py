"""What stands around the text: references, glossary, index, printed book, downloads, times, citation."""

import html
import json
import re
import runpy
import shutil
import subprocess
import sys
import tomllib

import made_pages
import nbformat
import pytest
import run_notebooks
import term_index
import write_references
import yaml
from bs4 import BeautifulSoup
from conftest import AXE, AXE_RUN, CHAPTER, LAID_OUT, ROOT, build
from pybtex.database import parse_file
from pypdf import PdfReader

BIBLIOGRAPHY = parse_file(CHAPTER / "references.bib", bib_format="bibtex").entries
PAGES = runpy.run_path(str(ROOT / "book" / "conf.py"))["PAGES"]


def texts():
    """Return the Markdown of every page but the references, by file name."""
    found = {p.name: p.read_text(encoding="utf-8") for p in CHAPTER.glob("*.md") if p.stem != "references"}
    for path in CHAPTER.rglob("*.ipynb"):
        if ".ipynb_checkpoints" not in path.parts:
            cells = nbformat.read(path, as_version=4).cells
            found[path.relative_to(CHAPTER).as_posix()] = "\n".join(
                c.source for c in cells if c.cell_type == "markdown"
            )
    return found


def test_references_are_in_step_with_the_bibliography():
    page = (CHAPTER / "references.md").read_text(encoding="utf-8")
    assert page == write_references.page(CHAPTER / "references.bib"), "run `make references`"


def test_every_citation_has_its_entry_and_every_entry_is_cited():
    entries = {write_references.heading(e).replace(" ", "-") for e in BIBLIOGRAPHY.values()}
    links = {name: re.findall(r"references\.md#([^)\s]+)", text) for name, text in texts().items()}
    cited = {link for found in links.values() for link in found}
    assert len(cited) > 20
    assert {name: set(found) - entries for name, found in links.items() if set(found) - entries} == {}
    assert entries - cited == set(), "entries that no page cites"


@pytest.mark.parametrize("key", BIBLIOGRAPHY)
def test_entry_is_complete_and_its_link_has_the_right_form(key):
    fields = BIBLIOGRAPHY[key].fields
    assert re.fullmatch(r"\d{4}[a-z]?", fields["year"])  # a letter where an author has two works in a year
    forms = {
        "doi": r"10\.\d{4,9}/\S+",
        "eprint": r"\d{4}\.\d{4,5}",
        "isbn": r"[\d-]{17}",
        "url": r"https://\S+",
    }
    given = [name for name in forms if name in fields]
    assert given or len(fields["nolink"]) > 10
    assert all(re.fullmatch(forms[name], fields[name]) for name in given)
    assert ("eprint" in fields) == (fields.get("archiveprefix") == "arXiv")


ENTRY = "@misc{a, author={Cho, K.}, title={X}, year={2014}, url={https://x.org}}"
BAD_ENTRIES = {
    "a second entry is called Cho 2014": ENTRY + ENTRY.replace("{a,", "{b,"),
    "doi, eprint, url or isbn": ENTRY.replace(", url={https://x.org}", ""),
    "needs the field year": ENTRY.replace(", year={2014}", ""),
    "author or an editor": ENTRY.replace(", author={Cho, K.}", ""),
    "@manual has no form": ENTRY.replace("misc", "manual"),
    "syntax error": "@misc{a, author=",
}


@pytest.mark.parametrize("fault", BAD_ENTRIES)
def test_a_faulty_bibliography_is_one_clear_line_and_changes_nothing(tmp_path, fault):
    (tmp_path / "x.bib").write_text(BAD_ENTRIES[fault], encoding="utf-8")
    command = [sys.executable, ROOT / "tools" / "write_references.py", tmp_path / "x.bib"]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 1 and fault in run.stderr and run.stderr.count("\n") == 1, run.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["x.bib"]


TERMS = term_index.glossary(CHAPTER)


def test_glossary_is_sorted_and_each_term_is_explained_by_a_section():
    assert list(TERMS) == sorted(TERMS, key=str.lower) and len(TERMS) >= 60
    assert [term for term, links in TERMS.items() if not links] == []


def test_every_section_explains_a_term():
    explained = {page for links in TERMS.values() for page, _ in links}
    assert {path.stem for path in CHAPTER.glob("*.ipynb")} - explained == set()


def test_index_leads_to_the_glossary_and_to_the_sections(book):
    """Each entry points to the glossary, and below it to each section that the glossary names."""
    index = (book / "genindex.html").read_text(encoding="utf-8")
    entries = re.findall(
        r'<a href="(\w+)\.html#([^"]*)"><strong>(.*?)</strong></a>(.*?)(?=<a [^>]*><strong>|<h2)',
        index + "<h2",
        re.S,
    )
    assert {html.unescape(term).replace("’", "'") for _, _, term, _ in entries} == set(TERMS)
    for page, _, term, rest in entries:
        assert page == "glossary"
        pages = set(re.findall(r'href="([\w-]+)\.html#', rest))
        assert {page for page, _ in TERMS[html.unescape(term).replace("’", "'")]} <= pages, term
    for page, anchor in re.findall(r'<a href="([\w-]+)\.html#([^"]+)">', index):
        assert f'id="{anchor}"' in (book / f"{page}.html").read_text(encoding="utf-8"), anchor


def test_a_term_in_bold_is_indexed_at_that_place(book):
    assert 'href="lang-model.html#term-perplexity"' in (book / "genindex.html").read_text(encoding="utf-8")
    page = (book / "lang-model.html").read_text(encoding="utf-8")
    assert re.search(
        r'<strong id="term-perplexity">perplexity</strong>|<span [^>]*id="term-perplexity"', page
    )


def test_glossary_and_index_can_be_reached_from_every_page(book):
    for path in book.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        for page in ("glossary", "genindex"):
            assert path.stem == page or f'href="{page}.html"' in text, path.name


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["glossary", "run-times", "benchmarks", "checks", "changes"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_around_the_text_in_the_browser(book, open_page, name, scheme, width):
    address = (book / f"{name}.html").as_uri()
    page = open_page(address, color_scheme=scheme, viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.add_style_tag(content=LAID_OUT)
    page.add_script_tag(path=AXE)
    result = page.evaluate(AXE_RUN)
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in result["violations"]] == []
    assert page.log == []


def titles(outline, depth=0):
    """Return the bookmarks of one depth."""
    for item in outline:
        if isinstance(item, list):
            if depth > 0:
                yield from titles(item, depth - 1)
        elif depth == 0:
            yield item


@pytest.fixture(scope="module")
def printed(chromium, book, tmp_path_factory):
    pdf = tmp_path_factory.mktemp("pdf") / "book.pdf"
    before = sorted(path.name for path in book.iterdir())
    command = [sys.executable, ROOT / "tools" / "print_book.py", book, pdf]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0 and run.stderr == "", run.stderr
    assert sorted(path.name for path in book.iterdir()) == before  # nothing is left in the book
    return PdfReader(pdf)


def test_printed_book_has_the_sections_in_order_as_bookmarks(book, printed):
    marks = list(titles(printed.outline))
    wanted = []
    for page in ["index", *PAGES]:
        text = (book / f"{page}.html").read_text(encoding="utf-8")
        wanted.append(html.unescape(re.search(r"<h1>([^<]*)<a ", text)[1]))
    assert [mark.title for mark in marks] == wanted
    starts = [printed.get_destination_page_number(mark) for mark in marks]
    assert starts == sorted(set(starts)) and len(printed.pages) > 8 * len(list(CHAPTER.glob("*.ipynb")))
    for number, title in zip(starts, wanted, strict=True):
        lines = [line.strip() for line in printed.pages[number].extract_text().splitlines()]
        assert title.replace(" ", "") in "".join(lines[:4]).replace(" ", "")
    assert sum(mark.title == "Exercises" for mark in titles(printed.outline, 1)) > 5


def test_printed_book_is_tagged_and_its_links_lead_to_its_own_pages(printed):
    catalog = printed.trailer["/Root"]
    assert "/StructTreeRoot" in catalog and catalog["/MarkInfo"]["/Marked"] and catalog["/Lang"] == "en"
    inside, outside = 0, set()
    for page in printed.pages:
        for link in (note.get_object() for note in page.get("/Annots", [])):
            if "/URI" in link.get("/A", {}):
                outside.add(link["/A"]["/URI"])
            else:
                assert link["/Dest"] in printed.named_destinations
                inside += 1
    assert inside > 100 and len(outside) > 30
    assert {link for link in outside if not link.startswith("https://")} == set()


def test_printed_book_numbers_its_pages(printed):
    for number in (1, 10, 50):
        assert str(number + 1) in printed.pages[number].extract_text().split()


def test_printing_without_chromium_or_without_a_book_is_one_clear_line(book, tmp_path):
    for folder, path, remedy in ((book, tmp_path, "apt install chromium"), (tmp_path, tmp_path, "make book")):
        command = [sys.executable, ROOT / "tools" / "print_book.py", folder, tmp_path / "x.pdf"]
        run = subprocess.run(command, env={"PATH": str(path)}, capture_output=True, text=True)
        assert run.returncode == 1 and remedy in run.stderr and run.stderr.count("\n") == 1, run.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_can_be_downloaded_from_its_page(served, open_page, tmp_path):
    page = open_page(f"{served}/sequence.html")
    page.get_by_label("Download this page").click()
    with page.expect_download() as download:
        page.locator("a[href='_sources/sequence.ipynb']").click()
    assert download.value.suggested_filename == "sequence.ipynb"
    download.value.save_as(tmp_path / "sequence.ipynb")
    assert (tmp_path / "sequence.ipynb").read_bytes() == (CHAPTER / "sequence.ipynb").read_bytes()


@pytest.mark.parametrize("name", ["sequence.ipynb", "glossary.md", "solutions/sequence.ipynb"])
def test_a_source_can_be_downloaded_from_a_page_opened_as_a_file(book, open_page, tmp_path, name):
    page = open_page((book / name).with_suffix(".html").as_uri())
    page.get_by_label("Download this page").click()
    with page.expect_download() as download:
        page.locator(f"a[href$='_sources/{name}']").click()
    assert download.value.suggested_filename == name.split("/")[-1]
    download.value.save_as(tmp_path / "source")
    assert (tmp_path / "source").read_bytes() == (CHAPTER / name).read_bytes()
    assert page.url.endswith(".html") and len(page.context.pages) == 1


def test_every_section_has_its_download(book):
    for source in CHAPTER.glob("*.ipynb"):
        assert f'href="_sources/{source.name}"' in (book / f"{source.stem}.html").read_text(encoding="utf-8")
        assert (book / "_sources" / source.name).read_bytes() == source.read_bytes()


LAUNCHERS = ("mybinder.org", "git-pull", "fa-rocket", "fa-github", "fa-gitlab")


def test_without_a_public_address_there_is_no_launch_button(book):
    for page in book.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert [name for name in LAUNCHERS if name in text] == [], page.name


@pytest.fixture
def small_chapter(tmp_path):
    """A folder with one section of the chapter."""
    shutil.copytree(CHAPTER / "img", tmp_path / "in" / "img")
    (tmp_path / "in" / "index.md").write_text("# Recurrent Neural Networks\n", encoding="utf-8")
    notebook = nbformat.read(CHAPTER / "sequence.ipynb", as_version=4)
    notebook.cells = notebook.cells[:1]
    nbformat.write(notebook, tmp_path / "in" / "sequence.ipynb")
    return tmp_path / "in"


@pytest.mark.parametrize(
    ("repository", "hub", "binder"),
    [
        ("https://github.com/reader/rnn/", "https://hub.example.org", "gh/reader/rnn/trunk"),
        ("https://git.example.org/reader/rnn", "", "git/https%3A//git.example.org/reader/rnn/trunk"),
    ],
)
def test_launch_buttons_lead_to_the_notebook(small_chapter, tmp_path, monkeypatch, repository, hub, binder):
    for name, value in (("REPOSITORY", repository), ("HUB", hub), ("BRANCH", "trunk")):
        monkeypatch.setenv(name, value)
    build(small_chapter, tmp_path / "out")  # the other pages are missing, which it complains of
    text = html.unescape((tmp_path / "out" / "html" / "sequence.html").read_text(encoding="utf-8"))
    path = "chapter_rnn/sequence.ipynb"
    assert f'href="https://mybinder.org/v2/{binder}?urlpath=lab/tree/{path}"' in text
    assert ("git-pull" in text) == bool(hub)
    if hub:
        query = f"repo=https%3A//github.com/reader/rnn&urlpath=lab/tree/rnn/{path}&branch=trunk"
        assert f'href="{hub}/hub/user-redirect/git-pull?{query}"' in text
    assert f'href="{repository.rstrip("/")}"' in text


def test_a_hub_without_a_repository_stops_the_build_and_says_why(small_chapter, tmp_path, monkeypatch):
    monkeypatch.setenv("HUB", "https://hub.example.org")
    monkeypatch.delenv("REPOSITORY", raising=False)
    run = build(small_chapter, tmp_path / "out")
    assert run.returncode != 0 and "HUB needs REPOSITORY" in run.stderr


def test_the_times_of_all_notebooks_are_known():
    times = json.loads(run_notebooks.TIMES.read_text(encoding="utf-8"))
    names = {path.relative_to(CHAPTER).as_posix() for path in run_notebooks.notebooks()}
    assert set(times) == names, "execute what is missing: `make run NB=...`"
    assert all(isinstance(seconds, int) and 0 < seconds < 600 for seconds in times.values())


def test_times_are_whole_seconds_of_notebooks_that_exist(tmp_path):
    times = tmp_path / "times.json"
    times.write_text('{"gone.ipynb": 3, "sequence.ipynb": 99}', encoding="utf-8")
    run_notebooks.record_time(CHAPTER / "sequence.ipynb", 12.4, times)
    run_notebooks.record_time(CHAPTER / "rnn.ipynb", 0.2, times)
    run_notebooks.record_time(tmp_path / "elsewhere.ipynb", 5, times)
    assert json.loads(times.read_text(encoding="utf-8")) == {"rnn.ipynb": 1, "sequence.ipynb": 12}


def test_table_of_times_has_a_total_and_the_reading_order():
    lines = made_pages.table({"sequence.ipynb": 70, "rnn.ipynb": 5}, ["rnn", "sequence", "bptt"], CHAPTER)
    assert [re.sub(r" *\| *", "|", line) for line in lines[2:]] == [
        "|[3. Recurrent Neural Networks](rnn.ipynb)|5 s|",
        "|[1. Sequence Models](sequence.ipynb)|70 s|",
        "|All together|75 s|",
    ]


def test_the_book_shows_times_and_changes(book):
    times = json.loads(run_notebooks.TIMES.read_text(encoding="utf-8"))
    page = (book / "run-times.html").read_text(encoding="utf-8")
    shown = [int(s) for s in re.findall(r"<p>(\d+) s</p>", page)]
    assert shown[-1] == sum(shown[:-1]) == sum(times.get(f"{name}.ipynb", 0) for name in PAGES)
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    page = (book / "changes.html").read_text(encoding="utf-8")
    assert re.findall(r"<h2>([^<]+)<a", page) == re.findall(r"^## (.+)$", log, re.MULTILINE) != []


def test_the_book_shows_every_check_and_every_mutant(book):
    page = BeautifulSoup((book / "checks.html").read_text(encoding="utf-8"), "html.parser")
    shown = [[cell.get_text() for cell in row.find_all("td")] for row in page.select("tbody tr")]
    checks = json.loads((ROOT / "book" / "agreement.json").read_text(encoding="utf-8"))
    mutants = json.loads((ROOT / "book" / "mutants.json").read_text(encoding="utf-8"))
    assert len(shown) == len(checks) + len(mutants)
    straight = [[text.replace("’", "'") for text in row] for row in shown]
    assert {(row["what"], row["against"]) for row in checks} <= {tuple(row[:2]) for row in straight}
    assert {(row["name"], row["what"]) for row in mutants} <= {tuple(row[:2]) for row in straight}
    assert "nothing" not in [row[2] for row in shown] or not all(m["noticed by"] for m in mutants)


def test_tables_of_checks_and_mutants():
    rows = [("RNN: outputs", "PyTorch's RNN", 1e-6), ("Loss: value", "PyTorch's cross_entropy", 0)]
    rows = [dict(zip(("what", "against", "at_most"), row, strict=True)) for row in rows]
    lines = made_pages.check_tables(rows)
    assert [line for line in lines if line.startswith("##")] == [
        "## Layers and models beside those of PyTorch",
        "## Losses, probabilities, data and searches",
    ]
    assert "| RNN: outputs | PyTorch's RNN | $10^{-6}$ |" in lines and lines[-1].endswith("| none |")
    results = [{"name": "a", "what": "b", "noticed by": "tests/test_x.py::test_y_z"}]
    results += [{"name": "c", "what": "<eos>", "noticed by": None}]
    lines = made_pages.mutant_table(results)
    assert "They noticed 1 of 2 small breakages." in lines
    assert lines[-2:] == ["| a | b | `test_x.py` y z |", "| c | &lt;eos> | nothing |"]


def test_citation_file_has_the_required_fields_and_agrees_with_the_project():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert set(citation) >= {"cff-version", "message", "title", "authors"}
    assert citation["cff-version"] == "1.2.0" and citation["type"] in ("software", "dataset")
    config = runpy.run_path(str(ROOT / "book" / "conf.py"))
    assert citation["title"] == config["project"]
    assert [author["name"] for author in citation["authors"]] == [config["author"]]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert citation["version"] == project["version"]
    assert " AND ".join(citation["license"]) == project["license"]
    version = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)[1]
    assert version == project["version"]


def test_every_page_has_its_own_title_and_the_icon(book):
    """The title reads `Section — Book`, the front page's has the name of the book alone."""
    name = runpy.run_path(str(ROOT / "book" / "conf.py"))["project"]
    titles = {}
    for path in book.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        titles[path.stem] = html.unescape(re.search(r"<title>(.*?)</title>", text, re.DOTALL)[1])
        assert 'href="_static/favicon.svg"' in text
    assert (book / "_static" / "favicon.svg").is_file() and titles.pop("index") == name
    assert f">{name}</p>" in (book / "index.html").read_text(encoding="utf-8")  # the link to the front page
    assert all(re.fullmatch(rf".+ [—-] {re.escape(name)}", title) for title in titles.values())
    assert len(set(titles.values())) == len(titles)
