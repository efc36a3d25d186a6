"""What the tests of layers share: gradients against finite differences, a layer with two states."""

from d2l_utils.rnn_scratch import RNNScratch

import numpy as onp
from mxnet import autograd, np


def gradient_errors(loss_of, arrays, eps=1e-5, most=None):
    """Yield, for each array, the largest error of its gradient and the gradient's largest entry.

    The error of an entry is how far it is from the slope of the loss between the entry less `eps`
    and the entry plus `eps`; with `most`, only so many entries of an array are tried, drawn at random.
    """
    with autograd.record():
        loss = loss_of()
    loss.backward()
    rng = onp.random.default_rng(0)
    for array in arrays:
        grad, errors = array.grad.asnumpy(), []
        for flat in rng.permutation(array.size)[:most]:
            index = onp.unravel_index(flat, array.shape)
            kept, sides = float(array[index]), []
            for moved in (kept + eps, kept - eps):
                array[index] = moved
                sides.append(float(loss_of()))
            array[index] = kept
            errors.append(abs((sides[0] - sides[1]) / (2 * eps) - grad[index]))
        yield onp.max(errors), abs(grad).max()  # not a number stays so


class TwoArrays(RNNScratch):
    """A layer whose state is two arrays, as that of an LSTM; the second counts the steps."""

    def begin_state(self, batch_size):
        return [*super().begin_state(batch_size), np.zeros((batch_size, 1))]

    def __call__(self, X, state):
        outputs, (h,) = super().__call__(X, state[:1])
        return outputs, [h, state[1] + len(X)]
