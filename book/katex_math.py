"""Renders mathematics with KaTeX while the book is built, so that pages need no script and no other host.

One node process answers all formulas, a JSON line each. A formula that KaTeX rejects stops the build.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError

HERE = Path(__file__).resolve().parent
KATEX = HERE / "node_modules" / "katex" / "dist"


class Renderer:
    """A node process that is started with the first formula and ended with the build."""

    def __init__(self):
        self.process = None

    def __call__(self, formula, display):
        if self.process is None:
            node = shutil.which("node", path=str(Path(sys.executable).parent)) or "node"
            self.process = subprocess.Popen(
                [node, str(HERE / "katex_lines.js")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        self.process.stdin.write(json.dumps({"formula": formula, "display": display}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self, *_):
        if self.process is not None:
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait()
            self.process = None


render = Renderer()


def html(translator, node, display):
    answer = render(node.astext(), display)
    if "error" in answer:
        raise ExtensionError(f"{node.source}:{node.line}: {answer['error']} in: {node.astext()}")
    # The TeX inside the MathML is for programs that copy formulas; no reader meets it.
    return re.sub(r"<annotation .*?</annotation>", "", answer["html"], flags=re.S)


def visit_math(translator, node):
    translator.body.append(html(translator, node, display=False))
    raise nodes.SkipNode


def visit_math_block(translator, node):
    # tabindex: a long formula scrolls inside its box, by keyboard as well
    translator.body.append(translator.starttag(node, "div", CLASS="formula", tabindex="0", role="math"))
    translator.body.append(html(translator, node, display=True) + "</div>\n")
    raise nodes.SkipNode


def copy_style(app):
    """Copy KaTeX's style sheet and its fonts in the one format that browsers ask for."""
    if app.builder.format != "html":
        return
    if not KATEX.is_dir():
        raise ExtensionError(f"{KATEX} is missing: run `make book`, which fetches KaTeX.")
    target = Path(app.outdir, "_static", "katex")
    (target / "fonts").mkdir(parents=True, exist_ok=True)
    shutil.copy(KATEX / "katex.min.css", target)
    for font in KATEX.glob("fonts/*.woff2"):
        shutil.copy(font, target / "fonts")


def setup(app):
    app.add_html_math_renderer("katex", (visit_math, None), (visit_math_block, None))
    app.config.html_math_renderer = "katex"
    app.add_css_file("katex/katex.min.css")
    app.connect("builder-inited", copy_style)
    app.connect("build-finished", render.close)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
