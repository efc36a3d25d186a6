"""The HTML book: it builds without a warning, keeps to itself, and reads well for everybody."""

import html.parser
import re
import shutil

import nbformat
import pytest
from conftest import AXE, AXE_RUN, CHAPTER, LAID_OUT, build


def name(source):
    """Return the name of a page, such as solutions/rnn."""
    return source.relative_to(CHAPTER).with_suffix("").as_posix()


TEXTS = ["index", "glossary", "run-times", "benchmarks", "checks", "changes", "references"]
NOTEBOOKS = sorted([*CHAPTER.glob("*.ipynb"), *CHAPTER.glob("solutions/*.ipynb")])
SOURCES = [*(CHAPTER / f"{name}.md" for name in TEXTS), *NOTEBOOKS]
PAGES = [*(name(source) for source in SOURCES), "search", "genindex"]


def test_every_notebook_is_a_page_in_the_reading_order(book):
    front = (book / "index.html").read_text(encoding="utf-8")
    for source in SOURCES[1:]:
        assert (book / f"{name(source)}.html").is_file()
        assert f'href="{name(source)}.html"' in front


def test_two_builds_are_equal(book, tmp_path):
    assert build(CHAPTER, tmp_path).returncode == 0
    for page in PAGES:
        assert (book / f"{page}.html").read_bytes() == (tmp_path / "html" / f"{page}.html").read_bytes()


class Elements(html.parser.HTMLParser):
    """Collects (tag, attributes) of a page."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


@pytest.mark.parametrize("page", PAGES)
def test_page_is_whole_by_itself(book, page):
    """Pictures have alternative text, anchors are unique, what is loaded is local, and links resolve."""
    elements, folder = Elements(book / f"{page}.html").found, (book / page).parent
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids)), [anchor for anchor in ids if ids.count(anchor) > 1]
    for tag, attributes in elements:
        if tag == "img":
            assert len(attributes.get("alt", "")) > 15, attributes
        loaded = attributes.get("src") if tag in ("img", "script", "iframe", "source") else None
        if tag == "link" and attributes.get("rel") in ("stylesheet", "icon", "preload"):
            loaded = attributes["href"]
        if loaded and not loaded.startswith("data:"):
            assert "://" not in loaded and not loaded.startswith("//")
            assert (folder / loaded.split("?")[0]).is_file(), loaded
        if tag == "a" and (link := attributes.get("href")) and "://" not in link:
            file, _, anchor = link.partition("#")
            assert not file or (folder / file).exists(), link
            if anchor and not file:
                assert anchor in ids, link


def picture_text(output):
    """Return the alternative text of a picture or an interactive figure, None for other outputs."""
    data = output.get("data", {})
    if "image/png" in data:
        return output.metadata["image/png"]["alt"]
    return data["text/plain"] if "<figure>" in data.get("text/html", "") else None


def test_a_section_shows_its_pictures_with_the_text_of_the_notebook(book):
    for source in NOTEBOOKS:
        cells = nbformat.read(source, as_version=4).cells
        outputs = [o for c in cells if c.cell_type == "code" for o in c.outputs]
        texts = [text for text in map(picture_text, outputs) if text is not None]
        elements = Elements(book / f"{name(source)}.html").found
        shown = [attributes["alt"] for tag, attributes in elements if tag == "img"]
        assert (texts or "solutions" in source.parts) and [text for text in shown if text in texts] == texts


def test_equation_tags_are_unique():
    text = "\n".join(c.source for p in NOTEBOOKS for c in nbformat.read(p, as_version=4).cells)
    tags = re.findall(r"\\tag\{([^}]*)\}", text)
    assert len(tags) == len(set(tags)) > 0


BROKEN = {
    "a link to a page that does not exist": ("[there](nowhere.ipynb)", "nowhere.ipynb"),
    "a link to a heading that does not exist": ("[there](references.md#Nobody-1900)", "Nobody-1900"),
    "a wrong equation number": ("[(9.9)](#eq-9.9)", "eq-9.9"),
    "a missing picture": ("![A drawing of a cell.](img/nothing.svg)", "img/nothing.svg"),
    "bad TeX": ("$$\\frac{1}{2 \\tag{9.1}$$", "KaTeX"),
    "an unknown TeX command": ("$\\nosuchcommand$", "KaTeX"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_fault_stops_the_build_and_is_named(tmp_path, fault):
    text, named = BROKEN[fault]
    sources = tmp_path / "chapter"
    shutil.copytree(CHAPTER, sources, symlinks=True, ignore=shutil.ignore_patterns("*.ipynb", "d2l_utils"))
    (sources / "index.md").write_text("# Recurrent Neural Networks, Executed\n", encoding="utf-8")
    shutil.copy(CHAPTER / "sequence.ipynb", sources)
    notebook = nbformat.read(sources / "sequence.ipynb", as_version=4)
    notebook.cells[0].source += f"\n\n{text}"
    nbformat.write(notebook, sources / "sequence.ipynb")
    run = build(sources, tmp_path / "out")
    assert run.returncode != 0
    assert named in run.stderr and "sequence.ipynb" in run.stderr, run.stderr


CONTRASTS_OF_LINKS = """() => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = colour => numbers(colour).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
  const grey = document.body.appendChild(document.createElement("div"));
  grey.style.backgroundColor = "var(--pst-color-surface)";
  const grounds = [grey, document.body].map(node => getComputedStyle(node).backgroundColor);
  return [...document.querySelectorAll("article section a:not(.headerlink)")].flatMap(link =>
    grounds.map(ground => {
      const [low, high] = [getComputedStyle(link).color, ground].map(light).sort((a, b) => a - b);
      return (high + 0.05) / (low + 0.05);
    }));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["bi-rnn", "run-times"])
def test_links_stand_out_on_grey_as_well(book, open_page, name, scheme):
    """On the page and on the theme's grey; WCAG 2 asks for 4.5 (criterion 1.4.3)."""
    page = open_page((book / f"{name}.html").as_uri(), color_scheme=scheme)
    contrasts = page.evaluate(CONTRASTS_OF_LINKS)
    assert contrasts and min(contrasts) >= 4.5


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_page_in_the_browser(book, open_page, name, scheme, width):
    page = open_page(
        (book / f"{name}.html").as_uri(), color_scheme=scheme, viewport={"width": width, "height": 900}
    )
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.add_style_tag(content=LAID_OUT)
    page.add_script_tag(path=AXE)
    result = page.evaluate(AXE_RUN)
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in result["violations"]] == []
    assert len(result["passes"]) > 5
    assert page.log == []


def test_page_over_http(served, open_page):
    page = open_page(f"{served}/sequence.html")
    assert page.title() == "1. Sequence Models — Recurrent Neural Networks, Executed"
    assert page.log == []


def test_mathematics_needs_no_script(book, open_page):
    page = open_page((book / "sequence.html").as_uri(), java_script_enabled=False)
    formula = page.locator(".formula .katex-html").first
    assert formula.bounding_box()["height"] > 20
    assert page.locator(".formula .tag").first.inner_text().strip() == "(1.1)"
    assert [line for line in page.log if ".js" not in line] == []  # scripts are off, so they fail to load


FORMULAS = """() => [...document.querySelectorAll(".formula")].flatMap(formula => {
  const tag = formula.querySelector(".tag");
  if (!tag) return [];
  const box = node => node.getBoundingClientRect();
  const end = Math.max(...[...formula.querySelectorAll(".katex-html > .base")].map(part => box(part).right));
  const free = box(tag.querySelector(".text")).left - end;
  return [[tag.innerText.trim(), free > 10, formula.scrollWidth <= formula.clientWidth]];
})"""


@pytest.mark.parametrize("width", [390, 1280])
def test_the_number_of_a_formula_stands_beside_it(book, open_page, width):
    """On a wide screen the numbered formulas of the sections fit as a whole; on a narrow one they scroll."""
    for source in CHAPTER.glob("*.ipynb"):
        page = open_page((book / f"{source.stem}.html").as_uri(), viewport={"width": width, "height": 900})
        page.add_style_tag(content=LAID_OUT)
        formulas = page.evaluate(FORMULAS)
        assert formulas and all(free and (fits or width == 390) for _, free, fits in formulas), formulas


def test_formulas_use_their_own_fonts(book, open_page):
    page = open_page((book / "sequence.html").as_uri())
    assert page.evaluate("document.fonts.ready.then(() => document.fonts.check('16px KaTeX_Main'))")
    assert page.evaluate("[...document.fonts].some(f => f.family == 'KaTeX_Main' && f.status == 'loaded')")


def test_long_formula_scrolls_by_keyboard_on_a_narrow_screen(book, open_page):
    page = open_page((book / "sequence.html").as_uri(), viewport={"width": 390, "height": 900})
    page.wait_for_function("document.querySelector('.formula[tabindex]')")
    wide = page.locator(".formula[tabindex='0']").first
    wide.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.scrollLeft > 0")


def test_search_works_from_a_plain_file(book, open_page):
    page = open_page((book / "search.html").as_uri() + "?q=bootstrap")
    page.wait_for_selector("#search-results a[href*='sequence.html']")


def test_hint_opens_by_keyboard(book, open_page):
    page = open_page((book / "sequence.html").as_uri())
    hint = page.locator("details").first
    assert not hint.evaluate("d => d.open")
    hint.locator("summary").focus()
    page.keyboard.press("Enter")
    assert hint.evaluate("d => d.open")
