"""Gluon's recurrent layers, and ours, against PyTorch's with the same weights.

PyTorch is no dependency of the chapter: where it is missing these tests are skipped, except in CI.
"""

import os

from d2l_utils.gru import GRUScratch
from d2l_utils.lstm import LSTMScratch
from d2l_utils.rnn_scratch import RNNScratch

import numpy as onp
import pytest
from mxnet import autograd, np, npx
from mxnet.gluon import rnn

if os.environ.get("CI"):
    import torch
else:
    torch = pytest.importorskip("torch")

D, H, B, T = 5, 7, 3, 6
GLUON = {"rnn": rnn.RNN, "gru": rnn.GRU, "lstm": rnn.LSTM}
TORCH = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}


@pytest.fixture(autouse=True)
def numpy_mode():
    npx.set_np()
    torch.manual_seed(0)


def draw(*shape):
    return onp.random.default_rng(sum(shape)).normal(size=shape).astype("float32")


def run_ours(layer, state, X, weights):
    """Return outputs, last states and the gradient of the inputs; leaves those of the parameters."""
    X = np.array(X)
    X.attach_grad()
    with autograd.record():
        outputs, states = layer(X, state)
        loss = (outputs * np.array(weights)).sum() + sum(np.square(s).sum() for s in states)
    loss.backward()
    return [outputs, *states, X.grad]


def run_theirs(layer, X, weights):
    X = torch.tensor(X, requires_grad=True)
    outputs, states = layer(X)
    states = states if isinstance(states, tuple) else (states,)
    loss = (outputs * torch.tensor(weights)).sum() + sum((s**2).sum() for s in states)
    loss.backward()
    return [outputs, *states, X.grad]


def assert_close(ours, theirs):
    ours, theirs = ours.asnumpy(), theirs.detach().numpy()
    onp.testing.assert_allclose(ours.reshape(theirs.shape), theirs, rtol=1e-4, atol=1e-5)


def torch_name(name):
    """Return PyTorch's name of a Gluon parameter, such as weight_ih_l0_reverse for r0_i2h_weight."""
    place, kind, what = name.split("_")[-3:]
    return f"{what}_{kind[0]}h_l{place[1:]}{'_reverse' if place[0] == 'r' else ''}"


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("cell", GLUON)
def test_layer_of_gluon_is_that_of_pytorch(cell, num_layers, bidirectional):
    options = {"num_layers": num_layers, "bidirectional": bidirectional}
    theirs = TORCH[cell](D, H, **options)
    activation = {"activation": "tanh"} if cell == "rnn" else {}
    ours = GLUON[cell](H, input_size=D, **options, **activation)
    ours.initialize()
    named = dict(theirs.named_parameters())
    params = {torch_name(name): param for name, param in ours.collect_params().items()}
    assert params.keys() == named.keys()
    for name, param in params.items():
        param.set_data(np.array(named[name].detach().numpy()))

    X, weights = draw(T, B, D), draw(T, B, H * (1 + bidirectional))
    results = run_ours(ours, ours.begin_state(batch_size=B), X, weights)
    for result, expected in zip(results, run_theirs(theirs, X, weights), strict=True):
        assert_close(result, expected)
    for name, param in params.items():
        assert_close(param.grad(), named[name].grad)


SCRATCH = {
    "rnn": lambda: RNNScratch(D, H),
    "gru": lambda: GRUScratch(D, H, reset_after=True),
    "lstm": lambda: LSTMScratch(D, H),
}


@pytest.mark.parametrize("cell", SCRATCH)
def test_scratch_layer_is_that_of_pytorch(cell):
    """The gates stand in the same order in both; ours has one bias where theirs adds up two."""
    ours, theirs = SCRATCH[cell](), TORCH[cell](D, H)
    for param in ours.params:
        param[:] = np.array(draw(*param.shape)) / 3  # biases as well: a zero would hide a fault
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(torch.tensor(ours.params[0].asnumpy().T))
        theirs.weight_hh_l0.copy_(torch.tensor(ours.params[1].asnumpy().T))
        theirs.bias_ih_l0.copy_(torch.tensor(ours.params[2].asnumpy()))
        theirs.bias_hh_l0.zero_()
        if cell == "gru":  # the candidate's second bias, which the reset gate multiplies
            theirs.bias_hh_l0[2 * H :] = torch.tensor(ours.params[3].asnumpy())
    X, weights = draw(T, B, D), draw(T, B, H)
    results = run_ours(ours, ours.begin_state(B), X, weights)
    for result, expected in zip(results, run_theirs(theirs, X, weights), strict=True):
        assert_close(result, expected)
    assert_close(ours.params[0].grad.T, theirs.weight_ih_l0.grad)
    assert_close(ours.params[1].grad.T, theirs.weight_hh_l0.grad)
    assert_close(ours.params[2].grad, theirs.bias_ih_l0.grad)
    if cell == "gru":
        assert_close(ours.params[3].grad, theirs.bias_hh_l0.grad[2 * H :])
