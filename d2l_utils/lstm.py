"""Saved by `make lib` from chapter_rnn/lstm.ipynb, which explains each definition.

Edit the notebook, not this file.
"""

from d2l_utils.gru import GatedScratch, check_shapes
from d2l_utils.rnn_scratch import linear

import numpy as onp
from mxnet import np, npx


class LSTMScratch(GatedScratch):
    """A long short-term memory layer without peepholes, equations (9.1) to (9.5).

    Args: `num_inputs` D, `num_hiddens` H, `dtype`; `forget_bias`, where that bias starts.
    Parameters: in Gluon's order: input gate, forget gate, candidate, output gate.
    Source: Hochreiter and Schmidhuber, 1997; Gers, Schmidhuber and Cummins, 2000.
    """

    def __init__(self, num_inputs, num_hiddens, forget_bias=0.0, dtype="float32"):
        super().__init__(num_inputs, num_hiddens, 4, 2, dtype)
        self.b[num_hiddens : 2 * num_hiddens] = forget_bias

    def __call__(self, X, state):
        """Return H of all steps, (T, B, H), for X (T, B, D), and the last [H, C]."""
        check_shapes(self, X, state)
        (H, C), W_h, outputs = state, self.W_h.T, []
        for X_t in X:  # (B, D)
            A_t = np.dot(X_t, self.W_x) + linear(H, W_h, self.b)  # (B, 4H)
            i, f, g, o = np.split(A_t, 4, axis=1)  # (B, H)
            C = npx.sigmoid(f) * C + npx.sigmoid(i) * np.tanh(g)  # (B, H)
            H = npx.sigmoid(o) * np.tanh(C)  # (B, H)
            outputs.append(H)
        return np.stack(outputs), [H, C]  # (T, B, H), [(B, H), (B, H)]


def adding_batch(rng, batch_size, length):
    """Return sequences of numbers of which the two marked ones are to be added.

    Args: `rng`, a NumPy Generator; `length` T, at least 2.
    Returns: inputs, float32, shape (T, B, 2): numbers drawn evenly from [0, 1), and
        marks, 1 at one of the first T // 2 steps and at one of the others, and 0
        elsewhere; labels, float32, shape (B,): the sum of the two marked numbers.
    Raises ValueError where `batch_size` is below 1 or `length` below 2.
    Source: after Hochreiter and Schmidhuber, 1997, whose numbers lie in [-1, 1] and
        whose lengths vary.
    """
    if batch_size < 1 or length < 2:
        given = f"batch_size {batch_size}, length {length}"
        raise ValueError(f"{given}: give at least 1 and 2, for there are two marks")
    numbers = rng.random((length, batch_size), dtype="float32")  # (T, B)
    marks, rows = onp.zeros_like(numbers), onp.arange(batch_size)
    marks[rng.integers(0, length // 2, batch_size), rows] = 1
    marks[rng.integers(length // 2, length, batch_size), rows] = 1
    return onp.stack([numbers, marks], axis=2), (numbers * marks).sum(axis=0)
