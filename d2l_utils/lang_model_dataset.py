"""Saved by `make lib` from chapter_rnn/lang-model-dataset.ipynb, which explains each definition.

Edit the notebook, not this file.
"""

from collections import Counter

from d2l_utils.lang_model import split_text

import numpy as onp


def tokenize(text, level="char"):
    """Return the tokens of a text as a list: its characters or the words between white space.

    Args: `level`, "char" or "word".
    """
    if level == "char":
        return list(text)
    if level == "word":
        return text.split()
    raise ValueError(f"level is {level!r}: take 'char' or 'word'")


def by_frequency(tokens, min_freq=1):
    """Return the different tokens, the most frequent first.

    Those that occur less than `min_freq` times are left out. Tokens of equal
    frequency stand in alphabetical order, so that the result repeats.
    """
    counts = Counter(tokens)
    common = [token for token, count in counts.items() if count >= min_freq]
    return sorted(common, key=lambda token: (-counts[token], token))


class Vocab:
    """A numbering of tokens: `<unk>`, `reserved`, then the others by frequency.

    Args: `tokens`, an iterable of str, from the training split alone; `min_freq`,
        rarer ones become `<unk>`; `reserved`, with their own place, as `<pad>`.
    """

    def __init__(self, tokens, min_freq=1, reserved=()):
        special, common = ["<unk>", *reserved], by_frequency(tokens, min_freq)
        self.idx_to_token = special + [t for t in common if t not in special]
        self.token_to_idx = {t: idx for idx, t in enumerate(self.idx_to_token)}

    def __len__(self):
        return len(self.idx_to_token)

    def __getitem__(self, tokens):
        """Return the index of a token, a str, or a list for a sequence of them."""
        if isinstance(tokens, str):
            return self.token_to_idx.get(tokens, 0)
        return [self[token] for token in tokens]

    def to_tokens(self, indices):
        """Return the token of an index, or a list for a sequence of indices."""
        if hasattr(indices, "__len__"):
            return [self.to_tokens(idx) for idx in indices]
        if not 0 <= indices < len(self):  # -1 would be the last token of a list
            last = len(self) - 1
            raise IndexError(f"index {indices} is not between 0 and {last}")
        return self.idx_to_token[int(indices)]


def load_corpus(text, level="char", min_freq=1):
    """Return the training and the validation part of a text as token indices, and the vocabulary.

    Returns: `(train_ids, valid_ids, vocab)`, two int32 arrays of shape `(number of tokens,)` and a
        `Vocab` of the training part alone.
    """
    train, valid = split_text(tokenize(text, level))
    vocab = Vocab(train, min_freq)
    train_ids, valid_ids = (onp.array(vocab[part], dtype=onp.int32) for part in (train, valid))
    return train_ids, valid_ids, vocab


def cut(ids, batch_size, num_steps, rng=None):
    """Return inputs and labels of one epoch, two arrays of shape (m * batch_size * num_steps,).

    Args: `ids`, shape (N,); `rng`, a NumPy Generator that draws the offset, 0 without one.
    Raises ValueError where N tokens do not fill one minibatch.
    """
    if min(batch_size, num_steps) < 1:
        raise ValueError(f"batch_size {batch_size} and num_steps {num_steps} must be at least 1")
    size = batch_size * num_steps
    if len(ids) <= size:
        raise ValueError(
            f"{len(ids)} tokens do not fill a minibatch of {batch_size} rows of {num_steps} steps, "
            f"which needs {size + 1}: take fewer rows, fewer steps or a longer text"
        )
    num_batches, left_over = divmod(len(ids) - 1, size)
    start = rng.integers(left_over + 1) if rng else 0
    stop = start + num_batches * size
    return ids[start:stop], ids[start + 1 : stop + 1]


def random_batches(ids, batch_size, num_steps, rng):
    """Yield minibatches of windows in random order: inputs and labels, (batch_size, num_steps).

    Args: `ids`, token indices of shape (N,); `rng`, a NumPy Generator.
    """
    inputs, labels = cut(ids, batch_size, num_steps, rng)
    X, Y = inputs.reshape(-1, num_steps), labels.reshape(-1, num_steps)  # (m * B, T)
    for rows in rng.permutation(len(X)).reshape(-1, batch_size):  # (B,)
        yield X[rows], Y[rows]


def sequential_batches(ids, batch_size, num_steps, rng=None):
    """Yield minibatches in which each row continues its row of the minibatch before.

    Args: `ids`, token indices of shape (N,); `rng`, a NumPy Generator for the offset, or None.
    Yields inputs and labels, two arrays of shape (batch_size, num_steps).
    """
    inputs, labels = cut(ids, batch_size, num_steps, rng)
    X, Y = inputs.reshape(batch_size, -1), labels.reshape(batch_size, -1)  # (B, m * T)
    for start in range(0, X.shape[1], num_steps):
        steps = slice(start, start + num_steps)
        yield X[:, steps], Y[:, steps]
