"""Interpolated modified Kneser-Ney smoothing in its plainest form, as a yardstick for tests.

Source: Chen and Goodman, 1999, section 4.1.3; the discounts are their equation (26).
"""

from collections import Counter

import numpy as np


class KneserNey:
    """A model of order `order` (n-grams up to that length) of the characters of `text`."""

    def __init__(self, text, order):
        self.order, self.size = order, len(set(text))
        grams = {n: Counter(text[i : i + n] for i in range(len(text) - n + 1)) for n in range(1, order + 1)}
        # Below the highest order a gram counts once for every different character before it.
        below = {n: Counter(gram[1:] for gram in grams[n + 1]) for n in range(1, order)}
        self.levels = [self._level(below.get(n, grams[n])) for n in range(1, order + 1)]

    @staticmethod
    def _level(counts):
        n1, n2, n3, n4 = (sum(count == r for count in counts.values()) for r in (1, 2, 3, 4))
        discounts = np.array([0, 0.5, 0.5, 0.5])  # where a few grams are too few to estimate them
        if min(n1, n2, n3, n4) > 0:
            y = n1 / (n1 + 2 * n2)
            discounts = np.array([0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])
            discounts = discounts.clip(0, [0, 1, 2, 3])
        total, removed = Counter(), Counter()
        for gram, count in counts.items():
            total[gram[:-1]] += count
            removed[gram[:-1]] += discounts[min(count, 3)]
        return counts, discounts, total, removed

    def probability(self, context, character):
        p = 1 / self.size
        for n, (counts, discounts, total, removed) in enumerate(self.levels):
            history = context[len(context) - n :]
            if len(history) < n or history not in total:
                break
            count = counts[history + character]
            p = (max(count - discounts[min(count, 3)], 0) + removed[history] * p) / total[history]
        return p

    def perplexity(self, text, start):
        """Return the perplexity of text[start:], each character given those before it."""
        logs = [
            np.log(self.probability(text[max(0, i - self.order + 1) : i], text[i]))
            for i in range(start, len(text))
        ]
        return float(np.exp(-np.mean(logs)))
