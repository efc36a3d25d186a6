"""The counting models of the section on language models, which all networks are measured against."""

import math
import os
from collections import Counter

from d2l_utils.corpora import read_story, read_time_machine
from d2l_utils.lang_model import (
    KneserNey,
    count_ngrams,
    kneser_ney_discounts,
    log_probs,
    normalize,
    perplexity,
    split_text,
)

import kneser_ney
import numpy as np
import pytest
from agreement import apart
from hypothesis import given
from hypothesis import strategies as st


def test_normalize_keeps_27_symbols():
    assert normalize("  It's 5 o'clock\nin Tarn-Quay!") == "it s o clock in tarn quay"
    with pytest.raises(ValueError, match="no letter from a to z"):
        normalize("1914–1918 Привет")


@given(st.text(alphabet="abc", max_size=50))
def test_split_keeps_the_order_and_all_of_the_text(text):
    train, valid = split_text(text)
    assert train + valid == text and len(train) == int(0.9 * len(text))


def test_perplexity_is_the_geometric_mean_of_one_over_p(agreement):
    p = np.array([1 / 2, 1 / 4, 1 / 8])
    assert math.isclose(perplexity(np.log(p)), 4)
    assert math.isclose(perplexity(np.log(p)), np.prod(1 / p) ** (1 / 3))
    assert math.isclose(perplexity(np.log(np.full(9, 1 / 27))), 27)
    p = np.random.default_rng(0).uniform(0.01, 1, 50)
    difference = apart(perplexity(np.log(p)), math.prod(1 / x for x in p.tolist()) ** (1 / 50))
    assert difference < 1e-12
    agreement("Perplexity", "the geometric mean in plain Python", difference)


def test_ngrams_are_counted_where_they_overlap():
    assert count_ngrams("aaab", 2) == Counter({"aa": 2, "ab": 1})
    assert count_ngrams(("a", "b", "a", "b"), 2) == Counter({("a", "b"): 2, ("b", "a"): 1})


def test_discounts_by_hand():
    # n1 = 6, n2 = 2, n3 = 1, n4 = 1: Y = 0.6
    counts = dict(enumerate([1] * 6 + [2] * 2 + [3] + [4]))
    assert kneser_ney_discounts(counts) == pytest.approx([0, 0.6, 1.1, 0.6])
    assert kneser_ney_discounts({"a": 1, "b": 2}) == [0, 0.5, 0.5, 0.5]


@given(st.dictionaries(st.integers(), st.integers(1, 6), min_size=1))
def test_a_discount_never_takes_more_than_there_is(counts):
    discounts = kneser_ney_discounts(counts)
    assert all(0 <= d <= r for r, d in enumerate(discounts))


def test_kneser_ney_by_hand():
    # See the section: (4 - 0.6 + 1.7 * 0.1) / 6
    assert math.isclose(KneserNey("a cat sat at a mat", order=2).prob("at"), 0.595)


@pytest.mark.parametrize("order", range(1, 8))
def test_kneser_ney_agrees_with_a_plain_one(order, agreement):
    """On the story, where all discounts are estimated, and on a text too short for that."""
    story = normalize(read_story())
    for text, rest in ((story[:20_000], story[20_000:21_000]), ("the tide turned at ten", "at the end")):
        expected = kneser_ney.KneserNey(text, order).perplexity(text + rest, len(text))
        found = log_probs(KneserNey(text, order), text + rest)[-len(rest) :]
        difference = apart(perplexity(found), expected)
        assert difference < 1e-12
        agreement("Perplexity of Kneser–Ney, orders 1 to 7", "tests/kneser_ney.py", difference)


texts = st.text(alphabet="abcd ", min_size=12, max_size=80)


@given(texts, st.integers(1, 5), st.text(alphabet="abcdz ", max_size=6))
def test_probabilities_are_positive_and_sum_to_one_after_any_history(text, order, history):
    model = KneserNey(text, order)
    probs = [model.prob(history + x) for x in model.vocab]
    assert math.isclose(sum(probs), 1) and min(probs) > 0


@given(texts)
def test_words_and_characters_are_treated_alike(text):
    by_char, by_item = KneserNey(text, 3), KneserNey(list(text), 3)
    assert np.array_equal(log_probs(by_char, text), log_probs(by_item, tuple(text)))


def test_no_probability_looks_ahead():
    model = KneserNey("the boats came in before the tide " * 3, order=4)
    text = "the tide came in"
    changed = text[:8] + "zzzzzzzz"
    assert np.array_equal(log_probs(model, text)[:7], log_probs(model, changed)[:7])
    assert len(log_probs(model, text)) == len(text) - 1


@pytest.mark.parametrize("order", [0, 5, 6])
def test_an_order_that_the_text_cannot_fill(order):
    with pytest.raises(ValueError, match=f"order {order} needs a text of more than {order} tokens"):
        KneserNey("abcde", order)


def test_a_list_of_words_is_read_as_a_tuple_is():
    words = "a cat sat at a mat".split()
    model = KneserNey(words, 2)
    assert (log_probs(model, words) == log_probs(model, tuple(words))).all()


def test_a_text_without_anything_to_predict():
    with pytest.raises(ValueError, match="leaves nothing to predict"):
        log_probs(KneserNey("abcabc", 2), "a")


@pytest.mark.skipif("D2L_DATA_DIR" not in os.environ, reason="D2L_DATA_DIR names no true classic files")
@pytest.mark.parametrize("order, expected", [(5, 3.89), (6, 3.72), (7, 3.69)])
def test_perplexity_of_the_time_machine(order, expected):
    text = normalize(read_time_machine())
    assert len(text) == 173_427
    train, valid = split_text(text)
    assert abs(perplexity(log_probs(KneserNey(train, order), valid)) - expected) < 0.05
