"""What the section on sequence models saves for later sections."""

import random

from d2l_utils.sequence import set_seed

import mxnet as mx
import numpy as np


def draws():
    return [mx.nd.random.uniform(shape=3).asnumpy().tolist(), np.random.rand(3).tolist(), random.random()]


def test_one_seed_starts_all_three_generators():
    set_seed(7)
    first = draws()
    second = draws()
    set_seed(7)
    again = draws()
    set_seed(8)
    other = draws()
    assert first == again
    assert all(a != b for a, b in zip(first, second, strict=True))
    assert all(a != b for a, b in zip(first, other, strict=True))
