"""Saved by `make lib` from chapter_rnn/sequence.ipynb, which explains each definition.

Edit the notebook, not this file.
"""

import random

import mxnet as mx
import numpy as onp


def set_seed(seed):
    """Start the random generators of MXNet, NumPy and Python from `seed`, an int in [0, 2**32)."""
    mx.random.seed(seed)
    onp.random.seed(seed)
    random.seed(seed)
