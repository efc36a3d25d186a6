"""Sphinx configuration of the HTML book; the sources are the notebooks of chapter_rnn/ as committed."""

import os
import sys
from pathlib import Path

from sphinx.errors import ConfigError

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

project = "Recurrent Neural Networks, Executed"
author = "The authors of Recurrent Neural Networks, Executed"
copyright = "2026, the authors. Text CC BY 4.0, code MIT"

# The sections in reading order. A new section is added here and nowhere else in this folder.
SECTIONS = [
    "sequence",
    "lang-model",
    "rnn",
    "lang-model-dataset",
    "rnn-scratch",
    "rnn-gluon",
    "bptt",
    "gru",
    "lstm",
    "deep-rnn",
    "bi-rnn",
    "machine-translation",
    "encoder-decoder",
    "seq2seq",
    "beam-search",
]
# The parts of the table of contents, with their pages.
PARTS = {
    "Sections": SECTIONS,
    "Solutions": [f"solutions/{section}" for section in SECTIONS],
    "Reference": ["glossary", "references", "run-times", "benchmarks", "checks", "changes"],
}
PAGES = [page for pages in PARTS.values() for page in pages]

extensions = ["myst_nb", "sphinx_copybutton"]
extensions += ["portable_notebooks", "term_index", "made_pages", "katex_math", "folded_solutions"]  # our own
extensions += ["fast_pages"]
root_doc = "index"
include_patterns = ["index.md", *(f"{page}.*" for page in PAGES)]
exclude_patterns = ["**/.ipynb_checkpoints"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}

nb_execution_mode = "off"  # outputs are committed and compared by the tests
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 6
myst_heading_slug_func = "portable_notebooks.slug"
copybutton_exclude = ".linenos, .gp, .go"

html_theme = "sphinx_book_theme"
html_title = project
html_static_path = [str(HERE / "_static")]
html_css_files = ["book.css"]
html_js_files = ["book.js"]
html_favicon = str(HERE / "_static" / "favicon.svg")
html_last_updated_fmt = None  # a date would make two builds differ
html_show_sourcelink = False
html_context = {"default_mode": "auto"}
html_theme_options = {
    "navbar_persistent": [],  # the theme would show a second search bar
    "home_page_in_toc": True,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "logo": {"text": project},
}

# The buttons that open a page on Binder or on a JupyterHub need public addresses:
# make book REPOSITORY=https://github.com/... [BRANCH=main] [HUB=https://...]
if REPOSITORY := os.environ.get("REPOSITORY", "").rstrip("/"):
    html_theme_options |= {
        "repository_url": REPOSITORY,
        "repository_provider": "gitlab" if "gitlab" in REPOSITORY else "github",
        "repository_branch": os.environ.get("BRANCH") or "main",
        "path_to_docs": "chapter_rnn",
        "use_repository_button": True,
        "launch_buttons": {
            "notebook_interface": "jupyterlab",
            "binderhub_url": "https://mybinder.org",
            "jupyterhub_url": os.environ.get("HUB", ""),
        },
    }
elif os.environ.get("HUB"):
    raise ConfigError("HUB needs REPOSITORY, the public address of this repository.")


def silence_theme(app, exception):
    """Take the progress messages of the theme out: a reader's console shows faults only."""
    out = Path(app.outdir)
    for script in [*out.glob("_static/scripts/*.js"), *out.glob("search.html")]:
        text = script.read_text(encoding="utf-8")
        script.write_text(text.replace("console.log(", "void("), encoding="utf-8")


def name_front_page_once(app, pagename, templatename, context, doctree):
    """The title of a page is `Section — Book`; that of the front page would be `Book — Book`."""
    if pagename == root_doc:
        context["docstitle"] = ""


def setup(app):
    app.connect("html-page-context", name_front_page_once)
    app.connect("build-finished", silence_theme)
