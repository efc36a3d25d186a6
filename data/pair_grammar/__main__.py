"""Writes the grammar's rows of data/eng-fra.tsv again; the rows written by hand stay as they are.

    python data/pair_grammar           write the file
    python data/pair_grammar --check   only say whether it would change
"""

import argparse
import os
import sys
from pathlib import Path

from patterns import generate

PAIRS = Path(__file__).resolve().parent.parent / "eng-fra.tsv"


def with_grammar(text: str) -> str:
    """Return the text of the file with its grammar rows replaced."""
    rows = [line.split("\t") for line in text.splitlines()]
    written = [row for row in rows if row[2] == "written"]
    taken = {row[0].lower() for row in written}
    drawn = [[english, french, "grammar"] for english, french in generate() if english.lower() not in taken]
    return "".join("\t".join(row) + "\n" for row in written + drawn)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only check")
    options = parser.parse_args()
    text = PAIRS.read_text(encoding="utf-8")
    new = with_grammar(text)
    if options.check and new != text:
        sys.exit("data/eng-fra.tsv is out of step with its grammar, run `python data/pair_grammar`")
    if not options.check:
        part = PAIRS.with_suffix(".part")
        part.write_text(new, encoding="utf-8", newline="\n")
        os.replace(part, PAIRS)


if __name__ == "__main__":
    main()
