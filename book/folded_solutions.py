"""Folds each solution of the pages in solutions/ away below its exercise, which stays in view."""

from docutils import nodes
from sphinx.transforms import SphinxTransform


def html(text):
    return nodes.raw("", text, format="html")


class FoldSolutions(SphinxTransform):
    """Puts what follows the quoted exercise in a section `Exercise 5.1` into a `<details>` element."""

    default_priority = 830

    def apply(self):
        if not self.env.docname.startswith("solutions/"):
            return
        for section in self.document.findall(nodes.section):
            title = section[0].astext()
            if title.startswith("Exercise "):
                first = 2 if isinstance(section[1], nodes.block_quote) else 1
                section.insert(first, html(f"<details><summary>Solution of {title}</summary>"))
                section.append(html("</details>"))


def setup(app):
    app.add_transform(FoldSolutions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
