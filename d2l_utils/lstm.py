"""Saved by `make lib` from chapter_rnn/lstm.ipynb, which explains each definition.

Edit the notebook, not this file.
"""

from d2l_utils.rnn_scratch import uniform_parameter

import numpy as onp
from mxnet import np, npx


class LSTMScratch:
    """A long short-term memory layer without peepholes, equations (9.1) to (9.5).

    Args: `num_inputs` D, `num_hiddens` H; `forget_bias`, the value at which the
        forget gate's bias starts; `dtype` of the parameters.
    Parameters: `W_x` (D, 4H), `W_h` (H, 4H) and `b` (4H,), with input gate, forget
        gate, candidate and output gate side by side, in the order of Gluon's layer.
    Source: Hochreiter and Schmidhuber, 1997; Gers, Schmidhuber and Cummins, 2000.
    """

    def __init__(self, num_inputs, num_hiddens, forget_bias=0.0, dtype="float32"):
        self.num_hiddens = num_hiddens
        width, bound = 4 * num_hiddens, num_hiddens**-0.5
        self.W_x = uniform_parameter((num_inputs, width), bound, dtype)
        self.W_h = uniform_parameter((num_hiddens, width), bound, dtype)
        self.b = uniform_parameter((width,), 0, dtype)
        self.b[num_hiddens : 2 * num_hiddens] = forget_bias
        self.params = [self.W_x, self.W_h, self.b]

    def begin_state(self, batch_size):
        """Return the empty state, a list of H and C, zeros of shape (B, H)."""
        shape = (batch_size, self.num_hiddens)
        return [np.zeros(shape, dtype=self.b.dtype) for _ in ("H", "C")]

    def __call__(self, X, state):
        """Return H of all steps, shape (T, B, H), and the last state, [H, C].

        Args: `X`, inputs of shape (T, B, D); `state`, as `begin_state` gives it.
        """
        num_inputs, width = self.W_x.shape
        if X.ndim != 3 or X.shape[2] != num_inputs or len(X) == 0:
            shape = f"(T, B, {num_inputs}), T > 0"
            raise ValueError(f"inputs {X.shape}: give them as {shape}")
        if len(state) != 2:
            raise ValueError(
                f"{len(state)} states: give H and C, as begin_state does"
            )
        (H, C), outputs = state, []
        A = npx.fully_connected(
            X, self.W_x.T, self.b, num_hidden=width, flatten=False
        )  # (T, B, 4H)
        for A_t in np.split(A, len(X)):  # (1, B, 4H)
            i, f, g, o = np.split(A_t[0] + np.dot(H, self.W_h), 4, axis=1)  # (B, H)
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
