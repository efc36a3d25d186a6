"""data/story.txt is as long, as varied and as natural as the language models of the chapter need."""

import re
from collections import Counter

from d2l_utils.corpora import read_story

import numpy as np
import pytest
from kneser_ney import KneserNey

STORY = read_story()
WORDS = re.findall(r"[a-z]+(?:'[a-z]+)*", STORY.lower())


def test_length_and_chapters():
    assert len(STORY) >= 160_000
    numbers = re.findall(r"^CHAPTER (\d+)$", STORY, re.MULTILINE)
    assert numbers == [str(n) for n in range(1, 25)]


def test_form_of_the_file():
    assert set(STORY) <= set(map(chr, range(32, 127))) | {"\n"}  # straight quotes, plain ASCII
    assert max(map(len, STORY.split("\n"))) <= 80
    assert not re.search(r"[ \t]\n|\n{4}|\A\s|[^\n]\Z|\n\n\Z", STORY)


def test_vocabulary_is_rich():
    assert len(set(WORDS)) >= 4000


def test_word_frequencies_follow_zipf():
    counts = np.sort(list(Counter(WORDS).values()))[::-1]
    ranks = np.arange(10, 1001)
    slope, _ = np.polyfit(np.log(ranks), np.log(counts[ranks - 1]), 1)
    assert 0.85 <= -slope <= 1.15


def sentences(text):
    """Yield the sentences of more than five words as tuples of words."""
    paragraphs = re.split(r"\n\s*\n", text)
    for paragraph in paragraphs:
        for sentence in re.split(r"[.!?]+[\"')]*(?:\s+|$)", paragraph):
            words = re.findall(r"[a-z]+(?:'[a-z]+)*", sentence.lower())
            if len(words) > 5:
                yield tuple(words)


def test_no_sentence_occurs_twice():
    repeated = [" ".join(s) for s, n in Counter(sentences(STORY)).items() if n > 1]
    assert repeated == []


def test_no_paragraph_occurs_twice():
    paragraphs = [" ".join(p.split()) for p in STORY.split("\n\n")]
    longer = Counter(p for p in paragraphs if len(p) > 40)
    assert len(longer) > 500 and max(longer.values()) == 1


def held_out_perplexity(text):
    """Of a character model of order 7, fitted to the first 90 % and measured on the rest."""
    text = re.sub("[^a-z]+", " ", text.lower())
    cut = int(0.9 * len(text))
    return KneserNey(text[:cut], order=7).perplexity(text, cut)


def test_held_out_perplexity_is_that_of_prose():
    assert 3.2 <= held_out_perplexity(STORY) <= 4.4


def test_perplexity_tells_prose_from_a_generator():
    """The band above can be missed: sentences made from a list, and letters drawn at random."""
    rng = np.random.default_rng(0)
    lines = STORY.split("\n")[:200]
    assert held_out_perplexity(" ".join(rng.choice(lines, 3000))) < 3.2
    letters = rng.choice(list("abcdefghijklmnopqrstuvwxyz "), 100_000)
    assert held_out_perplexity("".join(letters)) > 4.4


@pytest.mark.parametrize("text, count", [("He ran to the old red boat. He ran to the old red boat!", 1)])
def test_repeated_sentences_are_found(text, count):
    assert [n for n in Counter(sentences(text)).values() if n > 1] == [2] * count
