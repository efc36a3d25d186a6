"""Tokens, vocabulary and minibatches of the section on text into minibatches."""

import warnings

from d2l_utils.corpora import read_story
from d2l_utils.lang_model import normalize
from d2l_utils.lang_model_dataset import Vocab, cut, load_corpus, random_batches, sequential_batches, tokenize

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mxnet import npx

ITERATORS = [random_batches, sequential_batches]


def test_tokenize():
    assert tokenize("a cat") == ["a", " ", "c", "a", "t"]
    assert tokenize("a  cat\n", "word") == ["a", "cat"]
    with pytest.raises(ValueError, match="level is 'syllable': take 'char' or 'word'"):
        tokenize("a cat", "syllable")


def test_vocabulary_is_numbered_by_frequency_after_unknown_and_reserved():
    vocab = Vocab("b a b c a b d".split(), reserved=("<pad>", "<eos>"))
    assert vocab.idx_to_token == ["<unk>", "<pad>", "<eos>", "b", "a", "c", "d"]
    assert len(vocab) == 7
    assert Vocab("b a b c a b d".split(), min_freq=2).idx_to_token == ["<unk>", "b", "a"]


def test_a_reserved_token_in_the_text_has_one_place():
    vocab = Vocab(["<pad>", "a", "<unk>", "<pad>"], reserved=("<pad>",))
    assert vocab.idx_to_token == ["<unk>", "<pad>", "a"]


@given(st.lists(st.text(min_size=1, max_size=3)), st.lists(st.text(min_size=1, max_size=3)))
def test_known_tokens_come_back_and_unknown_ones_are_number_0(tokens, others):
    vocab = Vocab(tokens)
    assert vocab.to_tokens(vocab[tokens]) == tokens
    assert [vocab.to_tokens(vocab[token]) for token in tokens] == tokens
    for token in others:
        assert vocab[token] == 0 or token in tokens


def test_single_indices_and_lists_of_any_kind():
    vocab = Vocab("abc")
    assert vocab["a"] == 1 and vocab[["a", "z"]] == [1, 0] and vocab[[]] == []
    assert vocab.to_tokens(1) == "a" and vocab.to_tokens(np.int32(1)) == "a"
    assert vocab.to_tokens([1]) == ["a"] and vocab.to_tokens(np.array([1, 0])) == ["a", "<unk>"]
    assert vocab.to_tokens(np.array([[1], [2]])) == [["a"], ["b"]]


@pytest.mark.parametrize("index", [-1, 4])
def test_an_index_outside_the_vocabulary(index):
    with pytest.raises(IndexError, match=f"index {index} is not between 0 and 3"):
        Vocab("abc").to_tokens(index)


def test_vocabulary_has_not_seen_the_validation_text():
    train_ids, valid_ids, vocab = load_corpus("a" * 90 + "b" * 10)
    assert vocab.idx_to_token == ["<unk>", "a"]
    assert train_ids.tolist() == [1] * 90 and valid_ids.tolist() == [0] * 10
    assert train_ids.dtype == np.int32


@st.composite
def cases(draw):
    batch_size, num_steps = draw(st.integers(1, 6)), draw(st.integers(1, 9))
    length = draw(st.integers(batch_size * num_steps + 1, 200))
    return length, batch_size, num_steps, draw(st.integers(0, 2**32 - 1))


@pytest.mark.parametrize("iterator", ITERATORS)
@given(case=cases())
def test_an_epoch(iterator, case):
    length, B, T, seed = case
    ids = np.random.default_rng(1).integers(0, 9, length)
    places = list(iterator(np.arange(length), B, T, np.random.default_rng(seed)))
    tokens = list(iterator(ids, B, T, np.random.default_rng(seed)))
    used = np.concatenate([Y.ravel() for _, Y in places])
    assert len(set(used)) == len(used)  # no target twice
    assert len(used) > length - 1 - B * T  # less than one window a row left out
    for (X, Y), (X_ids, Y_ids) in zip(places, tokens, strict=True):
        assert X.shape == Y.shape == (B, T)
        assert (Y == X + 1).all() and (np.diff(X, axis=1) == 1).all()
        assert (X_ids == ids[X]).all() and (Y_ids == ids[Y]).all()


@pytest.fixture(scope="module")
def windows_of_d2l():
    """The inputs and labels of d2l 1.0.3 on 600 characters of the story, as pairs of str."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from d2l import mxnet as d2l

    class Story(d2l.TimeMachine):
        def _download(self):
            return normalize(read_story())[:600]

    npx.set_np()
    story = Story(batch_size=4, num_steps=7)
    rows = [["".join(story.vocab.to_tokens(row)) for row in part.asnumpy()] for part in (story.X, story.Y)]
    npx.reset_np()
    return list(zip(*rows, strict=True))


@pytest.mark.parametrize("iterator", ITERATORS)
def test_windows_are_among_those_of_d2l(iterator, windows_of_d2l, agreement):
    """d2l takes the window at every place, so that it predicts a label seven times; we do so once."""
    text = normalize(read_story())[:600]
    vocab, rng = Vocab(text), np.random.default_rng(0)
    ours = [
        ("".join(vocab.to_tokens(x)), "".join(vocab.to_tokens(y)))
        for X, Y in iterator(np.array(vocab[list(text)]), 4, 7, rng)
        for x, y in zip(X, Y, strict=True)
    ]
    others = len(set(ours) - set(windows_of_d2l))
    assert others == 0 and 7 * len(ours) < 600 <= len(windows_of_d2l) + 7
    agreement("Windows of both iterators: how many differ", "d2l 1.0.3, which takes every window", others)


@given(cases())
def test_rows_of_sequential_batches_go_on(case):
    length, B, T, seed = case
    batches = list(sequential_batches(np.arange(length), B, T, np.random.default_rng(seed)))
    for (X, _), (following, _) in zip(batches, batches[1:], strict=False):
        assert (following[:, 0] == X[:, -1] + 1).all()


@pytest.mark.parametrize("iterator", ITERATORS)
@pytest.mark.parametrize("length, B, T", [(14, 2, 3), (27, 2, 4), (13, 3, 4), (31, 1, 7), (12, 2, 2)])
def test_every_target_is_reached(iterator, length, B, T):
    reached, rng = set(), np.random.default_rng(0)
    for _ in range(400):
        for _, Y in iterator(np.arange(length), B, T, rng):
            reached.update(Y.ravel().tolist())
    assert reached == set(range(1, length))


def test_random_batches_are_shuffled_and_repeat_with_their_seed():
    def first_targets(seed):
        rng = np.random.default_rng(seed)
        return [Y.tolist() for _, Y in random_batches(np.arange(200), 2, 5, rng)]

    assert first_targets(1) == first_targets(1) != first_targets(2)
    assert np.array(first_targets(1)).ravel().tolist() != sorted(np.array(first_targets(1)).ravel())


@pytest.mark.parametrize("length, B, T", [(12, 3, 4), (1, 1, 1), (0, 1, 1)])
def test_a_text_that_is_too_short(length, B, T):
    with pytest.raises(ValueError, match=f"{length} tokens do not fill a minibatch of {B} rows of {T}"):
        cut(np.arange(length), B, T)


@pytest.mark.parametrize("B, T", [(0, 2), (2, 0), (-2, -4)])
def test_a_minibatch_without_rows_or_steps(B, T):
    with pytest.raises(ValueError, match=f"batch_size {B} and num_steps {T} must be at least 1"):
        cut(np.arange(50), B, T)
