"""data/eng-fra.tsv: form, counts, vocabulary, spelling, and the grammar that wrote part of it."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from d2l_utils.corpora import PAIRS, read_pairs

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROWS = [line.split("\t") for line in PAIRS.read_text(encoding="utf-8").splitlines()]
NAMES = set((ROOT / "data" / "names.txt").read_text(encoding="utf-8").split())
THIN, HARD = "\u202f", "\u00a0"  # no-break spaces before ? ! ; and before :


def words(sentence):
    """Words as a reader counts them: L'eau is two, aujourd'hui one, don't one."""
    sentence = sentence.replace("aujourd'hui", "aujourdhui").replace("Aujourd'hui", "Aujourdhui")
    return re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*'?[^\W\d_]*", sentence)


def test_the_reader_returns_every_pair():
    assert read_pairs() == [(english, french) for english, french, _ in ROWS]


def test_counts():
    assert len(ROWS) >= 8000
    assert len({tuple(row[:2]) for row in ROWS}) == len(ROWS)
    assert sum(origin == "written" for *_, origin in ROWS) >= 3000


def test_no_english_sentence_occurs_twice():
    repeated = [s for s, n in Counter(english.lower() for english, *_ in ROWS).items() if n > 1]
    assert repeated == []


def test_lengths():
    for english, french, _ in ROWS:
        assert 1 <= len(english.split()) <= 12, english
        assert 1 <= len(french.replace(THIN, "").split()) <= 12, french


@pytest.mark.parametrize("column, letters", [(0, "a-zA-Z"), (1, "a-zA-ZàâçéèêëîïôùûüœÀÂÇÉÈÊÎÔÛŒ")])
def test_characters_and_ends(column, letters):
    form = re.compile(rf"[{letters}][{letters}',. \-{THIN}{HARD}:;?!]*(?<=[.?!])")
    for row in ROWS:
        assert form.fullmatch(row[column]), row[column]
        assert row[column][0].isupper() and "  " not in row[column], row[column]
        assert len(re.findall(r"[.?!]", row[column])) == 1, row[column]


def test_spaces_before_french_punctuation():
    for _, french, _ in ROWS:
        assert not re.search(rf"(?<!{THIN})[?!;]|(?<!{HARD}):|\s[.,]", french), french
        assert not re.search(rf"{THIN}(?![?!;])|{HARD}(?!:)", french), french


def test_spaces_before_english_punctuation():
    for english, *_ in ROWS:
        assert THIN not in english and HARD not in english and not re.search(r"\s[?!.,;:]", english), english


def test_english_vocabulary_can_be_learned():
    counts = Counter(word.lower() for english, *_ in ROWS for word in words(english))
    assert len(counts) <= 2500
    assert sum(count >= 3 for count in counts.values()) >= 0.6 * len(counts)


def test_sentence_pairs_keep_their_mark():
    """A question stays a question, apart from the few where the languages differ."""
    differ = [row for row in ROWS if (row[0][-1] == "?") != (row[1][-1] == "?")]
    assert len(differ) <= len(ROWS) // 100


# French slips that a pattern can catch. No elision in: le onze, le oui, Puis-je entrer ?
# No contraction where le or les is a pronoun before an infinitive: avant de le signer.
SLIPS = {
    "elision": r"(?<![\w-])(le|la|je|ne|de|que|se|me|te) "
    r"(?!onz|oui|un\b|yaourt)([aeiouyâàéèêîôûœ]|h(abi|eur|ist|iv|omm|ôp|ôt))",
    "contraction": r"\b(à|de) les? (?!\w+([ei]r|re)\b)",
    "si il": r"\bsi ils?\b",
}


@pytest.mark.parametrize("slip", SLIPS)
def test_french_slips(slip):
    assert [french for _, french, _ in ROWS if re.search(SLIPS[slip], french, re.IGNORECASE)] == []


@pytest.mark.parametrize(
    "slip, text", [("elision", "Je ai"), ("contraction", "de le pain"), ("si il", "Si il pleut")]
)
def test_slips_are_found(slip, text):
    assert re.search(SLIPS[slip], text, re.IGNORECASE)


def unknown(dictionary, forms):
    command = ["hunspell", "-i", "utf-8", "-d", dictionary, "-l"]
    text = "\n".join(sorted(forms))
    run = subprocess.run(command, input=text, capture_output=True, text=True, check=True, encoding="utf-8")
    return set(run.stdout.split())


@pytest.mark.skipif(
    not shutil.which("hunspell") and "CI" not in os.environ,
    reason="no hunspell (Debian: apt install hunspell hunspell-en-gb hunspell-fr)",
)
def test_every_word_is_in_a_dictionary_or_a_listed_name():
    english = {w for row in ROWS for w in re.findall(r"[A-Za-z]+(?:['-][A-Za-z]+)*", row[0])}
    french = {w for row in ROWS for w in re.findall(r"[^\W\d_]+(?:['-][^\W\d_]+)*", row[1])}
    assert unknown("en_GB", english - NAMES) == set()
    assert unknown("fr", french - NAMES) == set()
    assert unknown("fr", {"bonjoure"}) and unknown("en_GB", {"helllo"})  # the check can fail


def test_names_are_few_and_used():
    used = {w for row in ROWS for side in row[:2] for w in re.findall(r"[^\W\d_]+", side)}
    assert NAMES <= used and len(NAMES) <= 30


def test_grammar_writes_its_rows_again():
    command = [sys.executable, "data/pair_grammar", "--check"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
