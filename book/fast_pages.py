"""Makes the finished pages quick to show on a phone, without changing what they show.

* Style: the parts of all style sheets that some page or script of the book can use stand in one small file.
* Icons: drawn by the style, in place of a script of 1.5 MB that does so in the reader's browser.
* Scripts wait until the page is read, and lay out no more than they must; those of the search are loaded
  by the search page alone.
* Pictures know their size before they are loaded, and are loaded when they come near.
* The pictures and the large data of interactive figures stand in files of their own, which the figures load.
* The colours, light or dark, are settled before the first paint.

And beside each source stands a script that hands it to a page opened as a file (see _static/book.js).
"""

import base64
import hashlib
import itertools
import json
import os
import re
import shutil
import struct
from pathlib import Path
from urllib.parse import quote

import tinycss2
from sphinx.errors import ExtensionError

STYLE = "pages.css"
LARGE = 20_000  # characters of a figure's data that are worth a file
SEARCH = re.compile(r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>')
SHEET = re.compile(r'\s*<link (?=[^>]*rel="stylesheet")[^>]*href="([^"?]+)[^"]*"[^>]*/?>')
# An icon is a mask over the colour of the text around it.
ICON_STYLE = """
:is(.fa-solid,.fa-brands,.fas,.fab)::before{content:"";display:inline-block;width:1.25em;height:1em;
vertical-align:-.125em;background:currentColor;mask:var(--icon) center/contain no-repeat}
.fa-lg{font-size:1.25em;line-height:.05em}.fa-lg::before{vertical-align:-.2em}
.theme-switch-button .theme-switch.fa-lg{font-size:1em}
.bd-search .fa-solid.fa-magnifying-glass{position:static}
@media (forced-colors:active){:is(.fa-solid,.fa-brands,.fas,.fab)::before{background:CanvasText}}
"""
SAFE = " /:='(),.-"
COLOURS = """<script>
    {
      const root = document.documentElement.dataset;
      root.mode = localStorage.getItem("mode") || "auto";
      const auto = matchMedia("(prefers-color-scheme: dark)").matches;
      const dark = root.mode === "auto" ? auto : root.mode === "dark";
      root.theme = dark ? "dark" : "light";
    }
  </script>"""


def can_match(selector, known):
    """Tell whether all classes and ids that a selector requires are among the known words."""
    required = re.sub(r":(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)", "", selector)
    return all(name.replace("\\", "") in known for name in re.findall(r"[.#]((?:[\w-]|\\.)+)", required))


def split_selectors(prelude):
    """Return the selectors of a rule; commas inside brackets do not separate."""
    parts = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return [tinycss2.serialize(part).strip() for part in parts]


def minify(text):
    """Take comments and needless blanks out of selectors or declarations; strings stay as they are."""
    pieces = re.split(r"(\"[^\"]*\"|'[^']*')", re.sub(r"/\*.*?\*/", "", text, flags=re.S))
    for i in range(0, len(pieces), 2):
        pieces[i] = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", pieces[i])).replace(";}", "}")
    return "".join(pieces).strip().rstrip(";")


def trimmed(rules, known):
    """Return the CSS of the rules that can match something."""
    out = []
    for rule in rules:
        if rule.type == "error":
            raise ExtensionError(f"{STYLE}: {rule.message}")
        if rule.type == "qualified-rule":
            kept = [s for s in split_selectors(rule.prelude) if can_match(s, known)]
            body = minify(tinycss2.serialize(rule.content))
            if kept and body:
                out.append(f"{','.join(map(minify, kept))}{{{body}}}")
        elif rule.content is None:
            if rule.lower_at_keyword != "charset":
                out.append(minify(rule.serialize()))
        elif rule.lower_at_keyword in ("media", "supports", "layer", "container"):
            nested = tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True)
            if body := trimmed(nested, known):
                out.append(f"@{rule.at_keyword} {tinycss2.serialize(rule.prelude).strip()}{{{body}}}")
        else:  # fonts, animations
            out.append(minify(rule.serialize()))
    return "".join(out)


def sheet_text(path, target):
    """Return a style sheet and those that it imports; addresses are relative to the target's folder."""
    text = path.read_text(encoding="utf-8")

    def moved(match):
        address = match[1].strip("\"' ")
        if address.startswith(("data:", "#")):
            return match[0]
        return f"url({Path(os.path.relpath(path.parent / address, target.parent)).as_posix()})"

    imports = r"@import\s+(?:url\()?[\"']?([^\"');]+)[\"']?\)?;"
    pieces = re.split(imports, re.sub(r"/\*.*?\*/", "", text, flags=re.S))
    for i, piece in enumerate(pieces):
        if i % 2:
            pieces[i] = sheet_text((path.parent / piece).resolve(), target)
        else:
            pieces[i] = re.sub(r"url\((\"[^\"]*\"|'[^']*'|[^)]*)\)", moved, piece)
    return "".join(pieces)


def used_fonts(css):
    """Leave the definitions of fonts out that no rule names."""
    rest = re.sub(r"@font-face\{[^}]*\}", "", css)

    def kept(match):
        family = re.search(r"font-family:\s*[\"']?([^;\"'}]+)", match[0])[1].strip()
        return match[0] if family in rest else ""

    return re.sub(r"@font-face\{[^}]*\}", kept, css)


def icon_style(text, script):
    """Return the CSS that draws the icons named in a text, with the outlines of the theme's script."""
    used = sorted(
        set(re.findall(r'class=\\?"[^"]*?\b(fa[srb]?|fa-(?:solid|brands))\b[^"]*?\bfa-([\w-]+)', text))
    )
    rules = []
    for kind, name in used:
        # The script holds brands, regular and solid icons in this order.
        found = re.findall(rf'[{{,]"?{re.escape(name)}"?:\[(\d+),(\d+),\[[^\]]*\],"\w+","(M[^"]*)"\]', script)
        if not found:
            raise ExtensionError(f"the theme's script has no icon {name}: book/fast_pages.py cannot draw it")
        width, height, outline = found[0 if kind in ("fab", "fa-brands") else -1]
        box = f"xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}'"
        drawing = f"<svg {box}><path d='{outline}'/></svg>"
        rules.append(f'.fa-{name}{{--icon:url("data:image/svg+xml,{quote(drawing, safe=SAFE)}")}}')
    return ICON_STYLE + "".join(rules)


def picture_size(source, page):
    """Return width and height of a PNG or SVG picture, None where they are not known."""
    if source.startswith("data:"):
        return None
    path = (page.parent / source).resolve()
    if path.suffix == ".png":
        return struct.unpack(">II", path.read_bytes()[16:24])
    if path.suffix == ".svg":
        text = path.read_text(encoding="utf-8")
        if box := re.search(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"', text):
            return float(box[1]), float(box[2])
    return None


def sized(page):
    """Return a function that gives an <img> its width and height."""

    def give_size(match):
        tag = match[0]
        source = re.search(r'src="([^"]*)"', tag)[1]
        size = None if " height=" in tag else picture_size(source, page)
        if size is None:
            return tag
        width = re.search(r'\bwidth(?:="|: ?)(\d+)', tag)
        width = int(width[1]) if width else round(size[0])
        tag = re.sub(r'\s+(?:width="[^"]*"|style="width: ?\d+px;?"|loading="[^"]*")', "", tag)
        size = f'width="{width}" height="{round(width * size[1] / size[0])}"'
        return tag.replace("<img ", f'<img {size} loading="lazy" decoding="async" ', 1)

    return give_size


def figures_apart(text, page, out):
    """Move what the interactive figures of a page carry into files; return the text that names them."""
    name = page.relative_to(out).with_suffix("").as_posix().replace("/", "-")
    root = os.path.relpath(out, page.parent)
    count = itertools.count(1)

    def picture_apart(match):
        content = base64.b64decode(match[2])
        file = f"_images/{hashlib.sha256(content).hexdigest()}.png"
        (out / file).parent.mkdir(exist_ok=True)
        (out / file).write_bytes(content)
        return f'<img loading="lazy" {match[1]}src="{root}/{file}"'.replace('"./', '"')

    def data_apart(match):
        if len(match[1]) < LARGE:
            return match[0]
        file = f"_static/figures/{name}-{next(count)}.js"
        (out / file).parent.mkdir(exist_ok=True)
        script = f"document.currentScript.previousElementSibling.textContent = {json.dumps(match[1])};"
        (out / file).write_text(script, encoding="utf-8")
        source = f"{root}/{file}".removeprefix("./")
        return f'<script type="application/json" data-src="{source}"></script>'

    text = re.sub(r'<img ([^>]*?)src="data:image/png;base64,([^"]+)"', picture_apart, text)
    return re.sub(r'<script type="application/json">(.*?)</script>', data_apart, text, flags=re.S)


def mark_formulas(match):
    """Give a paragraph with formulas and without links a class, for book.css."""
    if 'class="katex"' in match[1] and "<a " not in match[1]:
        return f'<p class="formulas">{match[1]}</p>'
    return match[0]


def faster(text, page, out):
    """Return the text of a page in its quick form."""
    root = os.path.relpath(out, page.parent)
    static = "_static" if root == "." else f"{root}/_static"
    if page.stem != "search":
        text = SEARCH.sub("", text)
    text = re.sub(r'\s*<link rel="preload" as="script"[^>]*>', "", text)
    text = re.sub(r'\s*<script defer src="[^"]*fontawesome[^>]*></script>', "", text)
    text = re.sub(r"\s*<!--.*?-->", "", text, flags=re.S)
    # Options that later inline scripts change stand in the page; all that is loaded waits.
    options = (out / "_static" / "documentation_options.js").read_text(encoding="utf-8")
    text = re.sub(r'<script src="[^"]*documentation_options\.js[^>]*>', lambda _: f"<script>{options}", text)
    text = text.replace("<script src=", "<script defer src=")
    text = re.sub(r'<script data-cfasync="false">.*?</script>', lambda _: COLOURS, text, count=1, flags=re.S)
    first = SHEET.search(text).start()
    text = SHEET.sub("", text)
    text = f'{text[:first]}\n  <link href="{static}/{STYLE}" rel="stylesheet">{text[first:]}'
    text = re.sub(r"<p>(.*?)</p>", mark_formulas, text, flags=re.S)
    text = figures_apart(text, page, out)
    text = re.sub(r"<img [^>]*>", sized(page), text)
    return re.sub(r"\n\s*\n+", "\n", text) if "<pre" not in text else squeeze(text)


def squeeze(text):
    """Take empty lines out, but not those of code."""
    pieces = re.split(r"(<pre.*?</pre>|<script.*?</script>)", text, flags=re.S)
    return "".join(p if i % 2 else re.sub(r"\n\s*\n+", "\n", p) for i, p in enumerate(pieces))


def spare_layout(script):
    """Take the search for boxes that scroll out of the theme's script: book.js does it box by box."""
    text = script.read_text(encoding="utf-8")
    text, count = re.subn(r'document\.querySelectorAll\(\["pre",[^\]]*\]\.join\(", "\)\)', "[]", text)
    if count != 1:
        raise ExtensionError(f"{script.name} has changed: fast_pages.py finds no search for boxes")
    script.write_text(text, encoding="utf-8")


def hand_over_sources(folder):
    """Write each source once more, as a script that calls saveSource() with its name and text."""
    for path in [p for p in folder.rglob("*") if p.suffix in (".ipynb", ".md")]:
        name, text = (json.dumps(value) for value in (path.name, path.read_text(encoding="utf-8")))
        path.with_name(f"{path.name}.js").write_text(f"saveSource({name}, {text});", encoding="utf-8")


def make_fast(app, exception):
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    hand_over_sources(out / "_sources")
    pages = {
        p: p.read_text(encoding="utf-8") for p in sorted(out.rglob("*.html")) if "_static" not in p.parts
    }
    pages = {page: text for page, text in pages.items() if SHEET.search(text)}
    target, sheets = out / "_static" / STYLE, []
    for page, text in pages.items():
        sheets += [
            sheet for name in SHEET.findall(text) if (sheet := (page.parent / name).resolve()) not in sheets
        ]
    if target in sheets or not sheets:
        return  # an earlier build made them fast already
    used = []  # the tags of all pages, and the scripts
    for page, text in pages.items():
        text = faster(text, page, out)
        page.write_text(text, encoding="utf-8")
        used += re.findall(r"<[a-z][^>]*>", text)
    icons = out / "_static" / "scripts" / "fontawesome.js"
    scripts = [s for s in (out / "_static").rglob("*.js") if s != icons and s.parent.name != "figures"]
    used = "\n".join([*used, *(script.read_text(encoding="utf-8") for script in scripts)])
    known = set(re.findall(r"[\w-]+", used))  # everything that may be a class or an id
    css = "\n".join(sheet_text(sheet, target) for sheet in sheets)
    css += icon_style(used, icons.read_text(encoding="utf-8"))
    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    target.write_text(used_fonts(trimmed(rules, known)), encoding="utf-8")
    spare_layout(out / "_static" / "scripts" / "pydata-sphinx-theme.js")
    for unused in ("scripts/fontawesome.js", "vendor"):
        path = out / "_static" / unused
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for path in (out / "_static").rglob("*.map"):
        path.unlink()


def setup(app):
    app.connect("build-finished", make_fast, priority=900)  # after everything else that changes pages
    return {"parallel_read_safe": True, "parallel_write_safe": True}
