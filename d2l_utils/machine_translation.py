"""Saved by `make lib` from chapter_rnn/machine-translation.ipynb, which explains each definition.

Edit the notebook, not this file.
"""

import re
import unicodedata

from d2l_utils.lang_model_dataset import Vocab

import numpy as onp


def normalize_sentence(sentence):
    """Return a sentence in one spelling, in lower case.

    Every run of white space, no-break spaces included, becomes one space; curly
    apostrophes become straight; a letter and its accent become one character
    (Unicode's form NFC).
    """
    sentence = re.sub("[\u00ad\u200b\ufeff]", "", sentence)  # without width
    sentence = re.sub("[\u2018\u2019]", "'", sentence)
    return unicodedata.normalize("NFC", " ".join(sentence.lower().split()))


ELIDED = "(?:[cdjlmnst]|(?:jus|lors|puis|quoi)?qu)'"  # l' j' qu' jusqu' ...
PRONOUN = "je|tu|ils?|elles?|on|nous|vous|ce|moi|toi|lui|leur|les?|la|y|en"
CLITIC = rf"-(?:t-)?(?:{PRONOUN})(?!\w)"  # -ce -vous -t-il ...
NUMBER = r"\d+(?:[.,]\d+)+"  # 1,000 2.5
WORD = rf"\w+(?:(?!{CLITIC})['-]\w+)*"  # don't week-end aujourd'hui
TOKEN = re.compile("|".join([CLITIC, ELIDED, NUMBER, WORD, r"[^\w\s]"]))


def tokenize_sentence(sentence):
    """Return the tokens of an English or French sentence, a list of str.

    Punctuation marks, elided French words with their apostrophe (`l'`) and French
    pronouns behind a hyphen (`-t-il`) are tokens of their own. Tokens joined by
    spaces are cut into the same tokens again.
    """
    return TOKEN.findall(normalize_sentence(sentence))


PAD, BOS, EOS = "<pad>", "<bos>", "<eos>"
UNK_ID, PAD_ID, BOS_ID, EOS_ID = 0, 1, 2, 3  # in every vocabulary below


def group_by_source(pairs):
    """Return a dict from each source, a tuple of tokens, to the list of its pairs.

    Args: `pairs`, (source, target); a source that is a str is tokenized for the
        comparison.
    """
    groups = {}
    for source, target in pairs:
        key = tokenize_sentence(source) if isinstance(source, str) else source
        groups.setdefault(tuple(key), []).append((source, target))
    return groups


def split_by_source(pairs, shares=(0.8, 0.1, 0.1), seed=0, sizes=None):
    """Split pairs for training, validation and test, no source being on two sides.

    Args: `pairs`, (source, target) as str or lists of tokens; `shares`, of the
        different sources, each above 0, together 1; `seed`, of their order;
        `sizes`, instead of shares: how many training pairs, validation sources and
        test sources.
    Returns: three lists of pairs as they came in.
    Raises: ValueError for wrong shares, or where a part would be empty or too
        small.
    """
    groups = list(group_by_source(pairs).values())
    if sizes is not None:
        stops = [len(groups) - sum(sizes[1:]), len(groups) - sizes[2], len(groups)]
    elif len(shares) == 3 and min(shares) > 0 and abs(sum(shares) - 1) < 1e-9:
        stops = onp.rint(len(groups) * onp.cumsum(shares)).astype(int).tolist()
    else:
        raise ValueError(f"shares {shares}: give three above 0 that add up to 1")
    order = onp.random.default_rng(seed).permutation(len(groups))
    parts = order[: stops[0]], order[stops[0] : stops[1]], order[stops[1] :]
    train, valid, test = ([p for i in part for p in groups[i]] for part in parts)
    num_train = len(train) if sizes is None else sizes[0]
    if not 0 < stops[0] < stops[1] < stops[2] or not 0 < num_train <= len(train):
        cause = f"{len(groups)} different sources are too few for the split"
        raise ValueError(f"{cause}: give more pairs, or other shares or sizes")
    return train[:num_train], valid, test


class TranslationData:
    """Sentence pairs in tokens, split by source, and a vocabulary of each language.

    Args: `pairs`, (source, target) tuples of str; `min_freq`, rarer training tokens
        become `<unk>`; `max_tokens`, leaves out pairs with a longer side; `seed`
        and `sizes`, those of `split_by_source`.
    Attributes: `train`, `valid`, `test`, lists of (source tokens, target tokens) in
        which no pair occurs twice; `src_vocab`, `tgt_vocab`.
    Raises: ValueError for a blank sentence, or where too few pairs are left.
    """

    def __init__(self, pairs, min_freq=1, max_tokens=None, seed=0, sizes=None):
        different = {}
        for pair in pairs:
            source, target = map(tokenize_sentence, pair)
            if not (source and target):
                raise ValueError(f"the pair {pair} has a blank side: leave it out")
            if max_tokens is None or max(len(source), len(target)) <= max_tokens:
                different[tuple(source), tuple(target)] = source, target
        parts = split_by_source(different.values(), seed=seed, sizes=sizes)
        self.train, self.valid, self.test = parts
        sides = ([t for pair in self.train for t in pair[side]] for side in (0, 1))
        vocabs = [Vocab(tokens, min_freq, (PAD, BOS, EOS)) for tokens in sides]
        self.src_vocab, self.tgt_vocab = vocabs


def pad(sentences, vocab, before, after):
    """Return sentences as int32 indices (B, T), and their lengths (B,).

    Args: `before`, `after`, tokens to put around each sentence.
    """
    if any(isinstance(tokens, str) for tokens in sentences):
        raise ValueError("a sentence is a str: cut it with tokenize_sentence first")
    if not len(sentences):
        raise ValueError("no sentence to encode: give at least one list of tokens")
    if vocab[[PAD, BOS, EOS]] != [PAD_ID, BOS_ID, EOS_ID]:
        raise ValueError("build the vocabulary with reserved=(PAD, BOS, EOS)")
    rows = [vocab[[*before, *tokens, *after]] for tokens in sentences]
    lengths = onp.array([len(row) for row in rows], dtype=onp.int32)  # (B,)
    ids = onp.full((len(rows), lengths.max()), PAD_ID, dtype=onp.int32)  # (B, T)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
    return ids, lengths


def encode_source(sentences, vocab):
    """Return the indices of source sentences, with `<eos>`, and their lengths.

    Args: `sentences`, B lists of tokens, which may be empty; `vocab`, with the
        reserved tokens.
    Returns: `(ids, valid_len)`, int32 arrays of shape (B, T) and (B,); T is the
        longest length and valid_len counts `<eos>`. No token is ever cut off.
    Raises: ValueError where there is no sentence, or one is a str.
    """
    return pad(sentences, vocab, [], [EOS])


def encode_target(sentences, vocab):
    """Return the indices of targets, `<bos>` to `<eos>`, and the numbers of labels.

    Args: as for `encode_source`.
    Returns: `(ids, valid_len)`, int32 arrays of shape (B, T + 1) and (B,). A
        decoder reads `ids[:, :-1]` and is to predict `ids[:, 1:]`; valid_len of
        these are real.
    Raises: ValueError where there is no sentence, or one is a str.
    """
    ids, length = pad(sentences, vocab, [BOS], [EOS])
    return ids, length - 1


def translation_batches(pairs, src_vocab, tgt_vocab, batch_size, rng):
    """Yield minibatches of pairs of similar length, every pair once, shuffled.

    Args: `pairs`, a list of (source tokens, target tokens); `rng`, a NumPy
        Generator.
    Yields `(src, src_len, tgt, tgt_len)` as `encode_source` and `encode_target`
        give them, of batch_size rows each; one of the minibatches may have fewer.
    Raises: ValueError where there is no pair or no row.
    """
    if not len(pairs) or batch_size < 1:
        raise ValueError(f"{len(pairs)} pairs, {batch_size} rows: give 1 or more")
    order = rng.permutation(len(pairs)).tolist()
    order.sort(key=lambda i: (len(pairs[i][1]), len(pairs[i][0])))  # a stable sort
    starts = onp.arange(0, len(pairs), batch_size)
    for start in rng.permutation(starts).tolist():
        chosen = [pairs[i] for i in order[start : start + batch_size]]
        sources, targets = zip(*chosen, strict=True)
        yield *encode_source(sources, src_vocab), *encode_target(targets, tgt_vocab)


def references(pairs):
    """Return a dict from each source, a tuple of tokens, to its translations."""
    return {
        source: [target for _, target in group]
        for source, group in group_by_source(pairs).items()
    }
