"""BLEU: equal to sacrebleu, on random corpora and at the edges."""

import math

from d2l_utils.seq2seq import bleu, bleu_counts

import pytest
import sacrebleu
from agreement import apart
from hypothesis import given, settings
from hypothesis import strategies as st

words = st.sampled_from(["le", "chat", "dort", "."])
sentences = st.lists(words, max_size=9)
references = st.lists(st.lists(words, min_size=1, max_size=9), min_size=1, max_size=3)


def official(candidates, references, n=4):
    """The score of sacrebleu, which takes the k-th references of all sentences as one list."""
    lists = [
        [" ".join(refs[k]) if k < len(refs) else None for refs in references]
        for k in range(max(map(len, references)))
    ]
    metric = sacrebleu.BLEU(tokenize="none", smooth_method="none", force=True, max_ngram_order=n)
    return metric.corpus_score([" ".join(c) for c in candidates], lists).score


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(sentences, references), min_size=1, max_size=5), st.integers(1, 4))
def test_random_corpora_score_as_in_sacrebleu(rows, n):
    candidates, refs = zip(*rows, strict=True)
    assert math.isclose(bleu(candidates, refs, n), official(candidates, refs, n), abs_tol=1e-6)


@settings(deadline=None)
@given(st.lists(st.lists(words, min_size=4, max_size=9), min_size=1, max_size=5), st.data())
def test_near_copies_score_as_in_sacrebleu(originals, data):
    """Random sentences seldom share four words in a row; these do."""
    candidates = [data.draw(st.sampled_from([s, s[1:], s[:-1], s + s[:2]])) for s in originals]
    refs = [[s, s[:3]] if data.draw(st.booleans()) else [s] for s in originals]
    assert math.isclose(bleu(candidates, refs), official(candidates, refs), abs_tol=1e-6)


LONG = "le chat dort sur le lit .".split()
CASES = {
    "perfect": ([LONG], [[LONG]]),
    "perfect, second reference": ([LONG], [[["non"], LONG]]),
    "no match": ([["a", "b", "c", "d"]], [[LONG]]),
    "nothing": ([[]], [[LONG]]),
    "one of two is nothing": ([[], LONG], [[LONG], [LONG]]),
    "shorter than n": ([LONG[:3]], [[LONG[:3]]]),
    "shorter than n beside a long one": ([LONG[:2], LONG], [[LONG[:3]], [LONG]]),
    "no 4-gram right": ([LONG[:3] + ["x"] + LONG[4:6]], [[LONG]]),
    "brevity": ([LONG[:5]], [[LONG]]),
    "too long": ([LONG + LONG[:3]], [[LONG]]),
    "repeated": ([["le"] * 7], [[LONG]]),
    "two lengths equally close": ([LONG[:5]], [[LONG[:4], LONG[:6]]]),
    "two lengths equally close, the other way": ([LONG[:5]], [[LONG[:6], LONG[:4]]]),
    "the closest length is that of the longer": ([LONG[:5]], [[LONG[:2], LONG]]),
    "counts of several references do not add up": ([["le"] * 3], [[["le", "x"], ["le", "y"]]]),
    "counts of several references": (
        [["le", "le", "chat", "chat", "dort", "dort"]],
        [[["le", "le", "chat", "dort"], ["chat", "chat", "dort", "dort"]]],
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("n", [1, 2, 4])
def test_edge_cases_score_as_in_sacrebleu(name, n, agreement):
    candidates, refs = CASES[name]
    ours, theirs = bleu(candidates, refs, n), official(candidates, refs, n)
    assert math.isclose(ours, theirs, abs_tol=1e-6)
    agreement("BLEU, edge cases", "sacrebleu", apart(ours, theirs))


def test_known_values():
    assert bleu([LONG], [[LONG]]) == 100
    assert bleu([LONG[:3]], [[LONG[:3]]]) == 0  # no 4-gram at all
    assert bleu([[]], [[LONG]]) == 0 == bleu([["x"]], [[LONG]], n=1)
    assert math.isclose(bleu([["le"] * 7], [[LONG]], n=1), 100 * 2 / 7)  # two of seven count
    assert math.isclose(bleu([LONG[:5]], [[LONG]]), 100 * math.exp(1 - 7 / 5))


def test_words_are_not_joined():
    """"ab c" and "a bc" are different bigrams."""
    assert bleu([["ab", "c", "x"]], [[["a", "bc", "x"]]], n=2) == 0
    assert bleu_counts(["ab", "c", "x"], [["a", "bc", "x"]], n=2).tolist() == [1, 0, 3, 2, 3, 3]


def test_the_corpus_is_scored_not_the_mean_of_sentences():
    candidates, refs = [LONG, ["non"]], [[LONG], [["oui"]]]
    mean = sum(bleu([c], [r]) for c, r in zip(candidates, refs, strict=True)) / 2
    assert mean == 50 and bleu(candidates, refs) > 80


@pytest.mark.parametrize(
    ("candidates", "refs", "n", "message"),
    [
        ([], [], 4, "at least one"),
        ([LONG], [], 4, "one list for each candidate"),
        ([LONG], [[]], 4, "no reference"),
        ([LONG], [[LONG]], 0, "n >= 1"),
        (["le chat"], [[LONG]], 4, "is a str"),
        ([LONG], [["le chat"]], 4, "is a str"),
        ([LONG], [LONG], 4, "is a str"),
    ],
)
def test_wrong_arguments_are_errors(candidates, refs, n, message):
    with pytest.raises(ValueError, match=message):
        bleu(candidates, refs, n)
