"""Fills the index from the glossary, so that no notebook needs a directive.

Each heading of glossary.md is a term. The index links it to the glossary and, for every section that explains
it, to the place: where the section sets the term in bold, else the heading that the glossary links to.
"""

import re
from pathlib import Path

from docutils import nodes
from portable_notebooks import slug
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

PAGE = "glossary"


def glossary(folder):
    """Return {term: [(page, anchor), ...]} of the glossary, in order; empty where there is no such page."""
    path = Path(folder, f"{PAGE}.md")
    parts = re.split(r"^## (.+)$", path.read_text(encoding="utf-8"), flags=re.M) if path.is_file() else [""]
    link = re.compile(r"\]\(([\w-]+)\.(?:ipynb|md)(?:#([^)]+))?\)")
    return {term: link.findall(text) for term, text in zip(parts[1::2], parts[2::2], strict=True)}


def key(text):
    """Return the form in which terms are compared: lower case, one spacing, no plural s."""
    return " ".join(text.lower().split()).removesuffix("s")


class TermIndex(SphinxTransform):
    """Adds index entries to a page, before Sphinx collects them."""

    default_priority = 820

    def apply(self):
        found = list(self.document.findall(nodes.section))
        sections = {slug(section[0].astext().replace("’", "'")): section for section in found}
        if not found:
            return
        bold = {}  # the first place of each
        for node in self.document.findall(nodes.strong):
            bold.setdefault(key(node.astext()), node)
        title = found[0][0].astext()
        for term, links in glossary(self.app.srcdir).items():
            anchors = [anchor for page, anchor in links if page == self.env.docname]
            if self.env.docname == PAGE:
                self.add(sections[slug(term)], term, "main")
            elif key(term) in bold:
                self.add(bold[key(term)], f"{term}; {title}", "", f"term-{nodes.make_id(term)}")
            elif anchors:
                section = sections.get(anchors[0]) if anchors[0] else found[0]
                if section is not None:  # else the build complains of the link in the glossary
                    self.add(section, f"{term}; {title}", "")

    def add(self, node, entry, main, name=None):
        """Put an index entry at a section or, under a name of its own, before a word in bold."""
        if name is not None:
            node["ids"].append(name)
            self.document.ids[name] = node
        index = addnodes.index(entries=[("single", entry, node["ids"][0], main, None)])
        place, number = (node, 1) if name is None else (node.parent, node.parent.index(node))
        place.insert(number, index)


def read_all_again(app, env, names):
    """The entries of every page come from the glossary: where it has changed, read them all."""
    if PAGE in names:
        names[:] = sorted(env.found_docs)


def setup(app):
    app.add_transform(TermIndex)
    app.connect("env-before-read-docs", read_all_again)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
