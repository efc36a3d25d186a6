"""Saved by `make lib` from chapter_rnn/encoder-decoder.ipynb, which explains each definition.

Edit the notebook, not this file.
"""

import numpy as onp
from mxnet import np, npx
from mxnet.gluon import nn


class Encoder(nn.Block):
    """Reads source sentences; a subclass says how."""

    def forward(self, src, src_len):
        """Return the encoding, a list of arrays with the rows on axis 0.

        Args: `src`, token indices, a NumPy array of shape (B, S); `src_len`, the
            number of real tokens in each row, (B,).
        """
        raise NotImplementedError("a subclass of Encoder has to define forward")


class Decoder(nn.Block):
    """Writes target sentences, given an encoding; a subclass says how."""

    def init_state(self, encoding):
        """Return the first state, a list of arrays with the rows on axis 0."""
        raise NotImplementedError("a subclass of Decoder has to define init_state")

    def forward(self, tgt, state):
        """Return the logits of the next tokens, (T, B, V), and the new state.

        Args: `tgt`, token indices, a NumPy array of shape (B, T); `state`, a list
            from `init_state` or from an earlier call.
        """
        raise NotImplementedError("a subclass of Decoder has to define forward")


class EncoderDecoder(nn.Block):
    """A network of two halves. Args: an `Encoder` and a `Decoder`."""

    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def encode(self, src, src_len):
        """Return the decoder's first state. Args: those of the encoder."""
        return self.decoder.init_state(self.encoder(src, src_len))

    def forward(self, src, src_len, tgt):
        """Return the logits, (T, B, V), with the right target tokens as inputs.

        Args: `src`, (B, S), and `src_len`, (B,), those of the encoder; `tgt`, the
            decoder's inputs, a NumPy array of shape (B, T) that begins with
            `<bos>`.
        """
        logits, _ = self.decoder(tgt, self.encode(src, src_len))
        return logits  # (T, B, V)

    def grads(self):
        """Return the gradients of all parameters."""
        return [param.grad() for param in self.collect_params().values()]


def greedy(net, src, src_len, bos, eos, max_len):
    """Write the likeliest token, step by step, for all rows; return B lists of int.

    Args: `net`, an `EncoderDecoder`; `src`, (B, S), and `src_len`, (B,), those of
        the encoder; `bos`, `eos`, indices of the tokens that begin and end a
        target; `max_len`, the most tokens that a list may have. `bos` and `eos` are
        not in the lists.
    """
    state, tokens = net.encode(src, src_len), onp.full((len(src), 1), bos)  # (B, 1)
    outputs, finished = [[] for _ in src], onp.zeros(len(src), dtype=bool)  # (B,)
    for _ in range(max_len):
        logits, state = net.decoder(tokens, state)  # (1, B, V)
        tokens = logits[-1].asnumpy().argmax(axis=-1)[:, None]  # (B, 1)
        finished |= tokens[:, 0] == eos
        if finished.all():
            break
        for row in onp.flatnonzero(~finished):
            outputs[row].append(int(tokens[row, 0]))
    return outputs


def masked_cross_entropy(logits, labels, valid_len):
    """Return the mean of -ln P(label) over the real tokens, a scalar array in nats.

    Args: `logits`, (T, B, V); `labels`, a NumPy array of shape (B, T); `valid_len`,
        how many labels of each row are real, (B,).
    Raises: ValueError where the shapes do not fit, or no token or more than T are
        real.
    """
    (T, B, _), valid_len = logits.shape, onp.asarray(valid_len)
    if labels.shape != (B, T) or valid_len.shape != (B,):
        found = f"labels {labels.shape} and valid_len {valid_len.shape}"
        raise ValueError(f"these logits need {(B, T)} and {(B,)}: not {found}")
    if valid_len.min() < 0 or not 0 < valid_len.max() <= T:
        raise ValueError(f"valid_len must be from 0 to {T}, not all 0: {valid_len}")
    real = onp.arange(T)[:, None] < valid_len  # (T, B)
    mask = np.array(real, dtype="float32", ctx=logits.ctx)  # (T, B)
    targets = np.array(labels.T, dtype="int32", ctx=logits.ctx)  # (T, B)
    losses = -npx.pick(npx.log_softmax(logits, axis=-1), targets)  # (T, B)
    return (losses * mask).sum() / int(real.sum())


def last_valid(outputs, valid_len):
    """Return the output at the last real step of each row, (B, H).

    Args: `outputs`, (T, B, H); `valid_len`, integers of shape (B,) from 1 to T.
    Raises: ValueError for a length that is out of range.
    """
    (T, B, _), valid_len = outputs.shape, onp.asarray(valid_len)
    if valid_len.shape != (B,) or valid_len.min() < 1 or valid_len.max() > T:
        raise ValueError(f"valid_len needs {B} lengths from 1 to {T}: {valid_len}")
    return outputs[valid_len - 1, onp.arange(B)]  # (B, H)
