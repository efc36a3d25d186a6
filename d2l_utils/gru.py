"""Saved by `make lib` from chapter_rnn/gru.ipynb, which explains each definition.

Edit the notebook, not this file.
"""

from d2l_utils.rnn_scratch import clip_gradients, uniform_parameter

import numpy as onp
from mxnet import autograd, gluon, np, npx
from mxnet.gluon import nn, rnn


class GRUScratch:
    """A layer of gated recurrent units, equations (8.1) to (8.4).

    Args: `num_inputs` D, `num_hiddens` H; `reset_after`, True for the candidate
        (8.4) of the fused layers, False for (8.2); `dtype` of the parameters.
    Parameters: `W_x` (D, 3H), `W_h` (H, 3H) and `b` (3H,), with reset gate, update
        gate and candidate side by side; with `reset_after` also `b_hh` (H,).
    Source: Cho et al., 2014.
    """

    def __init__(self, num_inputs, num_hiddens, reset_after=False, dtype="float32"):
        self.num_hiddens, self.reset_after = num_hiddens, reset_after
        width, bound = 3 * num_hiddens, num_hiddens**-0.5
        self.W_x = uniform_parameter((num_inputs, width), bound, dtype)
        self.W_h = uniform_parameter((num_hiddens, width), bound, dtype)
        self.b = uniform_parameter((width,), 0, dtype)
        self.params = [self.W_x, self.W_h, self.b]
        if reset_after:
            self.b_hh = uniform_parameter((num_hiddens,), 0, dtype)
            self.params.append(self.b_hh)

    def begin_state(self, batch_size):
        """Return the empty state, a list of one array of zeros, shape (B, H)."""
        return [np.zeros((batch_size, self.num_hiddens), dtype=self.b.dtype)]

    def __call__(self, X, state):
        """Return all states, shape (T, B, H), and the last one as a list.

        Args: `X`, inputs of shape (T, B, D); `state`, as `begin_state` gives it.
        """
        D = len(self.W_x)
        if X.ndim != 3 or X.shape[2] != D:
            raise ValueError(f"inputs of shape {X.shape}: give them as (T, B, {D})")
        (T, B, _), (H,), outputs = X.shape, state, []
        if H.shape != (B, self.num_hiddens):
            raise ValueError(f"state of shape {H.shape}: take begin_state({B})")
        rows = np.dot(X.reshape(T * B, D), self.W_x) + self.b  # (T * B, 3H)
        parts = [np.split(part, T) for part in np.split(rows, 3, axis=1)]
        W_hr, W_hz, W_hh = np.split(self.W_h, 3, axis=1)  # (H, H)
        for X_r, X_z, X_h in zip(*parts, strict=True):  # (B, H)
            R = npx.sigmoid(X_r + np.dot(H, W_hr))
            Z = npx.sigmoid(X_z + np.dot(H, W_hz))
            if self.reset_after:
                candidate = np.tanh(X_h + R * (np.dot(H, W_hh) + self.b_hh))
            else:
                candidate = np.tanh(X_h + np.dot(R * H, W_hh))
            H = Z * H + (1 - Z) * candidate  # (B, H)
            outputs.append(H)
        return np.stack(outputs), [H]  # (T, B, H), [(B, H)]


def set_update_bias(layer, bias):
    """Set the bias of the update gates of an initialized `rnn.GRU` layer.

    Positive values make it keep its state at first: z = 1 / (1 + exp(-bias)).
    Raises ValueError for a layer of another kind, whose biases mean something else.
    """
    if not isinstance(layer, rnn.GRU):
        kind = type(layer).__name__
        raise ValueError(f"{kind} has no update gate: give an rnn.GRU")
    for param in layer.collect_params(".*i2h_bias").values():
        reset, update, candidate = np.split(param.data(), 3)
        update = np.full_like(update, bias)
        param.set_data(np.concatenate([reset, update, candidate]))


def recall_batch(rng, batch_size, lag, num_symbols):
    """Return sequences whose marked first symbol is to be named `lag` steps later.

    Args: `rng`, a NumPy Generator; `batch_size` B; `num_symbols` K to choose from.
    Returns: inputs, float32, shape (lag + 1, B, K + 1): one-hot symbols, and in the
        last column a mark, 1 at the first step and 0 later; labels, int32, (B,).
    Raises ValueError where `lag` or B is below 1, or K below 2.
    """
    if min(lag, batch_size, num_symbols - 1) < 1:
        given = f"lag {lag}, batch_size {batch_size}, num_symbols {num_symbols}"
        raise ValueError(f"{given}: give at least 1, 1 and 2")
    symbols = rng.integers(0, num_symbols, (lag + 1, batch_size))  # (T, B)
    inputs = onp.zeros((lag + 1, batch_size, num_symbols + 1), "float32")
    inputs[..., :-1] = onp.eye(num_symbols)[symbols]
    inputs[0, :, -1] = 1
    return inputs, symbols[0].astype("int32")


class LastStep(nn.Block):
    """A recurrent Gluon layer, and a linear output of its last step.

    Args: `layer`, such as `rnn.GRU(num_hiddens)`; `num_outputs` Q.
    """

    def __init__(self, layer, num_outputs):
        super().__init__()
        self.layer, self.output = layer, nn.Dense(num_outputs)

    def forward(self, X):
        """Return the outputs, shape (B, Q), for inputs of shape (T, B, D)."""
        state = self.layer.begin_state(batch_size=X.shape[1])
        outputs, _ = self.layer(X, state)  # (T, B, H)
        return self.output(outputs[-1])  # (B, Q)


def train_task(net, make_batch, loss_function, num_batches, lr, max_norm=1.0):
    """Train an initialized Gluon block with Adam; return each minibatch's loss.

    Args: `make_batch`, a function without arguments that returns new inputs, an
        array of shape (T, B, D), and labels; `loss_function`, of the outputs and
        the labels, a scalar array; `lr`, the learning rate; `max_norm`, the limit
        for clipping.
    Returns: list of float.
    """
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": lr})
    losses = []
    for _ in range(num_batches):
        inputs, labels = make_batch()
        with autograd.record():
            loss = loss_function(net(np.array(inputs, "float32")), labels)
        loss.backward()
        clip_gradients([p.grad() for p in net.collect_params().values()], max_norm)
        trainer.step(1)  # the loss is a mean already
        losses.append(float(loss))
    return losses
