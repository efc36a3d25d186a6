"""Prints the built book as one PDF, with Chromium: contents, links, bookmarks and alternative texts included.

    python tools/print_book.py [FOLDER [FILE]]   default: build/html to build/rnn-executed.pdf

All pages become one document first, so that page numbers run through and links between pages stay links.
"""

import argparse
import os
import runpy
import shutil
import sys
from pathlib import Path

from bs4 import BeautifulSoup
from playwright.sync_api import Error, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
STYLE = """
@page { size: A4; margin: 20mm 18mm 22mm; @bottom-center { content: counter(page); font: 9pt sans-serif; } }
@page :first { @bottom-center { content: none; } }
html, body { background: #fff; }
body { font-size: 10.5pt; }
.bd-article { padding: 1px 0 0 !important; }  /* a heading on the very edge is bookmarked twice */
.bd-article > section { max-width: none; }
.bd-article:not(:last-of-type) { break-after: page; }
.bd-article h1, .bd-article h2, .bd-article h3 { white-space: nowrap; }
/* one line each: a bookmark loses the space at the end of a line */
.bd-article h1 { font-size: 19pt; }
.bd-article h2 { font-size: 14pt; }
.bd-article h3 { font-size: 12pt; }
.bd-article h1, .bd-article h2, .bd-article h3, .bd-article summary { break-after: avoid; }
.bd-article img, .bd-article tr, .formula { break-inside: avoid; }
.bd-article a { color: #0f5499; }
.headerlink, .copybtn, figure > :not(img):not(figcaption) { display: none !important; }
div.cell pre, .bd-article pre { font-size: 7.6pt; white-space: pre-wrap; overflow-wrap: anywhere; }
.formula { overflow: visible !important; }
.formula .katex { font-size: 1em; }
.pst-scrollable-table-container { overflow: visible; }
.contents li { list-style: none; }
"""


def article(path, pages):
    """Return the text of a page as an element; ids and links carry the name of the page."""
    found = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").select_one("article.bd-article")
    for element in found.select("script, button, .headerlink"):
        element.decompose()
    for element in found.select("details"):
        element["open"] = ""
    for element in found.find_all(True):
        for name in ("id", "for", "aria-labelledby", "aria-describedby", "aria-controls"):
            if name in element.attrs:
                element[name] = " ".join(f"{path.stem}--{part}" for part in str(element[name]).split())
        element.attrs.pop("tabindex", None)
        if element.name == "a" and "://" not in element.get("href", "://"):
            page, _, anchor = element["href"].partition("#")
            page = page.removesuffix(".html") or path.stem
            if page in pages:
                element["href"] = f"#{page}--{anchor}" if anchor else f"#{page}"
            else:
                element.unwrap()
    found["id"] = path.stem
    return found


def document(book, pages):
    """Return the HTML of all pages in one, with a table of contents after the opening page."""
    soup = BeautifulSoup((book / "index.html").read_text(encoding="utf-8"), "html.parser")
    for element in soup.head.select("script, link[rel=preload]"):
        element.decompose()
    articles = [article(book / f"{page}.html", pages) for page in pages]
    contents = soup.new_tag("ul", attrs={"class": "contents"})
    for page, found in list(zip(pages, articles, strict=True))[1:]:
        item, link = soup.new_tag("li"), soup.new_tag("a", href=f"#{page}")
        link.string = found.h1.get_text()
        item.append(link)
        contents.append(item)
    title = articles[0].h1.get_text()
    soup.title.string = title
    heading = soup.new_tag("h2")
    heading.string = "Contents"
    articles[0].section.extend([heading, contents])
    style = soup.new_tag("style")
    style.string = STYLE
    soup.head.append(style)
    soup.html["data-theme"] = "light"
    soup.body.clear()
    soup.body.extend(articles)
    return str(soup)


def print_pdf(html, pdf):
    """Print an HTML file with Chromium; exit with one line where that cannot be done."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit("print_book: no Chromium found; install it (Debian: apt install chromium) and try again.")
    try:
        with sync_playwright() as playwright:
            options = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
            page = playwright.chromium.launch(executable_path=browser, args=options).new_page(
                color_scheme="light", java_script_enabled=False
            )
            page.goto(html.as_uri())
            page.pdf(path=pdf, prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
    except Error as error:
        sys.exit(f"print_book: Chromium could not print the book: {error.message.splitlines()[0]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("book", nargs="?", type=Path, default=ROOT / "build" / "html")
    parser.add_argument("pdf", nargs="?", type=Path, default=ROOT / "build" / "rnn-executed.pdf")
    options = parser.parse_args()
    pages = ["index", *runpy.run_path(str(ROOT / "book" / "conf.py"))["PAGES"]]
    for page in pages:
        if not (options.book / f"{page}.html").is_file():
            sys.exit(f"print_book: {options.book} has no {page}.html; run `make book` first.")
    whole, part = options.book / "print.part.html", options.pdf.with_suffix(".part")
    try:
        whole.write_text(document(options.book, pages), encoding="utf-8")
        print_pdf(whole.resolve(), part)
        os.replace(part, options.pdf)
    finally:
        whole.unlink(missing_ok=True)
        part.unlink(missing_ok=True)
    print(f"The printed book: {options.pdf}")


if __name__ == "__main__":
    main()
