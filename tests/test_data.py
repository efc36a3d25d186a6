"""data/README.md tells the truth about the files beside it."""

import hashlib
import re
from pathlib import Path

from d2l_utils.corpora import PAIRS, read_story

DATA = Path(__file__).resolve().parent.parent / "data"
README = (DATA / "README.md").read_text(encoding="utf-8")


def test_every_data_file_is_listed_with_its_hash():
    for path in DATA.iterdir():
        if path.is_file() and path.name != "README.md":
            row = re.search(rf"^\| `{re.escape(path.name)}` .*`([0-9a-f]{{64}})` \|$", README, re.MULTILINE)
            assert row and row[1] == hashlib.sha256(path.read_bytes()).hexdigest(), path.name


def test_counts_in_the_text_are_those_of_the_files():
    rows = PAIRS.read_text(encoding="utf-8").splitlines()
    words = re.findall(r"[a-z]+(?:'[a-z]+)*", read_story().lower())
    for fact in (
        f"| {len(read_story()):,} characters |",
        f"{len(words):,} words, {len(set(words)):,} different forms",
        f"| {len(rows):,} pairs |",
        f"{sum(row.endswith('written') for row in rows):,} pairs have the origin `written`",
        f"{sum(row.endswith('grammar') for row in rows):,} have the origin `grammar`",
    ):
        assert fact in README, fact
