"""The pages in their quick form: little to load before they show, nothing jumps, all is there as before."""

import gzip
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import fast_pages
import pytest
import tinycss2
from bs4 import BeautifulSoup
from conftest import ROOT


def pages(book):
    """Return the parsed pages by name."""
    found = [path for path in sorted(book.rglob("*.html")) if "_static" not in path.parts]
    return {path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in found}


def test_a_page_waits_for_one_small_style_and_for_no_script(book):
    for path, page in pages(book).items():
        (sheet,) = page.select("link[rel=stylesheet]")
        style = (path.parent / sheet["href"]).read_bytes()
        assert len(gzip.compress(path.read_bytes() + style)) < 150_000, path
        assert path.stat().st_size < 600_000, path
        assert [s["src"] for s in page.select("script[src]") if "defer" not in s.attrs] == [], path
        names = " ".join(s["src"] for s in page.select("script[src]"))
        assert "fontawesome" not in names and ("searchindex" in names) == (path.stem == "search")


def test_every_picture_has_its_size(book):
    """So that nothing moves when it comes; its proportions are those of the file."""
    seen = 0
    for path, page in pages(book).items():
        for image in page.select("article img"):
            assert not image["src"].startswith("data:"), path
            size = fast_pages.picture_size(image["src"], path)
            ratio = int(image["width"]) / int(image["height"])
            assert ratio == pytest.approx(size[0] / size[1], rel=0.02), (path, image["src"])
            seen += 1
    assert seen > 30


@pytest.mark.parametrize("name", ["index", "sequence", "bptt", "gru", "glossary", "solutions/gru"])
def test_nothing_jumps(book, open_page, name):
    page = open_page((book / f"{name}.html").as_uri(), viewport={"width": 390, "height": 800})
    page.wait_for_timeout(300)
    shift = """new Promise((done) => new PerformanceObserver((list) => done(
        list.getEntries().reduce((sum, { value }) => sum + value, 0)
    )).observe({ type: "layout-shift", buffered: true }) ?? setTimeout(done, 200, 0))"""
    assert page.evaluate(shift) < 0.1


def test_every_icon_is_drawn(book, open_page):
    page = open_page((book / "sequence.html").as_uri())
    script = """icons => icons.map(i => [i.className, getComputedStyle(i, "::before").maskImage])"""
    icons = page.locator("i[class*='fa-'], span[class*='fa-']").evaluate_all(script)
    assert len(icons) > 8
    assert [name for name, mask in icons if not mask.startswith('url("data:image/svg+xml')] == []


def test_the_style_says_of_a_page_what_the_whole_style_says(book, open_page):
    """Rules that were left out apply to nothing: with them, every element looks the same.

    Both looks are taken in one go: between two calls the page may mark where the reader is.
    """
    compare = """(css) => {
        const looks = () => [...document.querySelectorAll("body *")].map((element) => {
            const style = getComputedStyle(element);
            return ["display", "color", "backgroundColor", "fontSize", "fontWeight", "margin", "padding",
                "position", "borderTop", "lineHeight", "width"].map((key) => style[key]).join("|");
        });
        const before = looks();
        document.head.prepend(Object.assign(document.createElement("style"), { textContent: css }));
        return [before, looks()];
    }"""
    name = "pydata_sphinx_theme"
    folder = Path(importlib.util.find_spec(name).origin).parent / "theme" / name / "static" / "styles"
    whole = (folder / "pydata-sphinx-theme.css").read_text(encoding="utf-8")
    before, after = open_page((book / "glossary.html").as_uri()).evaluate(compare, whole)
    assert len(before) > 500 and after == before


CSS = """@charset "utf-8"; .a, .b .c:hover { color: red; } .a.b { top: 0 } #d { left: 0 }
p:not(.zz) { margin: 0; /* none */ } :is(.zz, .a) q { right: 0 }
@media (min-width: 9px) { .c { top: 1px } .a { top: 2px } } @media print { .c { top: 3px } }
@font-face { font-family: Seen; src: url(f.woff2) } @font-face { font-family: Unseen; src: url(g.woff2) }
.e { font-family: Seen } .sm\\:e { top: 4px }"""


def test_what_nothing_can_match_is_left_out():
    rules = tinycss2.parse_stylesheet(CSS, skip_comments=True, skip_whitespace=True)
    css = fast_pages.used_fonts(fast_pages.trimmed(rules, {"a", "e"}))
    assert css == (
        ".a{color: red}p:not(.zz){margin: 0}:is(.zz,.a) q{right: 0}@media (min-width: 9px){.a{top: 2px}}"
        "@font-face{font-family: Seen;src: url(f.woff2)}.e{font-family: Seen}"
    )
    assert fast_pages.minify("content: ' , ' ; top : 0;") == "content: ' , ';top : 0"


def test_imports_and_addresses_follow_the_style_to_its_new_place(tmp_path):
    (tmp_path / "katex").mkdir()
    (tmp_path / "katex" / "k.css").write_text("@font-face{src:url(fonts/k.woff2)} a{b:url('data:x,y')}")
    (tmp_path / "theme.css").write_text('@import "katex/k.css"; /* url(no) */ i { x: url("./y.png") }')
    text = fast_pages.sheet_text(tmp_path / "theme.css", tmp_path / "pages.css")
    assert re.findall(r"url\(.*?\)", text) == ["url(katex/fonts/k.woff2)", "url('data:x,y')", "url(y.png)"]


def test_an_unknown_icon_stops_the_build():
    script = '{bars:[448,512,["x"],"f0c9","M0 96"],"arrow-up":[9,8,[],"f062","M1 2"]}'
    css = fast_pages.icon_style('<i class="fa-solid fa-arrow-up me-1">', script)
    assert ".fa-arrow-up{--icon:url(" in css and "0 0 9 8" in css and "fa-bars" not in css
    with pytest.raises(fast_pages.ExtensionError, match="no icon whale"):
        fast_pages.icon_style('<i class="fas fa-whale">', script)


def test_measuring_names_what_is_missing(book, tmp_path):
    script = ROOT / "benchmarks" / "lighthouse.py"
    for arguments, remedy in ((["--book", tmp_path], "make book"), (["--book", book, "nosuch"], "bptt")):
        run = subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True)
        assert run.returncode == 1 and remedy in run.stderr and run.stderr.count("\n") == 1, run.stderr
