"""Bidirectional layers: recursions against all paths, turning round, padding, restoring, leaks."""

import itertools
import math

from d2l_utils import bi_rnn
from d2l_utils.bi_rnn import (
    BiRNN,
    BiRNNScratch,
    Restorer,
    forward_backward,
    hidden_loss,
    hide,
    read,
    reverse_valid,
    train_restorer,
)
from d2l_utils.gru import GRUScratch
from d2l_utils.lang_model_dataset import random_batches
from d2l_utils.lstm import LSTMScratch
from d2l_utils.rnn_gluon import LMGluon, adam_step, initialized
from d2l_utils.rnn_scratch import RNNScratch, evaluate, train

import numpy as onp
import pytest
from agreement import apart
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import TwoArrays, gradient_errors
from mxnet import autograd, init, np
from mxnet.gluon import rnn

pytestmark = pytest.mark.usefixtures("numpy_mode", "seeded")
T, B, D, H = 6, 3, 4, 5
LAYERS = {"RNN": rnn.RNN, "GRU": rnn.GRU, "LSTM": rnn.LSTM}


# ---- hidden Markov models


@st.composite
def models(draw):
    """Draw pi, A, E, zeros among them, and observations that the model can produce."""
    k, symbols, steps = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 5))

    def rows(*shape):
        weights = draw(st.lists(st.integers(0, 5), min_size=math.prod(shape), max_size=math.prod(shape)))
        array = onp.array(weights, dtype=float).reshape(shape)
        array[..., 0] += array.sum(axis=-1) == 0  # a row needs a sum to divide by
        return array / array.sum(axis=-1, keepdims=True)

    pi, A, E = rows(k), rows(k, k), rows(k, symbols)
    x, z = [], None
    for _ in range(steps):  # walk along a path of positive probability
        z = draw(st.sampled_from(onp.flatnonzero(pi if z is None else A[z]).tolist()))
        x.append(draw(st.sampled_from(onp.flatnonzero(E[z]).tolist())))
    return pi, A, E, x


def all_paths(pi, A, E, x):
    """Return filtering and smoothing posteriors and P(x) by adding up all k^T paths."""
    steps, k = len(x), len(pi)
    filtering, smoothing, total = onp.zeros((steps, k)), onp.zeros((steps, k)), 0.0
    for length in range(1, steps + 1):
        for z in itertools.product(range(k), repeat=length):
            p = pi[z[0]] * E[z[0], x[0]]
            for t in range(1, length):
                p *= A[z[t - 1], z[t]] * E[z[t], x[t]]
            filtering[length - 1, z[-1]] += p
            if length == steps:
                total += p
                for t in range(steps):
                    smoothing[t, z[t]] += p
    return filtering / filtering.sum(axis=1, keepdims=True), smoothing / total, total


def test_recursions_agree_with_the_sum_over_all_paths(agreement):
    """On drawn models that are the same in every run."""
    for seed in range(40):
        rng = onp.random.default_rng(seed)
        k, symbols, steps = rng.integers(1, 4), rng.integers(1, 4), rng.integers(1, 6)
        pi, A, E = (rng.dirichlet(onp.ones(n), rows) for n, rows in ((k, None), (k, k), (symbols, k)))
        model = pi, A, E, rng.integers(0, symbols, steps)
        filtering, smoothing, log_prob = forward_backward(*model)
        for ours, expected in zip((filtering, smoothing, math.exp(log_prob)), all_paths(*model), strict=True):
            difference = apart(ours, expected)
            assert difference < 1e-12
            agreement("Forward–backward recursions", "the sum over all paths", difference)


@settings(deadline=None, max_examples=60)
@given(models())
def test_recursions_equal_the_sum_over_all_paths(model):
    filtering, smoothing, log_prob = forward_backward(*model)
    expected = all_paths(*model)
    onp.testing.assert_allclose(filtering, expected[0], atol=1e-12)
    onp.testing.assert_allclose(smoothing, expected[1], atol=1e-12)
    assert math.isclose(log_prob, math.log(expected[2]), rel_tol=1e-9, abs_tol=1e-12)


def test_two_evenings_by_hand():
    A = [[0.75, 0.25], [0.25, 0.75]]
    filtering, smoothing, log_prob = forward_backward([0.5, 0.5], A, A, [0, 1])
    onp.testing.assert_allclose(filtering[:, 0], [3 / 4, 5 / 14])
    onp.testing.assert_allclose(smoothing[:, 0], [9 / 14, 5 / 14])
    assert math.isclose(log_prob, math.log(7 / 32))


def test_long_sequences_neither_underflow_nor_overflow():
    """The state that the past rules out fits the future far better: products would overflow."""
    pi, A, E = [1.0, 0.0], onp.eye(2), onp.array([[0.5, 0.5], [0.0, 1.0]])
    filtering, smoothing, log_prob = forward_backward(pi, A, E, [1] * 3000)
    assert (filtering == [1, 0]).all() and (smoothing == [1, 0]).all()
    assert math.isclose(log_prob, 3000 * math.log(0.5))


@pytest.mark.parametrize(
    ("pi", "A", "E", "x", "message"),
    [
        ([1.0], onp.eye(2), onp.eye(2), [0], "shapes of pi, A, E"),
        ([0.5, 0.5], onp.eye(2), onp.ones((3, 1)), [0], "shapes of pi, A, E"),
        ([0.5, 0.5], onp.eye(2), onp.eye(2), [], "one symbol or more"),
        ([0.5, 0.5], onp.eye(2), onp.eye(2), [0, 2], "from 0 to 1"),
        ([0.5, 0.5], onp.eye(2), onp.eye(2), [0, -1], "from 0 to 1"),
        ([0.5, 0.5], onp.eye(2), onp.eye(2), [0, 1], "zero under this model"),
    ],
)
def test_what_a_model_cannot_take_is_an_error(pi, A, E, x, message):
    with pytest.raises(ValueError, match=message):
        forward_backward(pi, A, E, x)


# ---- turning round


@settings(deadline=None)
@given(st.integers(1, 6).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.integers(0, n), min_size=1))))
def test_rows_are_turned_within_their_lengths(case):
    steps, lengths = case
    X = np.random.normal(size=(steps, len(lengths), 2))
    turned = reverse_valid(X, lengths)
    assert turned.shape == X.shape
    assert (reverse_valid(turned, onp.array(lengths)) == X).all()  # twice is not at all
    for b, n in enumerate(lengths):
        assert (turned[:n, b] == X[:n, b][::-1]).all()
        assert (turned[n:, b] == X[n:, b]).all()


def test_gradients_go_where_the_values_came_from():
    X, weights = np.random.normal(size=(T, B, D)), np.random.normal(size=(T, B, D))
    X.attach_grad()
    with autograd.record():
        loss = (reverse_valid(X, [6, 1, 4]) * weights).sum()
    loss.backward()
    assert (X.grad == reverse_valid(weights, np.array([6, 1, 4]))).all()


@pytest.mark.parametrize("lengths", [[6, 1], [[6, 1, 4]], [6, 1, 7], [6, 1, -1], [6, 1, 2.5], 3])
def test_bad_lengths_are_an_error(lengths):
    with pytest.raises(ValueError, match="valid_len"):
        reverse_valid(np.zeros((T, B, D)), lengths)


# ---- layers


def copy_direction(layer, gluon, prefix):
    for name, array in (("i2h_weight", layer.W_xh.T), ("h2h_weight", layer.W_hh.T), ("i2h_bias", layer.b_h)):
        getattr(gluon, f"{prefix}_{name}").set_data(array)


def test_scratch_and_gluon_with_equal_weights_are_the_same_layer(agreement):
    scratch = BiRNNScratch(RNNScratch(D, H), RNNScratch(D, H))
    for param in scratch.params:
        param[:] = np.random.uniform(-0.7, 0.7, param.shape)  # biases that are not zero as well
    fused = rnn.RNN(H, activation="tanh", input_size=D, bidirectional=True)
    fused.initialize()
    copy_direction(scratch.forward_layer, fused, "l0")
    copy_direction(scratch.backward_layer, fused, "r0")
    X, weights = np.random.normal(size=(T, B, D)), np.random.normal(size=(T, B, 2 * H))
    state = np.random.normal(size=(2, B, H))
    found = []
    for call, given_state in ((scratch, [state[0], state[1]]), (fused, [state])):
        X.attach_grad()
        with autograd.record():
            outputs, last = call(X, given_state)
            loss = (outputs * weights).sum()
        loss.backward()
        last = onp.stack([s.asnumpy() for s in last]).reshape(2, B, H)
        found.append((outputs.asnumpy(), last, X.grad.asnumpy()))
    assert scratch.num_hiddens == 2 * H == found[0][0].shape[-1]
    what, against = "Bidirectional RNN from scratch", "Gluon's bidirectional RNN"
    for kind, ours, theirs in zip(("outputs", "outputs", "gradients"), *found, strict=True):
        onp.testing.assert_allclose(ours, theirs, atol=1e-5)
        agreement(f"{what}: {kind}", against, apart(ours, theirs))
    for layer, prefix in ((scratch.forward_layer, "l0"), (scratch.backward_layer, "r0")):
        for name, param in (("i2h_weight", layer.W_xh), ("h2h_weight", layer.W_hh), ("i2h_bias", layer.b_h)):
            theirs = getattr(fused, f"{prefix}_{name}").grad().asnumpy()
            onp.testing.assert_allclose(param.grad.asnumpy().T, theirs, rtol=1e-4, atol=1e-5)
            agreement(f"{what}: gradients", against, apart(param.grad.T, theirs))


@pytest.mark.parametrize("make", [RNNScratch, GRUScratch, LSTMScratch])
def test_scratch_gradient_against_finite_differences(make, agreement):
    layer = BiRNNScratch(make(D, 3, dtype="float64"), make(D, 2, dtype="float64"))
    X = np.array(onp.random.default_rng(0).normal(size=(4, B, D)), dtype="float64")
    weights = np.array(onp.random.default_rng(1).normal(size=(4, B, 5)), dtype="float64")
    X.attach_grad()

    def loss():
        return (layer(X, layer.begin_state(B))[0] * weights).sum()

    for error, largest in gradient_errors(loss, [*layer.params, X], most=16):
        assert error < 1e-8
        what = "Bidirectional RNN, GRU and LSTM from scratch: gradients"
        agreement(what, "finite differences", error / largest)


def test_each_half_depends_on_its_own_side_alone():
    layer = BiRNNScratch(RNNScratch(D, H), RNNScratch(D, H))
    for step in range(T):
        X = np.random.normal(size=(T, 1, D))
        before, _ = layer(X, layer.begin_state(1))
        X[step] += 1
        changed = (layer(X, layer.begin_state(1))[0] != before).asnumpy()[:, 0]
        assert onp.flatnonzero(changed[:, :H].any(axis=1)).tolist() == list(range(step, T))
        assert onp.flatnonzero(changed[:, H:].any(axis=1)).tolist() == list(range(step + 1))


def test_directions_of_different_kinds_keep_their_own_states():
    layer = BiRNNScratch(TwoArrays(D, H), RNNScratch(D, H + 1))
    X, state = np.random.normal(size=(T, B, D)), layer.begin_state(B)
    outputs, last = layer(X, state)
    assert outputs.shape == (T, B, 2 * H + 1) and [s.shape for s in last] == [s.shape for s in state]
    assert (last[0] == outputs[-1, :, :H]).all() and (last[1] == T).all()
    assert (last[2] == outputs[0, :, H:]).all()  # the backward layer ends at the first step


def two_directions(kind, **options):
    layer = BiRNN(LAYERS[kind](H, input_size=D, **options), LAYERS[kind](H, input_size=D, **options))
    layer.initialize(init.Uniform(0.7))
    return layer


@pytest.mark.parametrize("kind", LAYERS)
def test_without_padding_the_block_is_gluons_bidirectional_layer(kind, agreement):
    layer = two_directions(kind)
    fused = LAYERS[kind](H, input_size=D, bidirectional=True)
    fused.initialize()
    for prefix, part in (("l0", layer.forward_layer), ("r0", layer.backward_layer)):
        for name in ("i2h_weight", "h2h_weight", "i2h_bias", "h2h_bias"):
            getattr(fused, f"{prefix}_{name}").set_data(getattr(part, f"l0_{name}").data())
    X = np.random.normal(size=(T, B, D))
    onp.testing.assert_allclose(layer(X).asnumpy(), read(fused, X).asnumpy(), atol=1e-6)
    what = f"Our bidirectional {kind}: outputs"
    agreement(what, f"Gluon's bidirectional {kind}", apart(layer(X), read(fused, X)))
    assert (layer(X, [T] * B) == layer(X)).all()


@pytest.mark.parametrize("kind", LAYERS)
def test_each_row_of_a_padded_batch_equals_itself_alone(kind):
    layer, lengths = two_directions(kind), [6, 1, 4]
    X, weights = np.random.normal(size=(T, B, D)), np.random.normal(size=(T, B, 2 * H))
    params = list(layer.collect_params().values())

    def run(X, weights, lengths):
        X = X.copy()
        X.attach_grad()
        with autograd.record():
            outputs = layer(X, lengths)
            loss = (outputs**2 * weights).sum()  # padding included
        loss.backward()
        return outputs.asnumpy(), X.grad.asnumpy(), [p.grad().asnumpy() for p in params]

    outputs, grad, weight_grads = run(X, weights, lengths)
    sums = [onp.zeros_like(g) for g in weight_grads]
    for b, n in enumerate(lengths):
        alone, alone_grad, parts = run(X[:n, b : b + 1], weights[:n, b : b + 1], [n])
        onp.testing.assert_allclose(outputs[:n, b], alone[:, 0], atol=1e-6)
        onp.testing.assert_allclose(grad[:n, b], alone_grad[:, 0], atol=1e-5)
        assert not outputs[n:, b].any() and not grad[n:, b].any()
        sums = [total + part for total, part in zip(sums, parts, strict=True)]
    for together, total in zip(weight_grads, sums, strict=True):
        onp.testing.assert_allclose(together, total, rtol=1e-4, atol=1e-5)
    padding = onp.arange(T)[:, None] >= onp.array(lengths)
    junk = np.array(onp.where(padding[:, :, None], 50.0, X.asnumpy()), dtype="float32")
    for ours, theirs in zip(run(junk, weights, lengths)[2], weight_grads, strict=True):
        onp.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    assert (layer(junk, lengths).asnumpy() == outputs).all()


def test_one_layer_for_both_directions_is_an_error():
    layer = rnn.GRU(H)
    with pytest.raises(ValueError, match="share one layer"):
        BiRNN(layer, layer)


# ---- restoring hidden tokens


@given(st.floats(0.05, 0.95), st.integers(0, 2**32 - 1))
def test_hiding_changes_what_it_says_and_nothing_else(share, seed):
    ids = onp.arange(2000).reshape(40, 50) % 7
    seen, hidden = hide(ids, share, 7, onp.random.default_rng(seed))
    assert (seen[hidden] == 7).all() and (seen[~hidden] == ids[~hidden]).all()
    assert abs(hidden.mean() - share) < 0.08 and ids.max() == 6
    again, _ = hide(ids, share, 7, onp.random.default_rng(seed))
    assert (again == seen).all()


@pytest.mark.parametrize("share", [0, 1, -0.5, 15])
def test_a_share_that_is_no_probability_is_an_error(share):
    with pytest.raises(ValueError, match="between 0 and 1"):
        hide(onp.zeros(3), share, 7, onp.random.default_rng(0))


def test_the_loss_counts_hidden_tokens_alone(agreement):
    rng = onp.random.default_rng(0)
    logits, Y, hidden = rng.normal(size=(T, B, 7)), rng.integers(0, 7, (B, T)), rng.random((B, T)) < 0.4
    log_p = logits - onp.log(onp.exp(logits).sum(-1, keepdims=True))
    expected = -onp.mean([log_p[t, b, Y[b, t]] for b in range(B) for t in range(T) if hidden[b, t]])
    loss = hidden_loss(np.array(logits), Y, hidden)
    assert math.isclose(float(loss), expected, rel_tol=1e-5)
    agreement("Loss of hidden tokens: value", "its definition in NumPy", apart(loss, expected))
    assert float(hidden_loss(np.array(logits), Y, hidden & False)) == 0


def test_a_restorer_is_never_trained_on_inputs_that_hold_the_answer(monkeypatch):
    inputs, targets = [], []

    class Watched(Restorer):
        def forward(self, ids):
            inputs.append(ids)
            return super().forward(ids)

    def watched_loss(logits, Y, hidden):
        targets.append((Y, hidden))
        return hidden_loss(logits, Y, hidden)

    monkeypatch.setattr(bi_rnn, "hidden_loss", watched_loss)
    net = Watched(rnn.GRU(H, input_size=5), 4)
    net.initialize()
    train_restorer(net, onp.arange(1000) % 4, 0.3, num_epochs=2, lr=0.01, shape=(4, 10))
    assert len(inputs) == len(targets) == 2 * (999 // 40)
    for seen, (Y, hidden) in zip(inputs, targets, strict=True):
        assert (seen == onp.where(hidden, 4, Y)).all() and hidden.any()


def restored(layer, ids):
    """Return the share of hidden tokens that a restorer finds after a short training."""
    net = Restorer(layer, 4)
    net.initialize(init.Uniform(0.3))
    net(onp.zeros((1, 1)))
    train_restorer(net, ids, 0.15, num_epochs=6, lr=0.03, shape=(8, 16))
    seen, hidden = hide(ids[:600], 0.15, 4, onp.random.default_rng(1))
    guesses = net(seen.reshape(1, -1))[:, 0].asnumpy().argmax(axis=-1)
    return (guesses == ids[:600])[hidden].mean()


def test_the_second_direction_restores_what_only_the_future_tells():
    """Pairs 0 2 or 1 3: the first of a pair is told by the second alone, the second by the first."""
    first = onp.random.default_rng(0).integers(0, 2, 1500)
    ids = onp.stack([first, first + 2], axis=1).reshape(-1)
    both = restored(rnn.GRU(12, input_size=5, bidirectional=True), ids)
    past = restored(rnn.GRU(20, input_size=5), ids)
    assert past < 0.82 < 0.88 < both


# ---- the misuse


def test_a_bidirectional_language_model_predicts_noise():
    ids, scores = onp.random.default_rng(0).integers(0, 5, 3000), {}
    for bidirectional in (False, True):
        net = initialized(LMGluon(rnn.GRU(12, input_size=5, bidirectional=bidirectional), 5), 12)
        options = {"lr": 0.02, "carry_state": False, "batch_size": 8, "num_steps": 20}
        train(net, ids[:2000], None, adam_step(net), random_batches, 6, **options)
        scores[bidirectional] = evaluate(net, ids[2000:])
    assert scores[True] < 2.5 < 4.8 < scores[False]


@pytest.mark.parametrize("bidirectional", [False, True])
def test_only_the_bidirectional_layer_lets_the_label_into_its_output(bidirectional):
    layer = rnn.GRU(H, input_size=7, bidirectional=bidirectional)
    net = initialized(LMGluon(layer, 7), H)
    ids = onp.random.default_rng(0).integers(0, 7, (2, T))
    for step in range(T - 1):
        other = ids.copy()
        other[:, step + 1] = (other[:, step + 1] + 1) % 7  # the label of `step`
        logits, others = (net(x, net.begin_state(2))[0][: step + 1] for x in (ids, other))
        assert bool((logits != others).any()) == bidirectional
