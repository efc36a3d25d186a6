"""Saved by `make lib` from chapter_rnn/deep-rnn.ipynb, which explains each definition.

Edit the notebook, not this file.
"""

from mxnet import autograd, np
from mxnet.gluon import nn


def dropout(X, p):
    """Set entries to zero with probability p, divide others by 1 - p, as in (10.4).

    Does so in training only, that is inside `autograd.record()`; else it returns X.
    """
    if p == 0 or not autograd.is_training():
        return X
    kept = np.random.uniform(0, 1, X.shape, ctx=X.ctx) >= p
    return X * kept.astype(X.dtype) / (1 - p)


def split_state(state, counts):
    """Return a flat state as one list a layer, of the lengths in `counts`."""
    if len(state) != sum(counts):
        raise ValueError(f"{len(state)} arrays are no state: use begin_state")
    arrays = iter(state)
    return [[next(arrays) for _ in range(count)] for count in counts]


class StackedScratch:
    """Recurrent layers on top of each other, equation (10.1), dropout between them.

    Args: `layers`, lowest first, with the interface of `RNNScratch`, each with as
        many inputs as the layer below has hidden units; `p`, as in equation (10.4).
    """

    def __init__(self, layers, p=0.0):
        if not layers or not 0 <= p < 1:
            given = f"{len(layers)} layers, p = {p}"
            raise ValueError(f"{given}: take at least one layer, 0 <= p < 1")
        self.layers, self.p, self.num_hiddens = layers, p, layers[-1].num_hiddens
        self.params = [param for layer in layers for param in layer.params]
        self.counts = [len(layer.begin_state(1)) for layer in layers]  # of arrays

    def begin_state(self, batch_size):
        """Return the empty states of all layers, lowest first, as one flat list."""
        return [s for layer in self.layers for s in layer.begin_state(batch_size)]

    def __call__(self, X, state):
        """Return the states of the highest layer, (T, B, H), and the new flat list.

        Args: `X`, inputs of shape (T, B, D); `state`, as `begin_state` gives it.
        """
        new, parts = [], split_state(state, self.counts)
        for number, (layer, own) in enumerate(zip(self.layers, parts, strict=True)):
            X, own = layer(dropout(X, self.p) if number else X, own)  # (T, B, H)
            new += own
        return X, new


def stack_parts(kind, num_hiddens, num_layers, dropout, input_size, **options):
    """Return the layers of a `StackedRNN`, lowest first, and its layer of dropout.

    Args: `kind`, `rnn.RNN`, `rnn.GRU` or `rnn.LSTM`; `num_hiddens` H; `num_layers`
        L; `dropout`, p of equation (10.4); `input_size`, the number of inputs, 0 to
        find it in the first call; `options` of a layer, as `activation="tanh"`.
    """
    if num_layers < 1 or not 0 <= dropout < 1:
        given = f"{num_layers} layers, dropout {dropout}"
        raise ValueError(f"{given}: take at least one layer, 0 <= dropout < 1")
    layers = []
    for _ in range(num_layers):
        layers.append(kind(num_hiddens, input_size=input_size, **options))
        input_size = num_hiddens * (2 if options.get("bidirectional") else 1)
    return layers, nn.Dropout(dropout)


class StackedRNN(nn.Block):
    """Gluon's layers on top of each other, equation (10.1), dropout between them.

    Args: those of `stack_parts`.
    """

    def __init__(
        self, kind, num_hiddens, num_layers, dropout=0.0, input_size=0, **options
    ):
        super().__init__()
        self.layers, self.dropout = stack_parts(
            kind, num_hiddens, num_layers, dropout, input_size, **options
        )
        for number, layer in enumerate(self.layers):
            self.register_child(layer, f"layer{number}")

    def begin_state(self, batch_size, **options):
        """Return the empty states, (1, B, H) each, or (2, B, H) if read both ways."""
        states = [layer.begin_state(batch_size, **options) for layer in self.layers]
        return [s for state in states for s in state]

    def forward(self, X, state):
        """Map X (T, B, D) to the top layer's states (T, B, H or 2H) and a new list."""
        counts = [len(layer.state_info()) for layer in self.layers]  # of arrays
        new, parts = [], split_state(state, counts)
        for number, (layer, own) in enumerate(zip(self.layers, parts, strict=True)):
            X, own = layer(self.dropout(X) if number else X, own)  # (T, B, H)
            new += own
        return X, new
