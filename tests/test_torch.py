"""Gluon's recurrent layers and ours, losses and clipping, against PyTorch's with the same weights.

PyTorch is no dependency of the chapter: where it is missing these tests are skipped, except in CI.
"""

import os

from d2l_utils.bi_rnn import BiRNN, BiRNNScratch, hidden_loss
from d2l_utils.deep_rnn import StackedRNN, StackedScratch
from d2l_utils.encoder_decoder import masked_cross_entropy
from d2l_utils.gru import GRUScratch
from d2l_utils.lstm import LSTMScratch
from d2l_utils.rnn_scratch import RNNScratch, clip_gradients, cross_entropy

import numpy as onp
import pytest
from agreement import apart
from mxnet import autograd, np
from mxnet.gluon import rnn

if os.environ.get("CI"):
    import torch
else:
    torch = pytest.importorskip("torch")

pytestmark = pytest.mark.usefixtures("numpy_mode")
D, H, B, T = 5, 7, 3, 6
GLUON = {"rnn": rnn.RNN, "gru": rnn.GRU, "lstm": rnn.LSTM}
RNG = onp.random.default_rng(0)  # for weights: those of two layers are to differ
TORCH = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}


@pytest.fixture(autouse=True)
def seed_of_pytorch():
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


def compare(agreement, what, against, pairs, num_outputs, first="outputs"):
    """Compare pairs of arrays: outputs and states come first, then gradients."""
    for number, (ours, theirs) in enumerate(pairs):
        assert_close(ours, theirs)
        kind = first if number < num_outputs else "gradients"
        agreement(f"{what}: {kind}", against, apart(ours, theirs))


def torch_name(name):
    """Return PyTorch's name of a Gluon parameter, such as weight_ih_l0_reverse for r0_i2h_weight."""
    place, kind, what = name.split("_")[-3:]
    return f"{what}_{kind[0]}h_l{place[1:]}{'_reverse' if place[0] == 'r' else ''}"


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("cell", GLUON)
def test_layer_of_gluon_is_that_of_pytorch(cell, num_layers, bidirectional, agreement):
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
    pairs = [*zip(results, run_theirs(theirs, X, weights), strict=True)]
    pairs += [(param.grad(), named[name].grad) for name, param in params.items()]
    what = f"Gluon's {cell.upper()}, 1 and 2 layers, 1 and 2 directions"
    compare(agreement, what, f"PyTorch's {cell.upper()}", pairs, len(results) - 1)


SCRATCH = {
    "rnn": RNNScratch,
    "gru": lambda D, H: GRUScratch(D, H, reset_after=True),
    "lstm": LSTMScratch,
}


def copy_weights(ours, theirs, place="l0"):
    """Draw the weights of a scratch layer and give them to PyTorch's layer or direction `place`.

    The gates stand in the same order in both; ours has one bias where theirs adds up two.
    """
    for param in ours.params:  # biases as well: a zero would hide a fault
        param[:] = np.array(RNG.normal(size=param.shape)) / 3
    weight_ih, weight_hh, bias_ih, bias_hh = torch_params(theirs, place)
    with torch.no_grad():
        weight_ih.copy_(torch.tensor(ours.params[0].asnumpy().T))
        weight_hh.copy_(torch.tensor(ours.params[1].asnumpy().T))
        bias_ih.copy_(torch.tensor(ours.params[2].asnumpy()))
        bias_hh.zero_()
        if len(ours.params) == 4:  # the candidate's second bias, which the reset gate multiplies
            bias_hh[2 * H :] = torch.tensor(ours.params[3].asnumpy())


def torch_params(layer, place):
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return [getattr(layer, f"{name}_{place}") for name in names]


def gradients(ours, theirs, place="l0"):
    """Return pairs of gradients of a scratch layer and of PyTorch's layer or direction."""
    weight_ih, weight_hh, bias_ih, bias_hh = (p.grad for p in torch_params(theirs, place))
    expected = [weight_ih.T, weight_hh.T, bias_ih, bias_hh[2 * H :]]
    return [(param.grad, grad) for param, grad in zip(ours.params, expected, strict=False)]


@pytest.mark.parametrize("cell", SCRATCH)
def test_scratch_layer_is_that_of_pytorch(cell, agreement):
    ours, theirs = SCRATCH[cell](D, H), TORCH[cell](D, H)
    copy_weights(ours, theirs)
    X, weights = draw(T, B, D), draw(T, B, H)
    results = run_ours(ours, ours.begin_state(B), X, weights)
    pairs = [*zip(results, run_theirs(theirs, X, weights), strict=True), *gradients(ours, theirs)]
    compare(agreement, f"{cell.upper()} from scratch", f"PyTorch's {cell.upper()}", pairs, len(results) - 1)


@pytest.mark.parametrize("cell", SCRATCH)
def test_scratch_stack_is_that_of_pytorch(cell, agreement):
    stack, theirs = StackedScratch([SCRATCH[cell](D, H), SCRATCH[cell](H, H)]), TORCH[cell](D, H, 2)
    for number, layer in enumerate(stack.layers):
        copy_weights(layer, theirs, f"l{number}")
    X, weights = draw(T, B, D), draw(T, B, H)
    outputs, *states, grad = run_ours(stack, stack.begin_state(B), X, weights)
    kinds = [np.stack(states[kind :: len(states) // 2]) for kind in range(len(states) // 2)]
    pairs = [*zip([outputs, *kinds, grad], run_theirs(theirs, X, weights), strict=True)]
    for number, layer in enumerate(stack.layers):
        pairs += gradients(layer, theirs, f"l{number}")
    what = f"Stack of two {cell.upper()} layers from scratch"
    compare(agreement, what, f"PyTorch's {cell.upper()}", pairs, 1 + len(kinds))


@pytest.mark.parametrize("cell", SCRATCH)
def test_scratch_bidirectional_layer_is_that_of_pytorch(cell, agreement):
    ours = BiRNNScratch(SCRATCH[cell](D, H), SCRATCH[cell](D, H))
    theirs = TORCH[cell](D, H, bidirectional=True)
    halves = (ours.forward_layer, "l0"), (ours.backward_layer, "l0_reverse")
    for layer, place in halves:
        copy_weights(layer, theirs, place)
    X, weights = draw(T, B, D), draw(T, B, 2 * H)
    outputs, *states, grad = run_ours(ours, ours.begin_state(B), X, weights)
    kinds = [np.stack(states[kind :: len(states) // 2]) for kind in range(len(states) // 2)]
    pairs = [*zip([outputs, *kinds, grad], run_theirs(theirs, X, weights), strict=True)]
    for layer, place in halves:
        pairs += gradients(layer, theirs, place)
    what = f"Bidirectional {cell.upper()} from scratch"
    compare(agreement, what, f"PyTorch's {cell.upper()}", pairs, 1 + len(kinds))


def copy_gluon(layer, theirs, place):
    """Give the weights of PyTorch's layer or direction to a Gluon layer; return pairs of both."""
    names = ("i2h_weight", "h2h_weight", "i2h_bias", "h2h_bias")
    params = [getattr(layer, f"l0_{name}") for name in names]
    pairs = [*zip(params, torch_params(theirs, place), strict=True)]
    for ours, param in pairs:
        ours.set_data(np.array(param.detach().numpy()))
    return pairs


def new_gluon(cell, num_inputs):
    return GLUON[cell](H, input_size=num_inputs, **({"activation": "tanh"} if cell == "rnn" else {}))


@pytest.mark.parametrize("cell", GLUON)
def test_concise_stack_is_that_of_pytorch(cell, agreement):
    theirs, options = TORCH[cell](D, H, 2), {"activation": "tanh"} if cell == "rnn" else {}
    stack = StackedRNN(GLUON[cell], H, 2, input_size=D, **options)
    stack.initialize()
    params = [pair for n, layer in enumerate(stack.layers) for pair in copy_gluon(layer, theirs, f"l{n}")]
    X, weights = draw(T, B, D), draw(T, B, H)
    outputs, *states, grad = run_ours(stack, stack.begin_state(B), X, weights)
    kinds = [np.concatenate(states[kind :: len(states) // 2]) for kind in range(len(states) // 2)]
    pairs = [*zip([outputs, *kinds, grad], run_theirs(theirs, X, weights), strict=True)]
    pairs += [(ours.grad(), param.grad) for ours, param in params]
    what = f"Our stack of two Gluon {cell.upper()} layers"
    compare(agreement, what, f"PyTorch's {cell.upper()}", pairs, 1 + len(kinds))


@pytest.mark.parametrize("cell", GLUON)
def test_bidirectional_layer_on_padded_rows_is_that_of_pytorch_on_packed_ones(cell, agreement):
    theirs, lengths = TORCH[cell](D, H, bidirectional=True), [T, 1, 4]
    layer = BiRNN(new_gluon(cell, D), new_gluon(cell, D))
    layer.initialize()
    params = copy_gluon(layer.forward_layer, theirs, "l0")
    params += copy_gluon(layer.backward_layer, theirs, "l0_reverse")
    X, weights = draw(T, B, D), draw(T, B, 2 * H)
    X_ours, X_theirs = np.array(X), torch.tensor(X, requires_grad=True)
    X_ours.attach_grad()
    with autograd.record():
        outputs = layer(X_ours, lengths)
        loss = (outputs * np.array(weights)).sum()
    loss.backward()
    packed = torch.nn.utils.rnn.pack_padded_sequence(X_theirs, lengths, enforce_sorted=False)
    expected, _ = torch.nn.utils.rnn.pad_packed_sequence(theirs(packed)[0])
    (expected * torch.tensor(weights)).sum().backward()
    pairs = [(outputs, expected), (X_ours.grad, X_theirs.grad)]
    pairs += [(ours.grad(), param.grad) for ours, param in params]
    what = f"Our bidirectional {cell.upper()} on padded rows"
    compare(agreement, what, f"PyTorch's {cell.upper()} on packed rows", pairs, 1)


def losses():
    """Return three losses of ours and PyTorch's cross-entropy on what each is to count."""
    lengths = onp.array([6, 0, 2])
    real = onp.arange(T) < lengths[:, None]  # (B, T)
    theirs = torch.nn.functional.cross_entropy
    kept = {"Cross-entropy": slice(None), "Masked loss": real.T.ravel()}
    kept["Loss of hidden tokens"] = kept["Masked loss"]
    ours = {
        "Cross-entropy": cross_entropy,
        "Masked loss": lambda logits, Y: masked_cross_entropy(logits, Y, lengths),
        "Loss of hidden tokens": lambda logits, Y: hidden_loss(logits, Y, real),
    }
    return {
        name: (ours[name], lambda x, y, keep=keep: theirs(x.reshape(-1, D)[keep], y.T.reshape(-1)[keep]))
        for name, keep in kept.items()
    }


@pytest.mark.parametrize("name", losses())
def test_loss_and_its_gradient_are_those_of_pytorch(name, agreement):
    ours, theirs = losses()[name]
    values, Y = 3 * draw(T, B, D), onp.random.default_rng(0).integers(0, D, (B, T))
    logits, tensor = np.array(values), torch.tensor(values, requires_grad=True)
    logits.attach_grad()
    with autograd.record():
        loss = ours(logits, Y)
    loss.backward()
    expected = theirs(tensor, torch.tensor(Y))
    expected.backward()
    pairs = [(loss, expected), (logits.grad, tensor.grad)]
    compare(agreement, name, "PyTorch's cross_entropy", pairs, 1, first="value")


@pytest.mark.parametrize("max_norm", [0.5, 100])
def test_clipping_is_that_of_pytorch(max_norm, agreement):
    values = [draw(H, D), draw(H), draw(3, 2, 2)]
    ours, theirs = [np.array(v) for v in values], [torch.zeros(v.shape, requires_grad=True) for v in values]
    for tensor, value in zip(theirs, values, strict=True):
        tensor.grad = torch.tensor(value)
    pairs = [(clip_gradients(ours, max_norm), torch.nn.utils.clip_grad_norm_(theirs, max_norm))]
    pairs += [(grad, tensor.grad) for grad, tensor in zip(ours, theirs, strict=True)]
    for ours, expected in pairs:
        difference = apart(ours, expected)
        assert difference < 1e-5
        agreement("Clipping by the norm of all gradients", "PyTorch's clip_grad_norm_", difference)
