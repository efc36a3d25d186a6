"""Writes the page of references from the bibliography, one heading an entry, in alphabetical order.

    python tools/write_references.py           write chapter_rnn/references.md
    python tools/write_references.py --check   only say whether the page is in step

The page links an entry to its DOI, else to arXiv, else to `url`. Beyond standard BibTeX, `urltext` is the
text of a link where the address itself is too long, and `nolink` says why an entry has no link.
"""

import argparse
import os
import re
import sys
import unicodedata
from pathlib import Path

from pybtex.database import parse_file
from pybtex.exceptions import PybtexError

CHAPTER = Path(__file__).resolve().parent.parent / "chapter_rnn"
HEAD = "# References\n\nWorks that the sections cite, with stable links."


def plain(text):
    """Return a BibTeX value as text: without braces, with the dashes that `--` stands for."""
    return re.sub(r"\s+", " ", re.sub(r"[{}]", "", text).replace("--", "–")).strip()


def full_name(person):
    parts = person.first_names + person.middle_names + person.prelast_names + person.last_names
    return plain(" ".join([*parts, *person.lineage_names]))


def heading(entry):
    """Return the name by which the sections cite an entry, such as `Cho et al. 2014`."""
    names = [plain(" ".join(p.last_names)) for p in people(entry)]
    if len(names) > 2:
        names = [f"{names[0]} et al."]
    return f"{' and '.join(names)} {entry.fields['year']}"


def people(entry):
    return entry.persons.get("author") or entry.persons["editor"]


def link(entry):
    """Return the Markdown link of an entry, "" where it has none."""
    fields = entry.fields
    if "doi" in fields:
        return f"[doi:{fields['doi']}](https://doi.org/{fields['doi']})"
    if "eprint" in fields:
        return f"[arXiv:{fields['eprint']}](https://arxiv.org/abs/{fields['eprint']})"
    if "url" in fields:
        short = re.sub(r"^https?://(www\.)?|(\.html|/)$", "", fields["url"])
        return f"[{fields.get('urltext', short)}]({fields['url']})"
    if "isbn" in fields:
        address = f"https://search.worldcat.org/isbn/{fields['isbn'].replace('-', '')}"
        return f"Current edition: [ISBN {fields['isbn']}]({address})."
    return ""


def source(entry):
    """Return where and when an entry was published."""
    get = {key: plain(value) for key, value in entry.fields.items()}.get
    number = get("volume", "") + (f"({get('number')})" if get("number") else "")
    if entry.type == "article":
        parts = [f"*{get('journal')}* {number}".strip(), get("pages")]
    elif entry.type == "inproceedings":
        if get("series"):
            parts = [f"*{get('booktitle')}*", f"{get('series')} {number}"]
        else:
            parts = [f"*{get('booktitle')}* {number}".strip()]
        parts += [f"vol. {get('part')}" if get("part") else None, get("pages")]
    elif entry.type == "techreport":
        parts = [f"Technical report {get('number')}", get("institution")]
    elif entry.type == "phdthesis":
        parts = ["PhD thesis", get("school")]
    elif entry.type == "book":
        parts = [get("publisher")]
    elif entry.type == "misc":
        parts = []
    else:
        raise ValueError(f"{entry.key}: @{entry.type} has no form yet; add it to {Path(__file__).name}.")
    return ", ".join([part for part in parts if part] + [get("year")]) + "."


def paragraph(entry):
    persons = people(entry)
    names = ", ".join("et al." if p.last_names == ["others"] else full_name(p) for p in persons)
    names += "" if "author" in entry.persons else " (ed.)" if len(persons) == 1 else " (eds.)"
    title = plain(entry.fields["title"])
    stop = "" if title.endswith(("?", "!")) else "."
    if entry.type in ("book", "phdthesis"):
        title = f"*{title}*"
    note = entry.fields.get("note", "")
    return " ".join(part for part in (f"{names}: {title}{stop}", source(entry), note, link(entry)) if part)


def page(path):
    """Return the text of the page for a BibTeX file."""
    entries = {}
    for key, entry in parse_file(path, bib_format="bibtex").entries.items():
        if not (entry.persons.get("author") or entry.persons.get("editor")):
            raise ValueError(f"{key}: an entry needs an author or an editor.")
        if missing := {"title", "year"} - set(entry.fields):
            raise ValueError(f"{key}: an entry needs the field {' and '.join(sorted(missing))}.")
        name = heading(entry)
        if name in entries:
            raise ValueError(f"{key}: a second entry is called {name}; tell them apart as 2014a and 2014b.")
        if not link(entry) and "nolink" not in entry.fields:
            raise ValueError(f"{key}: give a doi, eprint, url or isbn, or say in nolink why there is none.")
        entries[name] = paragraph(entry)
    return "\n\n".join([HEAD, *(f"## {n}\n\n{entries[n]}" for n in sorted(entries, key=order))]) + "\n"


def order(name):
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only check")
    parser.add_argument("bibliography", nargs="?", type=Path, default=CHAPTER / "references.bib")
    options = parser.parse_args()
    target = options.bibliography.with_suffix(".md")
    try:
        text = page(options.bibliography)
    except (OSError, ValueError, PybtexError) as error:
        sys.exit(f"references: {error}")
    if target.is_file() and target.read_text(encoding="utf-8") == text:
        return
    if options.check:
        sys.exit(f"{target.name} is out of step with {options.bibliography.name}, run `make references`.")
    part = target.with_suffix(".part")
    part.write_text(text, encoding="utf-8", newline="\n")
    os.replace(part, target)
    print(f"{options.bibliography.name} -> {target.name}")


if __name__ == "__main__":
    main()
