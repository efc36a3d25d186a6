"""Saved by `make lib` from chapter_rnn/bi-rnn.ipynb, which explains each definition.

Edit the notebook, not this file.
"""

from d2l_utils.lang_model_dataset import random_batches
from d2l_utils.rnn_gluon import adam_step
from d2l_utils.rnn_scratch import clip_gradients

import numpy as onp
from mxnet import autograd, np, npx
from mxnet.gluon import nn


def check_hmm(pi, A, E, x):
    """Raise ValueError where the arrays or symbols of a model do not fit."""
    if A.shape != pi.shape * 2 or E.ndim != 2 or len(E) != len(pi):
        shapes = f"{pi.shape}, {A.shape}, {E.shape}"
        raise ValueError(f"shapes of pi, A, E {shapes}: give (k,), (k, k), (k, S)")
    if len(x) == 0 or x.min() < 0 or x.max() >= E.shape[1]:
        raise ValueError(f"x: give one symbol or more, from 0 to {E.shape[1] - 1}")


def shares(log_weights):
    """Return exp(log_weights), each row divided by its sum."""
    sums = onp.logaddexp.reduce(log_weights, axis=-1, keepdims=True)
    return onp.exp(log_weights - sums)


def forward_backward(pi, A, E, x):
    """Return filtering and smoothing posteriors, each (T, k), and ln P(x), a float.

    Args: `pi`, shape (k,), `A`, (k, k), and `E`, (k, S) for S symbols, see equation
        (11.1); `x`, the symbols observed, numbers from 0 to S - 1, shape (T,).
    Raises ValueError where these do not fit, or the model cannot produce `x`.
    Source: Rabiner, 1989; equations (11.2) to (11.4), in logarithms.
    """
    pi, A, E, x = (onp.asarray(array) for array in (pi, A, E, x))
    check_hmm(pi, A, E, x)
    with onp.errstate(divide="ignore"):  # the logarithm of zero is minus infinity
        log_pi, log_A, log_E = onp.log(pi), onp.log(A), onp.log(E[:, x].T)  # (T, k)
    alpha, beta = onp.empty_like(log_E), onp.zeros_like(log_E)  # (T, k)
    alpha[0] = log_pi + log_E[0]
    for t in range(1, len(x)):
        joint = alpha[t - 1][:, None] + log_A  # (k, k), from row to column
        alpha[t] = onp.logaddexp.reduce(joint, axis=0) + log_E[t]
    for t in range(len(x) - 2, -1, -1):
        beta[t] = onp.logaddexp.reduce(log_A + log_E[t + 1] + beta[t + 1], axis=1)
    log_prob = float(onp.logaddexp.reduce(alpha[-1]))
    if log_prob == -onp.inf:
        raise ValueError("P(x) is zero under this model: smooth its counts")
    return shares(alpha), shares(alpha + beta), log_prob


class BiRNNScratch:
    """A bidirectional layer made of two layers, equations (11.5) and (11.6).

    Args: `forward_layer` and `backward_layer`, such as `RNNScratch(D, H)`.
    """

    def __init__(self, forward_layer, backward_layer):
        self.forward_layer, self.backward_layer = forward_layer, backward_layer
        self.num_hiddens = forward_layer.num_hiddens + backward_layer.num_hiddens
        self.params = [*forward_layer.params, *backward_layer.params]

    def begin_state(self, batch_size):
        """Return the empty states of both layers in one list, forward first."""
        ahead, back = self.forward_layer, self.backward_layer
        return [*ahead.begin_state(batch_size), *back.begin_state(batch_size)]

    def __call__(self, X, state):
        """Return outputs, (T, B, 2H), for X, (T, B, D), and the last states.

        Outputs are in order of time; the backward layer ends at the first step.
        """
        cut = len(self.forward_layer.begin_state(1))
        ahead, ahead_state = self.forward_layer(X, state[:cut])  # (T, B, H)
        back, back_state = self.backward_layer(X[::-1], state[cut:])  # from the end
        outputs = np.concatenate([ahead, back[::-1]], axis=-1)  # (T, B, 2H)
        return outputs, [*ahead_state, *back_state]


def read(layer, X):
    """Return the outputs of a Gluon layer that starts empty, shape (T, B, any).

    Args: `X`, inputs of shape (T, B, D).
    """
    empty = layer.begin_state(batch_size=X.shape[1], ctx=X.ctx, dtype=X.dtype)
    return layer(X, empty)[0]


def checked_lengths(valid_len, T, B):
    """Return valid lengths as integers, shape (B,), or raise ValueError."""
    given = onp.asarray(getattr(valid_len, "asnumpy", lambda: valid_len)())
    if given.shape != (B,):
        raise ValueError(f"valid_len has shape {given.shape}, should have ({B},)")
    lengths = given.astype("int64")
    if (lengths != given).any() or (lengths < 0).any() or (lengths > T).any():
        raise ValueError(f"valid_len {given.tolist()}: give integers from 0 to {T}")
    return lengths


def reverse_valid(X, valid_len):
    """Turn each row round within its valid length, equation (11.7).

    Args: `X`, an array of shape (T, B, D); `valid_len`, whole numbers from 0 to T,
        one a row, shape (B,), a list or an array of NumPy or MXNet.
    Returns: an array like `X`, its padding in place; gradients flow through it.
    Raises ValueError where the lengths do not fit `X`.
    """
    T, B = X.shape[:2]
    n, t = checked_lengths(valid_len, T, B), onp.arange(T)[:, None]  # (B,), (T, 1)
    source = onp.where(t < n, n - 1 - t, t)  # (T, B), steps counted from 0
    rows = onp.broadcast_to(onp.arange(B), (T, B))
    places = onp.stack([source, rows])  # (2, T, B)
    return npx.gather_nd(X, np.array(places, dtype="int32", ctx=X.ctx))


class BiRNN(nn.Block):
    """A bidirectional layer for rows of different lengths, see equation (11.7).

    Args: `forward_layer` and `backward_layer`, two Gluon layers of one direction,
        such as `rnn.GRU(num_hiddens)`, each with weights of its own.
    """

    def __init__(self, forward_layer, backward_layer):
        super().__init__()
        if forward_layer is backward_layer:
            raise ValueError("the directions share one layer: give two layers")
        self.forward_layer, self.backward_layer = forward_layer, backward_layer

    def forward(self, X, valid_len=None):
        """Return outputs in the order of time, shape (T, B, 2H), zero at padding.

        Args: `X`, (T, B, D); `valid_len`, see `reverse_valid`, or None for all.
        """
        T, B = X.shape[:2]
        n = checked_lengths([T] * B if valid_len is None else valid_len, T, B)
        ahead = read(self.forward_layer, X)  # (T, B, H)
        back = reverse_valid(read(self.backward_layer, reverse_valid(X, n)), n)
        outputs = np.concatenate([ahead, back], axis=-1)  # (T, B, 2H)
        valid = (onp.arange(T)[:, None] < n)[:, :, None]  # (T, B, 1)
        return outputs * np.array(valid, dtype=outputs.dtype, ctx=X.ctx)


def hide(ids, share, mask_id, rng):
    """Return `ids`, some replaced by `mask_id`, and where that was done, as bool.

    Args: `ids`, token indices, a NumPy array of any shape; `share`, the probability
        of a token to be hidden, between 0 and 1; `rng`, a NumPy Generator.
    """
    if not 0 < share < 1:
        raise ValueError(f"share is {share}: give a probability between 0 and 1")
    hidden = rng.random(ids.shape) < share
    return onp.where(hidden, mask_id, ids), hidden


class Restorer(nn.Block):
    """Logits for every token of a text in which some are hidden.

    Args: `layer`, a recurrent Gluon layer with V + 1 inputs; `vocab_size` V, which
        is also the index of the mask.
    """

    def __init__(self, layer, vocab_size):
        super().__init__()
        self.layer, self.vocab_size = layer, vocab_size
        self.output = nn.Dense(vocab_size, flatten=False)

    def grads(self):
        """Return the gradients of all parameters."""
        return [param.grad() for param in self.collect_params().values()]

    def forward(self, ids):
        """Return logits, shape (T, B, V), for indices in NumPy, shape (B, T)."""
        inputs = npx.one_hot(np.array(ids.T, dtype="int32"), self.vocab_size + 1)
        return self.output(read(self.layer, inputs))  # (T, B, V)


def hidden_loss(logits, Y, hidden):
    """Return the mean of -ln P(label) over hidden tokens, a scalar array in nats.

    Args: `logits`, shape (T, B, V); `Y`, labels, and `hidden`, bool, NumPy, (B, T).
    """
    labels = np.array(Y.T, dtype="int32")  # (T, B)
    weights = np.array(hidden.T, dtype="float32")  # (T, B)
    log_p = npx.pick(npx.log_softmax(logits), labels)  # (T, B)
    return -(log_p * weights).sum() / max(1, hidden.sum())


def train_restorer(net, ids, share, num_epochs, lr, seed=0, shape=(32, 64)):
    """Train a `Restorer` with Adam on indices of shape (N,), hiding some at random.

    Args: `share` of the tokens that are hidden; `lr`, falling in a line to zero;
        `seed` of the minibatches and of what is hidden; `shape`, (B, T).
    """
    rng, step = onp.random.default_rng(seed), adam_step(net)
    for epoch in range(num_epochs):
        windows = [Y for Y, _ in random_batches(ids, *shape, rng)]
        for i, Y in enumerate(windows):  # (B, T)
            X, hidden = hide(Y, share, net.vocab_size, rng)
            with autograd.record():
                logits = net(X)  # (T, B, V)
                loss = hidden_loss(logits, Y, hidden)
            loss.backward()
            clip_gradients(net.grads(), max_norm=1.0)
            step(lr * (1 - (epoch + i / len(windows)) / num_epochs))
