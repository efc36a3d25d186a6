"""Stacked layers: scratch, Gluon's own stack and ours; dropout that acts, and its gradient."""

import math

from d2l_utils.deep_rnn import StackedRNN, StackedScratch, dropout
from d2l_utils.lang_model_dataset import Vocab, sequential_batches
from d2l_utils.rnn_gluon import LMGluon, adam_step, initialized, load_parameters, save_parameters
from d2l_utils.rnn_scratch import LMScratch, RNNScratch, cross_entropy, evaluate, generate, sgd, train
from d2l_utils.sequence import set_seed

import numpy as onp
import pytest
from agreement import apart
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import TwoArrays, gradient_errors
from mxnet import autograd, np
from mxnet.gluon import rnn

pytestmark = pytest.mark.usefixtures("numpy_mode", "seeded")
D, H, B, T = 5, 4, 3, 6
KINDS = {
    "tanh": lambda H, **options: rnn.RNN(H, activation="tanh", **options),
    "gru": rnn.GRU,
    "lstm": rnn.LSTM,
}
NAMES = ("i2h_weight", "h2h_weight", "i2h_bias", "h2h_bias")


def started(stack):
    """Initialize with weights and biases large enough to tell one from another."""
    stack.initialize()
    for param in stack.collect_params().values():
        param.set_data(np.random.normal(0, 0.4, param.shape))
    return stack


def copy_stack(fused, stack, directions="l"):
    for number, layer in enumerate(stack.layers):
        for d in directions:
            for name in NAMES:
                getattr(layer, f"{d}0_{name}").set_data(getattr(fused, f"{d}{number}_{name}").data())


def close(a, b, tolerance=1e-5):
    onp.testing.assert_allclose(a.asnumpy(), b.asnumpy(), rtol=0, atol=tolerance)


def test_scratch_follows_the_equations(agreement):
    widths = [D, 4, 3, 6]
    stack = StackedScratch([RNNScratch(a, b) for a, b in zip(widths, widths[1:], strict=False)])
    for param in stack.params:
        param[:] = np.random.normal(0, 0.5, param.shape)
    X = onp.random.normal(size=(T, B, D)).astype("float32")
    state = [onp.random.normal(size=(B, width)).astype("float32") for width in widths[1:]]
    outputs, new = stack(np.array(X), [np.array(h) for h in state])
    assert stack.num_hiddens == 6 and len(stack.params) == 9
    for t in range(T):
        below = X[t]
        for number, layer in enumerate(stack.layers):
            W_xh, W_hh, b_h = (param.asnumpy() for param in layer.params)
            below = state[number] = onp.tanh(below @ W_xh + state[number] @ W_hh + b_h)
        onp.testing.assert_allclose(outputs[t].asnumpy(), below, atol=1e-5)
        what = "Stack of three RNN layers from scratch: outputs"
        agreement(what, "its equations in NumPy", apart(outputs[t], below))
    for ours, expected in zip(new, state, strict=True):
        onp.testing.assert_allclose(ours.asnumpy(), expected, atol=1e-5)


def test_layers_with_different_states_share_one_flat_list():
    stack = StackedScratch([RNNScratch(D, H), TwoArrays(H, H), RNNScratch(H, 2)])
    state = stack.begin_state(B)
    assert [s.shape for s in state] == [(B, H), (B, H), (B, 1), (B, 2)]
    X = np.random.normal(size=(T, B, D))
    whole, end = stack(X, state)
    assert (end[2] == T).all() and all((s == 0).all() for s in state)  # the old list is as it was
    first, middle = stack(X[:2], state)
    second, last = stack(X[2:], middle)
    close(np.concatenate([first, second]), whole)
    for a, b in zip(last, end, strict=True):
        close(a, b)


def scratch_and_fused():
    stack = StackedScratch([RNNScratch(D, H), RNNScratch(H, H)])
    fused = started(rnn.RNN(H, num_layers=2, activation="tanh", input_size=D))
    for number, layer in enumerate(stack.layers):
        weight_i, weight_h, bias_i, bias_h = (getattr(fused, f"l{number}_{name}").data() for name in NAMES)
        layer.W_xh[:], layer.W_hh[:], layer.b_h[:] = weight_i.T, weight_h.T, bias_i + bias_h
    return stack, fused


def test_scratch_is_the_stack_of_gluon(agreement):
    stack, fused = scratch_and_fused()
    X, weights = np.random.normal(size=(T, B, D)), np.random.normal(size=(T, B, H))
    start = np.random.normal(size=(2, B, H))
    with autograd.record():
        ours, states = stack(X, [start[0], start[1]])
        loss = (ours * weights).sum()
    loss.backward()
    with autograd.record():
        theirs, (state,) = fused(X, [start])
        loss = (theirs * weights).sum()
    loss.backward()
    close(ours, theirs)
    close(np.stack(states), state)
    what, against = "Stack of two RNN layers from scratch", "Gluon's RNN of two layers"
    agreement(f"{what}: outputs", against, max(apart(ours, theirs), apart(np.stack(states), state)))
    for number, layer in enumerate(stack.layers):
        close(layer.W_xh.grad.T, getattr(fused, f"l{number}_i2h_weight").grad(), 1e-4)
        close(layer.W_hh.grad.T, getattr(fused, f"l{number}_h2h_weight").grad(), 1e-4)
        close(layer.b_h.grad, getattr(fused, f"l{number}_h2h_bias").grad(), 1e-4)
        grads = [getattr(fused, f"l{number}_{name}").grad() for name in NAMES]
        for param, grad in zip(layer.params, grads, strict=False):
            agreement(f"{what}: gradients", against, apart(param.grad.T, grad))


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_our_stack_is_the_stack_of_gluon(kind, bidirectional, agreement):
    options = {"input_size": D, "bidirectional": bidirectional}
    fused = started(KINDS[kind](H, num_layers=2, **options))
    stack = started(StackedRNN(KINDS[kind], H, 2, **options))
    copy_stack(fused, stack, "lr" if bidirectional else "l")
    X = np.random.normal(size=(T, B, D))
    start = [np.random.normal(size=s.shape) for s in fused.begin_state(batch_size=B)]
    rows = len(start[0]) // 2  # of one layer
    flat = [s[number * rows : (number + 1) * rows] for number in range(2) for s in start]
    weights = np.random.normal(size=(T, B, rows * H))
    with autograd.record():
        theirs, states = fused(X, start)
        loss = (theirs * weights).sum()
    loss.backward()
    with autograd.record():
        ours, new = stack(X, flat)
        loss = (ours * weights).sum()
    loss.backward()
    close(ours, theirs)
    cell = kind.upper().replace("TANH", "RNN")
    what, against = f"Our stack of two Gluon {cell} layers", f"Gluon's {cell} of two layers"
    agreement(f"{what}: outputs", against, apart(ours, theirs))
    expected = [s[number * rows : (number + 1) * rows] for number in range(2) for s in states]
    for a, b in zip(new, expected, strict=True):
        close(a, b)
    for number, layer in enumerate(stack.layers):
        for name in NAMES:
            grads = getattr(layer, f"l0_{name}").grad(), getattr(fused, f"l{number}_{name}").grad()
            close(*grads, 1e-4)
            agreement(f"{what}: gradients", against, apart(*grads))


@settings(deadline=None, max_examples=30)
@given(st.floats(0.05, 0.9), st.integers(0, 1000))
def test_dropout_keeps_a_share_and_the_mean(p, seed):
    set_seed(seed)
    X = np.ones((40, 10, 50))
    with autograd.record():
        Y = dropout(X, p)
    values = Y.asnumpy()
    kept = values != 0
    onp.testing.assert_allclose(values[kept], 1 / (1 - p), rtol=1e-5)
    assert abs(kept.mean() - (1 - p)) < 5 * math.sqrt(p * (1 - p) / kept.size) + 1e-6
    assert (kept[0] != kept[1]).any()  # each step has a mask of its own
    assert (dropout(X, p) == X).all()
    with autograd.record(train_mode=False):
        assert (dropout(X, p) == X).all()
    with autograd.record():
        assert dropout(X, 0) is X


def stacks(p, layers=3):
    """Return a scratch and a Gluon stack, by name."""
    scratch = StackedScratch([RNNScratch(H if number else D, H) for number in range(layers)], p)
    return {
        "scratch": scratch,
        **{kind: started(StackedRNN(KINDS[kind], H, layers, p, input_size=D)) for kind in KINDS},
    }


@pytest.mark.parametrize("name", ["scratch", *KINDS])
def test_dropout_acts_between_layers_in_training_and_nowhere_else(name):
    stack, X = stacks(0.5)[name], np.random.normal(size=(T, B, D))
    state = stack.begin_state(B)
    evaluation, quiet = stack(X, state)
    assert (stack(X, state)[0] == evaluation).all()
    with autograd.record():
        training, noisy = stack(X, state)
        again, _ = stack(X, state)
    assert (training != evaluation).any() and (training != again).any()
    of_layer = len(state) // 3
    for number, (a, b) in enumerate(zip(quiet, noisy, strict=True)):
        # Neither inputs nor the way along time: layer 1 is untouched. All above are changed.
        assert bool((a == b).all()) == (number < of_layer)
    single = stacks(0.5, layers=1)[name]
    with autograd.record():
        training, _ = single(X, single.begin_state(B))
    assert (training == single(X, single.begin_state(B))[0]).all()


@pytest.mark.parametrize("name", ["scratch", *KINDS])
def test_dropout_zeroes_what_the_next_layer_reads(name):
    """With nearly everything dropped, layer 2 runs on nothing but its biases at most steps."""
    stack, X = stacks(0.999, layers=2)[name], np.random.normal(size=(1, B, D))
    state = stack.begin_state(B)
    with autograd.record():
        training, _ = stack(X, state)
    upper = stack.layers[1]
    alone, _ = upper(np.zeros((1, B, H)), upper.begin_state(B))
    close(training, alone)


def slopes(loss_of, params, grads, eps):
    """Yield, for each array, norm of the gradient and slope along it."""
    with autograd.record():
        loss = loss_of()
    loss.backward()
    for param, grad in zip(params, [g.copy() for g in grads], strict=True):
        norm, start, sides = float(np.sqrt((grad**2).sum())), param.copy(), []
        for sign in (1, -1):
            param[:] = start + sign * eps * grad / norm
            with autograd.record():  # dropout acts in training only
                sides.append(float(loss_of()))
        param[:] = start
        yield norm, (sides[0] - sides[1]) / (2 * eps)


def test_scratch_gradient_with_dropout_against_finite_differences(agreement):
    layers = [RNNScratch(H if number else D, H, "float64") for number in range(3)]
    model = LMScratch(StackedScratch(layers, 0.4), D, "float64")
    model.rnn.layers[0].W_xh[:] *= 3
    X, Y = onp.random.randint(0, D, (2, B, T))

    def loss_of():
        set_seed(7)
        with autograd.record():  # dropout acts in training only
            return cross_entropy(model(X, model.begin_state(B))[0], Y)

    for error, largest in gradient_errors(loss_of, model.params):
        assert error < 1e-9 and largest > 1e-6
        what = "Language model with a stack from scratch and dropout: gradients"
        agreement(what, "finite differences", error / largest)


@pytest.mark.parametrize("kind", KINDS)
def test_gluon_gradient_with_dropout_against_finite_differences(kind, agreement):
    stack = started(StackedRNN(KINDS[kind], H, 3, 0.4, input_size=D))
    X, weights = np.random.normal(size=(T, B, D)), np.random.normal(size=(T, B, H))
    dropped = []

    def loss_of():
        set_seed(7)
        outputs, state = stack(X, stack.begin_state(B))
        dropped.append(float((outputs**2).sum()))
        return (outputs * weights).mean() + sum(s.mean() for s in state)

    params = list(stack.collect_params().values())
    arrays, grads = [p.data() for p in params], [p.grad() for p in params]
    for norm, slope in slopes(loss_of, arrays, grads, 5e-3):
        assert norm > 0.02 and abs(slope / norm - 1) < 0.005
        what = "Our stack of Gluon layers with dropout, single precision: gradients"
        agreement(what, "finite differences", abs(slope / norm - 1))
    loss_of()  # in evaluation
    assert abs(dropped[0] / dropped[-1] - 1) > 0.01  # so that the gradient above was one with dropout


@pytest.mark.parametrize("name", ["scratch", *KINDS])
def test_language_model_with_a_stack_learns_a_period(name):
    V, num_hiddens = 4, 8
    if name == "scratch":
        model = LMScratch(StackedScratch([RNNScratch(V, 8), RNNScratch(8, 8)], 0.1), V)
        step, lr = (lambda lr: sgd(model.params, lr)), 1.0
    else:
        stack = StackedRNN(KINDS[name], num_hiddens, 2, 0.1, input_size=V)
        model = initialized(LMGluon(stack, V), num_hiddens)
        model.hybridize()
        step, lr = adam_step(model), 0.05
    ids = onp.tile([1, 2, 3], 100).astype("int32")
    scores = train(model, ids, ids[:40], step, sequential_batches, 8, lr, batch_size=2, num_steps=10)
    assert scores[-1, 1] < 1.3 < scores[0, 0]
    assert math.isclose(evaluate(model, ids[:30], 3), evaluate(model, ids[:30], 100), rel_tol=1e-4)
    assert "".join(generate(model, Vocab("abc"), "ab", 7, temperature=0)) == "abcabcabc"


def test_parameters_of_a_stack_survive_a_file(tmp_path):
    nets = [initialized(LMGluon(StackedRNN(rnn.LSTM, H, 2, input_size=D), D), H) for _ in range(2)]
    save_parameters(nets[0], tmp_path / "stack.npz")
    X = onp.random.randint(0, D, (B, T))
    outputs = [net(X, net.begin_state(B))[0].asnumpy() for net in nets]
    assert (outputs[0] != outputs[1]).any()
    load_parameters(nets[1], tmp_path / "stack.npz")
    assert (nets[1](X, nets[1].begin_state(B))[0].asnumpy() == outputs[0]).all()


def test_the_width_of_the_input_can_be_found_in_the_first_call():
    stack = StackedRNN(rnn.GRU, H, 2)
    stack.initialize()
    outputs, state = stack(np.ones((T, B, 9)), stack.begin_state(B))
    assert outputs.shape == (T, B, H) and [s.shape for s in state] == [(1, B, H)] * 2


@pytest.mark.parametrize(
    "make",
    [
        lambda: StackedScratch([]),
        lambda: StackedScratch([RNNScratch(2, 2)], 1.0),
        lambda: StackedScratch([RNNScratch(2, 2)], -0.1),
        lambda: StackedRNN(rnn.GRU, H, 0),
        lambda: StackedRNN(rnn.GRU, H, 2, dropout=1.0),
        lambda: StackedRNN(rnn.GRU, H, 2, dropout=-0.1),
    ],
)
def test_a_stack_that_makes_no_sense_is_refused(make):
    with pytest.raises(ValueError, match="take at least one layer, 0 <= "):
        make()


def test_a_state_of_another_shape_is_refused():
    stack, fused = started(StackedRNN(rnn.GRU, H, 2, input_size=D)), rnn.GRU(H, num_layers=2, input_size=D)
    scratch = StackedScratch([RNNScratch(D, H), RNNScratch(H, H)])
    with pytest.raises(ValueError, match="begin_state"):
        stack(np.ones((T, B, D)), fused.begin_state(batch_size=B))
    with pytest.raises(ValueError, match="begin_state"):
        scratch(np.ones((T, B, D)), scratch.begin_state(B)[:1])
