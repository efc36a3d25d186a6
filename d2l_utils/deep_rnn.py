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
        if len(state) != sum(self.counts):
            raise ValueError(f"{len(state)} arrays are no state: use begin_state")
        new = []
        for number, layer in enumerate(self.layers):
            own = state[len(new) : len(new) + self.counts[number]]
            X, own = layer(dropout(X, self.p) if number else X, own)  # (T, B, H)
            new += own
        return X, new


class StackedRNN(nn.Block):
    """Gluon's layers on top of each other, equation (10.1), dropout between them.

    Args: `kind`, `rnn.RNN`, `rnn.GRU` or `rnn.LSTM`; `num_hiddens` H; `num_layers`
        L; `dropout`, p of equation (10.4); `input_size`, the number of inputs, 0 to
        find it in the first call; `options` of a layer, as `activation="tanh"`.
    """

    def __init__(
        self, kind, num_hiddens, num_layers, dropout=0.0, input_size=0, **options
    ):
        super().__init__()
        if num_layers < 1 or not 0 <= dropout < 1:
            given = f"{num_layers} layers, dropout {dropout}"
            raise ValueError(f"{given}: take at least one layer, 0 <= dropout < 1")
        self.dropout, self.layers = nn.Dropout(dropout), []
        for number in range(num_layers):
            layer = kind(num_hiddens, input_size=input_size, **options)
            self.register_child(layer, f"layer{number}")
            self.layers.append(layer)
            input_size = num_hiddens * (2 if options.get("bidirectional") else 1)

    def begin_state(self, batch_size, **options):
        """Return the empty states of all layers, lowest first, as one flat list.

        Each has shape (1, B, H). `options`: those of Gluon's layers, such as `ctx`.
        """
        states = [layer.begin_state(batch_size, **options) for layer in self.layers]
        return [s for state in states for s in state]

    def forward(self, X, state):
        """Return the states of the highest layer, (T, B, H), and the new flat list.

        Args: `X`, inputs of shape (T, B, D); `state`, as `begin_state` gives it.
        """
        (count, rest), new = divmod(len(state), len(self.layers)), []
        if rest or not count:
            raise ValueError(f"{len(state)} arrays are no state: use begin_state")
        for number, layer in enumerate(self.layers):
            own = state[number * count : (number + 1) * count]
            X, own = layer(self.dropout(X) if number else X, own)  # (T, B, H)
            new += own
        return X, new
