"""Lets plain Markdown, as JupyterLab shows it, be a Sphinx source whose links the build checks.

* Equations: a formula with `\\tag{1.5}` can be linked to as `#eq-1.5` or `page.ipynb#eq-1.5`.
* Headings: anchors are made as in JupyterLab, so that one link works in both places.
* Pictures: alternative text in the metadata of an output becomes the alternative text on the page.
* Pages: the reading order comes from conf.py, so that index.md needs no directive.
"""

import re

import nbformat
from docutils import nodes
from sphinx.transforms import SphinxTransform


def slug(title):
    """Return the anchor that JupyterLab gives to a heading."""
    return title.replace(" ", "-")


class EquationTargets(SphinxTransform):
    """Gives each formula with a tag the name `eq-<tag>`, before MyST resolves its links (priority 879)."""

    default_priority = 800

    def apply(self):
        for formula in self.document.findall(nodes.math_block):
            if tag := re.search(r"\\tag\{([^}]*)\}", formula.astext()):
                name = f"eq-{tag[1]}"
                formula["ids"].append(name)
                formula["names"].append(name)
                self.document.note_explicit_target(formula)


def add_pages(app, docname, source):
    """Append hidden tables of contents to the front page, one for each part of the book."""
    if docname == app.config.root_doc:
        parts = app.config._raw_config["PARTS"]
        last = list(parts)[-1]
        for caption, pages in parts.items():
            lines = ["", "```{toctree}", ":hidden:", f":caption: {caption}", "", *pages]
            source[0] += "\n".join([*lines, *["genindex"] * (caption == last), "```", ""])


def picture_texts(path):
    """Return the alternative texts of the PNG outputs of a notebook, in order; "" where one is missing."""
    cells = nbformat.read(path, as_version=4).cells
    outputs = [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    return [output.metadata.get("image/png", {}).get("alt", "") for output in pictures]


def add_picture_texts(app, doctree):
    """Set the alternative text of each picture that a code cell shows."""
    path = str(app.env.doc2path(app.env.docname))
    if not path.endswith(".ipynb"):
        return
    cells = [node for node in doctree.findall(nodes.container) if "cell_output" in node["classes"]]
    images = [image for cell in cells for image in cell.findall(nodes.image)]
    for image, text in zip(images, picture_texts(path), strict=True):
        image["alt"] = text


def setup(app):
    app.add_transform(EquationTargets)
    app.connect("source-read", add_pages)
    app.connect("doctree-read", add_picture_texts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
