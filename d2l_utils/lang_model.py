"""Saved by `make lib` from chapter_rnn/lang-model.ipynb, which explains each definition.

Edit the notebook, not this file.
"""

import re
from collections import Counter

import numpy as onp


def normalize(text):
    """Return `text` in lower case with every run of anything but a-z as one space.

    The result has 27 symbols at most and neither begins nor ends with a space.
    Raises ValueError where no letter from a to z is left.
    """
    text = re.sub("[^a-z]+", " ", text.lower()).strip()
    if not text:
        raise ValueError("no letter from a to z in the text: give it a text in the Latin alphabet")
    return text


def split_text(tokens, train_share=0.9):
    """Return the first `train_share` of the tokens for training and the rest for validation."""
    cut = int(train_share * len(tokens))
    return tokens[:cut], tokens[cut:]


def count_ngrams(tokens, n):
    """Return a Counter of the n-grams of a str or tuple: its slices of length n."""
    return Counter(tokens[i : i + n] for i in range(len(tokens) - n + 1))


def perplexity(log_probs):
    """Return exp of the mean of -log_probs, natural logarithms of shape (number of tokens,)."""
    return float(onp.exp(-onp.mean(log_probs)))


def log_probs(model, tokens):
    """Return ln P of each token but the first given those before it, shape (len(tokens) - 1,).

    model.prob(gram) is P(last token of gram | the others); model.order bounds len(gram).
    """
    tokens = tokens if isinstance(tokens, str) else tuple(tokens)
    if len(tokens) < 2:
        raise ValueError("a text of fewer than two tokens leaves nothing to predict")
    starts = [max(0, i + 1 - model.order) for i in range(len(tokens))]
    return onp.log([model.prob(tokens[starts[i] : i + 1]) for i in range(1, len(tokens))])


def kneser_ney_discounts(counts):
    """Return the discounts [0, D1, D2, D3+] of equation (2.8) for a Counter of n-grams.

    Where some n_r is zero, as it may be for a small alphabet, each discount is one half.
    """
    n1, n2, n3, n4 = (sum(c == r for c in counts.values()) for r in (1, 2, 3, 4))
    if not (n1 and n2 and n3 and n4):
        return [0, 0.5, 0.5, 0.5]
    y = n1 / (n1 + 2 * n2)
    estimates = [1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3]
    # A discount may neither be negative nor take more than there is.
    return [0] + [min(max(d, 0), r) for r, d in enumerate(estimates, start=1)]


def lower_counts(tokens, n):
    """Return a Counter: how many different tokens precede each n-gram, (2.7)."""
    return Counter(gram[1:] for gram in count_ngrams(tokens, n + 1))


def kneser_ney_table(counts):
    """Return what equation (2.6) takes from the counts of all n-grams of one order.

    These are `counts`, a Counter, itself; the discounts [0, D1, D2, D3+]; and for
    each history its total count and its lambda(h), two Counters.
    """
    discounts, total, left_over = kneser_ney_discounts(counts), Counter(), Counter()
    for gram, count in counts.items():
        total[gram[:-1]] += count
        left_over[gram[:-1]] += discounts[min(count, 3)]  # lambda(h)
    return counts, discounts, total, left_over


class KneserNey:
    """An n-gram model with interpolated modified Kneser-Ney smoothing.

    Args: `tokens`, a str or a sequence of words; `order`, of the longest n-grams.
    Source: Chen and Goodman, 1999; equations (2.6) to (2.8) of the section.
    """

    def __init__(self, tokens, order):
        tokens = tokens if isinstance(tokens, str) else tuple(tokens)
        if not 1 <= order < len(tokens):
            needs = f"needs a text of more than {order} tokens, and must be at least 1"
            raise ValueError(f"order {order} {needs}: this text has {len(tokens)}")
        self.order, self.vocab = order, sorted(count_ngrams(tokens, 1))  # 1-grams
        counts = [lower_counts(tokens, n) for n in range(1, order)]
        counts.append(count_ngrams(tokens, order))
        self.tables = [kneser_ney_table(of_order) for of_order in counts]

    def prob(self, gram):
        """Return P(last token of `gram`, one of `vocab` | the others), from the latest `order`."""
        p = 1 / len(self.vocab)
        for n, table in enumerate(self.tables[: len(gram)], start=1):
            counts, discounts, total, left_over = table
            history = gram[-n:-1]
            if history not in total:
                break  # and longer ones are unseen as well
            count = counts[gram[-n:]]
            kept = max(count - discounts[min(count, 3)], 0)
            p = (kept + left_over[history] * p) / total[history]  # equation (2.6)
        return p
