"""Saved by `make lib` from chapter_rnn/rnn-scratch.ipynb, which explains each definition.

Edit the notebook, not this file.
"""

import math

import numpy as onp
from mxnet import autograd, np, npx


def uniform_parameter(shape, bound, dtype="float32"):
    """Return a parameter with a gradient, its entries drawn evenly from [-bound, bound]."""
    parameter = np.random.uniform(-bound, bound, shape).astype(dtype)
    parameter.attach_grad()
    return parameter


def linear(X, W, b):
    """Return X W^T + b, shape (B, H), for X (B, D), W (H, D) and b (H,)."""
    return npx.fully_connected(X, W, b, num_hidden=len(b))


class RNNScratch:
    """A recurrent layer with tanh, equation (5.1).

    Args: `num_inputs` D, `num_hiddens` H, `dtype` of the parameters.
    """

    def __init__(self, num_inputs, num_hiddens, dtype="float32"):
        self.num_hiddens, bound = num_hiddens, num_hiddens**-0.5
        self.W_xh = uniform_parameter((num_inputs, num_hiddens), bound, dtype)
        self.W_hh = uniform_parameter((num_hiddens, num_hiddens), bound, dtype)
        self.b_h = uniform_parameter((num_hiddens,), 0, dtype)
        self.params = [self.W_xh, self.W_hh, self.b_h]

    def begin_state(self, batch_size):
        """Return the empty state, a list of one array of zeros, shape (B, H)."""
        return [np.zeros((batch_size, self.num_hiddens), dtype=self.b_h.dtype)]

    def __call__(self, X, state):
        """Return the states of all steps, shape (T, B, H), and the last one as a list.

        Args: `X`, inputs of shape (T, B, D); `state`, as `begin_state` gives it.
        """
        (H,), W_hh, outputs = state, self.W_hh.T, []  # turned round once, not at every step
        for X_t in X:  # (B, D)
            H = np.tanh(np.dot(X_t, self.W_xh) + linear(H, W_hh, self.b_h))  # (B, H)
            outputs.append(H)
        return np.stack(outputs), [H]  # (T, B, H), [(B, H)]


class LMScratch:
    """A language model: one-hot tokens, a recurrent layer, a linear output, equation (5.2).

    Args: `rnn`, a layer such as `RNNScratch(vocab_size, num_hiddens)`; `vocab_size` V.
    """

    def __init__(self, rnn, vocab_size, dtype="float32"):
        self.rnn, self.vocab_size, self.dtype = rnn, vocab_size, dtype
        bound = rnn.num_hiddens**-0.5
        self.W_hq = uniform_parameter((rnn.num_hiddens, vocab_size), bound, dtype)
        self.b_q = uniform_parameter((vocab_size,), 0, dtype)
        self.params = [*rnn.params, self.W_hq, self.b_q]

    def begin_state(self, batch_size):
        """Return the layer's empty state."""
        return self.rnn.begin_state(batch_size)

    def grads(self):
        """Return the gradients of all parameters."""
        return [param.grad for param in self.params]

    def __call__(self, X, state):
        """Return the logits, shape (T, B, V), and the new state.

        Args: `X`, token indices, a NumPy array of shape (B, T).
        """
        inputs = npx.one_hot(np.array(X.T, dtype="int32"), self.vocab_size, dtype=self.dtype)
        outputs, state = self.rnn(inputs, state)  # (T, B, H)
        return np.dot(outputs, self.W_hq) + self.b_q, state  # (T, B, V)


def cross_entropy(logits, Y):
    """Return the mean of -ln P(label) over all steps and rows, a scalar array in nats.

    Args: `logits`, shape (T, B, V); `Y`, labels, a NumPy array of shape (B, T).
    """
    labels = np.array(Y.T, dtype="int32", ctx=logits.ctx)  # (T, B)
    return -npx.pick(npx.log_softmax(logits, axis=-1), labels).mean()


def clip_gradients(grads, max_norm):
    """Scale gradients in place so that their norm together is at most `max_norm`.

    Args: `grads`, a list of arrays; `max_norm`, the limit theta of equation (5.3).
    Returns: float, the norm before clipping.
    Source: Pascanu, Mikolov and Bengio, 2013.
    """
    # In NumPy, whose sum of squares is faster than MXNet's for arrays of this size.
    norm = float(onp.linalg.norm([onp.linalg.norm(grad.asnumpy()) for grad in grads]))
    if norm > max_norm:
        for grad in grads:
            grad *= max_norm / norm
    return norm


def sgd(params, lr):
    """Make one step of gradient descent in place."""
    for param in params:
        param -= lr * param.grad


def train_epoch(model, batches, step, max_norm=1.0, carry_state=True):
    """Train on minibatches once; return the perplexity that they had, each before its step.

    Args: `model`, with `begin_state`, `grads` and a call like `LMScratch`; `batches`, an iterable of
        inputs and labels, each (B, T); `step`, called after each backward pass; `max_norm`, the
        limit for clipping; `carry_state`, False to start each minibatch from an empty state.
    """
    state, total, count = None, 0.0, 0
    for X, Y in batches:
        if state is None or not carry_state:
            state = model.begin_state(len(X))
        state = [s.detach() for s in state]
        with autograd.record():
            logits, state = model(X, state)
            loss = cross_entropy(logits, Y)
        loss.backward()
        clip_gradients(model.grads(), max_norm)
        step()
        total, count = total + float(loss) * Y.size, count + Y.size
    if not count:
        raise ValueError("no minibatch to train on: an iterator can be used once only")
    return math.exp(total / count)


def evaluate(model, ids, num_steps=256):
    """Return the perplexity of a model on token indices of shape (N,), read as one stream."""
    if len(ids) < 2:
        raise ValueError("a text of fewer than two tokens leaves nothing to predict")
    state, total = model.begin_state(1), 0.0
    for start in range(0, len(ids) - 1, num_steps):
        Y = ids[None, start + 1 : start + 1 + num_steps]  # (1, T), the last one may be shorter
        logits, state = model(ids[None, start : start + Y.shape[1]], state)
        total += float(cross_entropy(logits, Y)) * Y.size
    return math.exp(total / (len(ids) - 1))


def train(model, train_ids, valid_ids, step, sampling, num_epochs, lr, seed=0, **options):
    """Train and return perplexities, (num_epochs, 2): training during, validation after each epoch.

    Args: `valid_ids`, None to save the time of evaluation; `step`, called with the learning rate,
        which falls in equal steps from `lr` to `lr / num_epochs`; `sampling`, such as `random_batches`;
        `seed`, of the minibatches; `options`, those of `train_epoch`, and `batch_size` and
        `num_steps`, 32 each if not given.
    """
    rng, scores = onp.random.default_rng(seed), []
    shape = options.pop("batch_size", 32), options.pop("num_steps", 32)
    for epoch in range(num_epochs):
        rate = lr * (1 - epoch / num_epochs)
        batches = sampling(train_ids, *shape, rng)
        score = train_epoch(model, batches, lambda rate=rate: step(rate), **options)
        scores.append((score, math.nan if valid_ids is None else evaluate(model, valid_ids)))
    return onp.array(scores)


def generate(model, vocab, prefix, num_tokens, temperature=1.0, rng=None):
    """Return the tokens of `prefix` and num_tokens more, as a list of str.

    Args: `prefix`, a str of characters or a list of words, at least one; `temperature`, tau of
        equation (5.4), 0 for the likeliest token; `rng`, a NumPy Generator where tau > 0.
    """
    if not len(prefix):
        raise ValueError("the prefix is empty: give the network at least one token to read")
    if temperature < 0 or (temperature > 0 and rng is None):
        raise ValueError("a temperature is 0 or more, and above 0 it needs a NumPy Generator as rng")
    ids = vocab[list(prefix)]
    logits, state = model(onp.array([ids]), model.begin_state(1))  # warm-up
    for _ in range(num_tokens):
        scores = logits[-1, 0].asnumpy().astype("float64")  # (V,)
        if temperature == 0:
            ids.append(int(scores.argmax()))
        else:
            weights = onp.exp((scores - scores.max()) / temperature)
            ids.append(int(rng.choice(len(weights), p=weights / weights.sum())))
        logits, state = model(onp.array([ids[-1:]]), state)
    return vocab.to_tokens(ids)
