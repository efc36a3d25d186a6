"""Saved by `make lib` from chapter_rnn/gru.ipynb, which explains each definition.

Edit the notebook, not this file.
"""

from d2l_utils.rnn_scratch import clip_gradients, linear, uniform_parameter

import numpy as onp
from mxnet import autograd, gluon, np, npx
from mxnet.gluon import nn, rnn


class GatedScratch:
    """Parameters and empty state of a layer whose parts stand side by side.

    Args: `num_inputs` D, `num_hiddens` H; `num_parts` K, gates and candidate;
        `num_states`, arrays in a state; `dtype` of the parameters.
    Parameters: `W_x` (D, KH), `W_h` (H, KH) and `b` (KH,).
    """

    def __init__(self, num_inputs, num_hiddens, num_parts, num_states, dtype):
        self.num_hiddens, self.num_states = num_hiddens, num_states
        width, bound = num_parts * num_hiddens, num_hiddens**-0.5
        self.W_x = uniform_parameter((num_inputs, width), bound, dtype)
        self.W_h = uniform_parameter((num_hiddens, width), bound, dtype)
        self.b = uniform_parameter((width,), 0, dtype)
        self.params = [self.W_x, self.W_h, self.b]

    def begin_state(self, batch_size):
        """Return the empty state, a list of zeros, each of shape (B, H)."""
        shape = (batch_size, self.num_hiddens)
        return [np.zeros(shape, self.b.dtype) for _ in range(self.num_states)]


def check_shapes(layer, X, state):
    """Raise ValueError if X is not (T, B, D), T > 0, or the state not a list of (B, H)."""
    num_inputs = len(layer.W_x)
    if X.ndim != 3 or X.shape[2] != num_inputs or len(X) == 0:
        wanted = f"(T, B, {num_inputs}), T > 0"
        raise ValueError(f"inputs of shape {X.shape}: give them as {wanted}")
    shapes = [s.shape for s in state]
    if shapes != [s.shape for s in layer.begin_state(X.shape[1])]:
        wanted = f"take begin_state({X.shape[1]})"
        raise ValueError(f"state of shapes {shapes}: {wanted}")


def gru_step(X_t, H, W_x, W_h, b, b_hh=None):
    """Return the state after a step, (B, H), by equations (8.1) to (8.3).

    Args: inputs `X_t` (B, D); the old state `H` (B, H); for each of reset gate, update
        gate and candidate `W_x` (H, D), `W_h` (H, H) and `b` (H,); `b_hh` (H,), the
        second bias of (8.4), which then replaces (8.2).
    """
    (W_xr, W_xz, W_xh), (W_hr, W_hz, W_hh), (b_r, b_z, b_h) = W_x, W_h, b
    R = npx.sigmoid(linear(X_t, W_xr, b_r) + np.dot(H, W_hr))  # (B, H)
    Z = npx.sigmoid(linear(X_t, W_xz, b_z) + np.dot(H, W_hz))  # (B, H)
    if b_hh is None:
        candidate = np.tanh(linear(X_t, W_xh, b_h) + np.dot(R * H, W_hh))
    else:
        again = R * (np.dot(H, W_hh) + b_hh)
        candidate = np.tanh(linear(X_t, W_xh, b_h) + again)
    return Z * H + (1 - Z) * candidate  # (B, H)


class GRUScratch(GatedScratch):
    """A layer of gated recurrent units, equations (8.1) to (8.4).

    Args: `num_inputs` D, `num_hiddens` H, `dtype`; `reset_after`, True for the candidate
        (8.4) of the fused layers, False for (8.2).
    Parameters: as in `GatedScratch`, in the order reset gate, update gate, candidate;
        with `reset_after` also `b_hh` (H,).
    Source: Cho et al., 2014.
    """

    def __init__(self, num_inputs, num_hiddens, reset_after=False, dtype="float32"):
        super().__init__(num_inputs, num_hiddens, 3, 1, dtype)
        self.b_hh = uniform_parameter((num_hiddens,), 0, dtype) if reset_after else None
        self.params += [self.b_hh] if reset_after else []

    def __call__(self, X, state):
        """Return all states, (T, B, H), for inputs (T, B, D), and the last in a list."""
        check_shapes(self, X, state)
        W_h, b = np.split(self.W_h, 3, axis=1), np.split(self.b, 3)  # (H, H), (H,)
        W_x = [W.T for W in np.split(self.W_x, 3, axis=1)]  # (H, D)
        (H,), outputs = state, []
        for X_t in X:  # (B, D)
            H = gru_step(X_t, H, W_x, W_h, b, self.b_hh)  # (B, H)
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
