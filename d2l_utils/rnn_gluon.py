"""Saved by `make lib` from chapter_rnn/rnn-gluon.ipynb, which explains each definition.

Edit the notebook, not this file.
"""

import os
from pathlib import Path

import numpy as onp
from mxnet import gluon, init, np, npx


class LMGluon(gluon.Block):
    """A language model: one-hot tokens, a layer, dropout, a linear output.

    Args: `rnn`, a recurrent Gluon layer; `vocab_size` V; `dropout`, the share of
        outputs set to zero in training, the same at all steps of a row; `ctx`, a device.
    """

    def __init__(self, rnn, vocab_size, dropout=0.0, ctx=None):
        super().__init__()
        self.rnn, self.vocab_size, self.ctx = rnn, vocab_size, ctx
        self.dropout = gluon.nn.Dropout(dropout, axes=(0,))  # one mask a row
        self.output = gluon.nn.Dense(vocab_size, flatten=False)

    def begin_state(self, batch_size):
        """Return the layer's empty state, a list of arrays."""
        return self.rnn.begin_state(batch_size=batch_size, ctx=self.ctx)

    def grads(self):
        """Return the gradients of all parameters."""
        return [param.grad() for param in self.collect_params().values()]

    def forward(self, X, state):
        """Return logits, (T, B, V), for indices X, (B, T), and the new state."""
        inputs = npx.one_hot(np.array(X.T, "int32", ctx=self.ctx), self.vocab_size)
        outputs, state = self.rnn(inputs, state)  # (T, B, H)
        return self.output(self.dropout(outputs)), state  # (T, B, V)


def initialized(net, num_hiddens):
    """Draw the weights of an `LMGluon` from [-H**-0.5, H**-0.5]; return the net.

    Biases start as their layers say: at 0 unless a layer has an initializer for them.
    """
    net.initialize(init.Uniform(num_hiddens**-0.5), ctx=net.ctx, force_reinit=True)
    net(onp.zeros((1, 1)), net.begin_state(1))  # the first call settles all shapes
    return net


def adam_step(net):
    """Return a function of the learning rate that makes one step of Adam on the net's gradients."""
    trainer = gluon.Trainer(net.collect_params(), "adam")

    def step(lr):
        trainer.set_learning_rate(lr)
        trainer.step(1)  # the loss is a mean already

    return step


def save_parameters(net, path):
    """Write the parameters of a Gluon block to a NumPy .npz file, whole or not at all."""
    path, named = Path(path), net._collect_params_with_prefix()  # names without counters
    part = path.with_name(path.name + ".part")
    with open(part, "wb") as file:
        onp.savez(file, **{name: param.data().asnumpy() for name, param in named.items()})
    os.replace(part, path)


def load_parameters(net, path):
    """Set the parameters of an initialized Gluon block from a file of `save_parameters`.

    Raises ValueError, and changes nothing, where names or shapes are not those of the block.
    """
    named = net._collect_params_with_prefix()
    with onp.load(path, allow_pickle=False) as arrays:
        stored = {name: arrays[name] for name in arrays.files}
    shapes, expected = (
        {name: value.shape for name, value in table.items()} for table in (stored, named)
    )
    if shapes != expected:
        differing = sorted(shapes.items() ^ expected.items())
        raise ValueError(f"{path} holds another model: build the net that was saved. {differing}")
    for name, param in named.items():
        param.set_data(np.array(stored[name], dtype=param.dtype))
