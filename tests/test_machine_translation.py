"""Sentence pairs: spelling, tokens, split, vocabularies, arrays, masks and minibatches."""

import unicodedata
import warnings
from collections import Counter

from d2l_utils.corpora import read_pairs
from d2l_utils.lang_model_dataset import Vocab
from d2l_utils.machine_translation import (
    BOS,
    BOS_ID,
    EOS,
    EOS_ID,
    PAD,
    PAD_ID,
    UNK_ID,
    TranslationData,
    encode_source,
    encode_target,
    normalize_sentence,
    references,
    split_by_source,
    tokenize_sentence,
    translation_batches,
)

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mxnet import npx

VOCAB = Vocab("abcde", reserved=(PAD, BOS, EOS))
SENTENCE = st.lists(st.sampled_from("abcde"), max_size=6)
PAIRS = st.lists(st.tuples(SENTENCE, SENTENCE), min_size=1, max_size=30)
# Letters of both languages, marks of every kind, and whatever else there is.
SPECIAL = "aeElLqutIy'’- ?!.,0123456789éÉ\u0301\u202f\u00a0\u00ad"
TEXT = st.text(st.one_of(st.sampled_from(SPECIAL), st.characters()))


@pytest.fixture(scope="module")
def data():
    return TranslationData(read_pairs())


@pytest.mark.parametrize(
    "text, same",
    [
        ("Où\u202f?", "où ?"),
        ("l\u2019e\u0301te\u0301", "l'été"),
        ("  Hello,\u00a0 Tom! ", "hello, tom!"),
        ("co\u00adop\u200ber\ufeffate", "cooperate"),
        ("\u2009\t\n", ""),
    ],
)
def test_one_spelling(text, same):
    assert normalize_sentence(text) == same


@settings(deadline=None)
@given(TEXT)
def test_a_normal_sentence_has_one_form(text):
    normal = normalize_sentence(text)
    assert unicodedata.is_normalized("NFC", normal)
    assert normal == " ".join(normal.split(" ")) and not any(c.isspace() and c != " " for c in normal)
    assert normalize_sentence(unicodedata.normalize("NFD", text)) == normalize_sentence(
        unicodedata.normalize("NFC", text)
    )


@pytest.mark.parametrize(
    "text, tokens",
    [
        ("Where is Lucy?", "where is lucy ?"),
        ("Stop!", "stop !"),
        ("Qu'est-ce que c'est\u202f?", "qu' est -ce que c' est ?"),
        ("L\u2019arbre jusqu'ici, lorsqu'il", "l' arbre jusqu' ici , lorsqu' il"),
        ("Aime-t-elle ça ? Dis-le-moi !", "aime -t-elle ça ? dis -le -moi !"),
        ("aujourd'hui quelqu'un week-end grand-mère", "aujourd'hui quelqu'un week-end grand-mère"),
        ("I don't know Tom's o'clock.", "i don't know tom's o'clock ."),
        ("1,000 or 2.5, not 3.", "1,000 or 2.5 , not 3 ."),
        ("d'aujourd'hui", "d' aujourd'hui"),
        ("the students' <eos>", "the students ' < eos >"),
        ("", ""),
    ],
)
def test_tokens(text, tokens):
    assert tokenize_sentence(text) == tokens.split()


@settings(deadline=None)
@given(TEXT)
def test_no_character_is_lost_and_tokens_are_not_cut_again(text):
    tokens = tokenize_sentence(text)
    assert "".join(tokens) == normalize_sentence(text).replace(" ", "")
    assert tokenize_sentence(" ".join(tokens)) == tokens


def test_a_mark_is_never_part_of_a_word(data):
    for part in (data.train, data.valid, data.test):
        for source, target in part:
            assert not any(mark in token for token in source + target for mark in "?!.," if token != mark)


def sources(pairs):
    return {tuple(source) for source, _ in pairs}


@settings(deadline=None)
@given(PAIRS, st.integers(0, 9), st.sampled_from([(0.5, 0.25, 0.25), (0.8, 0.1, 0.1)]))
def test_no_source_is_on_two_sides_and_no_pair_is_lost(pairs, seed, shares):
    try:
        train, valid, test = split_by_source(pairs, shares, seed)
    except ValueError:
        assert len(sources(pairs)) < 10
        return
    assert len(sources(train)) + len(sources(valid)) + len(sources(test)) == len(sources(pairs))
    assert sorted(train + valid + test) == sorted(pairs)
    assert split_by_source(pairs, shares, seed) == (train, valid, test)


def test_spellings_of_one_source_stay_together():
    pairs = [(f"{word} {mark}", word) for word in "abcdefgh" for mark in ("?", "\u202f?", "? ")]
    pairs += [(word.upper() + "?", word) for word in "abcdefgh"]
    train, valid, test = split_by_source(pairs, (0.5, 0.25, 0.25))
    for part, words in ((train, 4), (valid, 2), (test, 2)):
        assert set(Counter(target for _, target in part).values()) == {4} and len(part) == 4 * words


def test_shares_are_shares_of_the_sources_and_the_seed_matters():
    pairs = [([str(i)], []) for i in range(1000)]
    assert [len(part) for part in split_by_source(pairs, (0.7, 0.2, 0.1))] == [700, 200, 100]
    assert split_by_source(pairs, seed=1) != split_by_source(pairs, seed=2)


def test_sizes_count_training_pairs_and_sources_held_out():
    pairs = [([str(i)], [str(j)]) for i in range(20) for j in range(3)]
    train, valid, test = split_by_source(pairs, sizes=(10, 2, 3))
    assert len(train) == 10 and (len(sources(valid)), len(sources(test))) == (2, 3)
    assert len(valid) == 6 and len(test) == 9  # all their translations
    assert not sources(train) & sources(test)


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.5, 0.5, 0.0), (0.5, 0.4, 0.2), (1.2, -0.1, -0.1)])
def test_wrong_shares(shares):
    with pytest.raises(ValueError, match="give three above 0 that add up to 1"):
        split_by_source([("a", "b")] * 9, shares)


@pytest.mark.parametrize("sizes", [None, (8, 1, 1), (1, 5, 5), (0, 1, 1), (2, 0, 1), (2, 1, 0)])
def test_too_few_sources_for_a_split(sizes):
    pairs = [(word, word) for word in ("abcdefghi" if sizes else "aab")]
    with pytest.raises(ValueError, match="different sources are too few for the split: give more pairs"):
        split_by_source(pairs, sizes=sizes)


def test_the_data_of_the_book(data):
    parts = data.train, data.valid, data.test
    assert [len(part) for part in parts] == [7522, 941, 940]
    assert sum(map(len, map(sources, parts))) == len(sources(data.train + data.valid + data.test)) == 9403
    for vocab in (data.src_vocab, data.tgt_vocab):
        assert vocab[["<unk>", PAD, BOS, EOS]] == [UNK_ID, PAD_ID, BOS_ID, EOS_ID] == [0, 1, 2, 3]


def test_vocabularies_know_the_training_pairs_alone(data):
    for side, vocab in enumerate((data.src_vocab, data.tgt_vocab)):
        train = {token for pair in data.train for token in pair[side]}
        assert set(vocab.idx_to_token[4:]) == train
        assert any(token not in train for pair in data.valid for token in pair[side])


def test_rare_words_long_pairs_and_equal_pairs():
    pairs = [(f"word {i} .", f"mot {i}\u202f.") for i in range(30)]
    pairs += [("Word 3.", "MOT 3 ."), ("a b c d", "e"), ("e", "a b c d")]  # one again, two too long
    data = TranslationData(pairs, min_freq=2, max_tokens=3)
    assert len(data.train + data.valid + data.test) == 30
    assert data.src_vocab.idx_to_token[4:] == [".", "word"]
    assert data.tgt_vocab["3"] == UNK_ID


def test_a_blank_sentence():
    with pytest.raises(ValueError, match=r"the pair \('a', '\\u202f'\) has a blank side: leave it out"):
        TranslationData([("a", "\u202f")])


def mask(ids, valid_len):
    return np.arange(ids.shape[1]) < valid_len[:, None]


@settings(deadline=None)
@given(st.lists(SENTENCE, min_size=1, max_size=9))
def test_arrays_keep_every_token_and_the_end(sentences):
    ids, valid_len = encode_source(sentences, VOCAB)
    assert ids.dtype == valid_len.dtype == np.int32
    assert ids.shape == (len(sentences), max(map(len, sentences)) + 1)
    assert valid_len.tolist() == [len(tokens) + 1 for tokens in sentences]
    assert ((ids != PAD_ID) == mask(ids, valid_len)).all()
    tgt, labels_len = encode_target(sentences, VOCAB)
    assert tgt.dtype == labels_len.dtype == np.int32
    assert (tgt[:, 0] == BOS_ID).all() and (tgt[:, 1:] == ids).all() and (labels_len == valid_len).all()
    for row, tokens in zip(ids, sentences, strict=True):
        assert VOCAB.to_tokens(row[: len(tokens) + 1]) == [*tokens, EOS]


def test_unknown_tokens_and_the_empty_sentence():
    ids, valid_len = encode_source([["a", "z"], []], VOCAB)
    assert ids.tolist() == [[VOCAB["a"], UNK_ID, EOS_ID], [EOS_ID, PAD_ID, PAD_ID]]
    assert valid_len.tolist() == [3, 1]


@pytest.mark.parametrize("encode", [encode_source, encode_target])
def test_what_cannot_be_encoded(encode):
    with pytest.raises(ValueError, match="give at least one list of tokens"):
        encode([], VOCAB)
    with pytest.raises(ValueError, match="cut it with tokenize_sentence first"):
        encode(["a b"], VOCAB)
    with pytest.raises(ValueError, match="build the vocabulary with reserved"):
        encode([["a"]], Vocab("ab"))


def in_words(batch):
    src, src_len, tgt, tgt_len = batch
    return [
        (VOCAB.to_tokens(s[: n - 1]), VOCAB.to_tokens(t[1:k]))
        for s, n, t, k in zip(src, src_len, tgt, tgt_len, strict=True)
    ]


@settings(deadline=None)
@given(PAIRS, st.integers(1, 12), st.integers(0, 99))
def test_an_epoch_has_every_pair_once_with_its_end_and_mask(pairs, rows, seed):
    batches = list(translation_batches(pairs, VOCAB, VOCAB, rows, np.random.default_rng(seed)))
    again = list(translation_batches(pairs, VOCAB, VOCAB, rows, np.random.default_rng(seed)))
    for batch, same in zip(batches, again, strict=True):
        assert all((x == y).all() for x, y in zip(batch, same, strict=True))  # the order repeats
        src, src_len, tgt, tgt_len = batch
        for ids, valid_len in ((src, src_len), (tgt[:, 1:], tgt_len)):
            assert ((ids != PAD_ID) == mask(ids, valid_len)).all()
            assert ids.shape[1] == valid_len.max()  # no wider than need be
            assert (ids[np.arange(len(ids)), valid_len - 1] == EOS_ID).all()
    assert sorted(pair for batch in batches for pair in in_words(batch)) == sorted(pairs)
    sizes = sorted(len(batch[0]) for batch in batches)
    assert sizes[1:] == [rows] * (len(sizes) - 1) and sizes[0] <= rows


def test_minibatches_are_of_similar_length_and_shuffled(data):
    vocabs = data.src_vocab, data.tgt_vocab

    def epoch(seed):
        return list(translation_batches(data.train, *vocabs, 64, np.random.default_rng(seed)))

    batches = epoch(0)
    real = sum(src_len.sum() + tgt_len.sum() for _, src_len, _, tgt_len in batches)
    assert real / sum(src.size + tgt[:, 1:].size for src, _, tgt, _ in batches) > 0.95
    lengths = [int(tgt_len.max()) for *_, tgt_len in batches]
    assert lengths != sorted(lengths) and lengths != sorted(lengths, reverse=True)
    other = epoch(1)
    assert [int(tgt_len.max()) for *_, tgt_len in other] != lengths
    neighbours, others = ({frozenset(map(bytes, batch[2])) for batch in e} for e in (batches, other))
    assert len(neighbours & others) < len(batches) / 4  # rows meet other rows


@pytest.mark.parametrize("pairs, rows", [([], 1), ([(["a"], ["b"])], 0)])
def test_nothing_to_make_minibatches_of(pairs, rows):
    with pytest.raises(ValueError, match=f"{len(pairs)} pairs, {rows} rows: give 1 or more"):
        next(translation_batches(pairs, VOCAB, VOCAB, rows, np.random.default_rng(0)))


def arrays_of_d2l(pairs, num_steps):
    """Return the arrays of d2l 1.0.3 as rows of tokens, and the lengths of its sources."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from d2l import mxnet as d2l

    class Pairs(d2l.MTFraEng):
        def _download(self):
            return "\n".join("\t".join(map(" ".join, pair)) for pair in pairs)

    npx.set_np()
    data = Pairs(1, num_steps, len(pairs), 0)
    (src, read, lengths, labels), vocabs = data.arrays, (data.src_vocab, data.tgt_vocab, data.tgt_vocab)
    rows = [
        [vocab.to_tokens(row) for row in array.asnumpy()]
        for array, vocab in zip((src, read, labels), vocabs, strict=True)
    ]
    lengths = lengths.asnumpy().astype(int).tolist()
    npx.reset_np()
    return rows, lengths


def test_arrays_are_those_of_d2l_where_it_cuts_nothing(data, agreement):
    """Twice the same pairs, for d2l makes a rare word `<unk>`; it also cuts 10.30 at its point."""
    pairs = [
        pair
        for pair in data.train[:200]
        if max(map(len, pair)) < 20 and not any(t[0].isdigit() for side in pair for t in side)
    ] * 2
    (src, read, labels), lengths = arrays_of_d2l(pairs, 20)
    sources, targets = zip(*pairs, strict=True)
    ids, valid_len = encode_source(sources, data.src_vocab)
    tgt, _ = encode_target(targets, data.tgt_vocab)
    rows = [*data.src_vocab.to_tokens(ids), *data.tgt_vocab.to_tokens(tgt)]
    others = [*src, *([r[0], *y] for r, y in zip(read, labels, strict=True))]
    different = int((valid_len != lengths).sum())
    for row, other in zip(rows, others, strict=True):
        different += row + [PAD] * (len(other) - len(row)) != other
    assert different == 0 and len(pairs) > 300
    agreement("Arrays and lengths of sentence pairs: how many differ", "d2l 1.0.3, nothing cut", different)


def test_d2l_cuts_the_end_of_a_long_sentence_and_we_do_not(data):
    pairs = [(list("abc"), list("abc")), (list("abcde"), list("abcde"))] * 2
    (_, _, labels), lengths = arrays_of_d2l(pairs, 4)
    assert labels[0] == [*"abc", EOS] and labels[1] == list("abcd")
    ids, valid_len = encode_source([source for source, _ in pairs], VOCAB)
    assert (ids[np.arange(4), valid_len - 1] == EOS_ID).all() and lengths[1] == 4


def test_references_are_all_translations_of_a_source():
    pairs = [(["go"], ["va"]), (["no"], ["non"]), (["go"], ["allez"])]
    assert references(pairs) == {("go",): [["va"], ["allez"]], ("no",): [["non"]]}
