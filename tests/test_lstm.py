"""The LSTM layer: against plain NumPy, Gluon, finite differences; the adding problem."""

import functools
import math

from d2l_utils.lstm import LSTMScratch, adding_batch
from d2l_utils.rnn_scratch import LMScratch, RNNScratch, cross_entropy, sgd, train

import numpy as onp
import pytest
from agreement import apart
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import gradient_errors
from mxnet import autograd, np
from mxnet.gluon import rnn

pytestmark = pytest.mark.usefixtures("numpy_mode", "seeded")
D, H, B, T = 4, 5, 3, 6


def draw(*shape, dtype="float32"):
    return np.random.normal(size=shape).astype(dtype)


def columns(gate):
    """Return the columns of a gate, in the order that the class promises."""
    start = H * ("input", "forget", "candidate", "output").index(gate)
    return slice(start, start + H)


def fixed(**gates):
    """Return a layer with gates held at 0 or 1, whatever comes in."""
    lstm = LSTMScratch(D, H)
    for gate, value in gates.items():
        lstm.W_x[:, columns(gate)] = 0
        lstm.W_h[:, columns(gate)] = 0
        lstm.b[columns(gate)] = 100 * value - 50
    return lstm


def by_hand(lstm, X, state):
    """Equations (9.1) to (9.4), one gate at a time, in NumPy; also return the forget gates."""
    W_x, W_h, b, X, h, c = (a.asnumpy().astype("float64") for a in (*lstm.params, X, *state))
    outputs, forget = [], []
    for x in X:
        arg = {
            gate: x @ W_x[:, columns(gate)] + h @ W_h[:, columns(gate)] + b[columns(gate)]
            for gate in ("input", "forget", "candidate", "output")
        }
        i, f, o = (1 / (1 + onp.exp(-arg[gate])) for gate in ("input", "forget", "output"))
        c = f * c + i * onp.tanh(arg["candidate"])
        h = o * onp.tanh(c)
        outputs.append(h)
        forget.append(f)
    return onp.stack(outputs), h, c, onp.stack(forget)


def test_layer_follows_the_equations(agreement):
    lstm, X, state = LSTMScratch(D, H), draw(T, B, D), [draw(B, H), draw(B, H)]
    lstm.b[:] = draw(4 * H)
    outputs, (h, c) = lstm(X, state)
    for ours, expected in zip((outputs, h, c), by_hand(lstm, X, state), strict=False):
        assert ours.shape == expected.shape
        onp.testing.assert_allclose(ours.asnumpy(), expected, atol=1e-5)
        agreement("LSTM from scratch: outputs", "its equations in NumPy", apart(ours, expected))


def test_layer_is_that_of_gluon_with_equal_weights(agreement):
    ours, theirs = LSTMScratch(D, H, forget_bias=1.0), rnn.LSTM(H, input_size=D)
    theirs.initialize()
    theirs.l0_i2h_weight.set_data(ours.W_x.T)
    theirs.l0_h2h_weight.set_data(ours.W_h.T)
    theirs.l0_i2h_bias.set_data(ours.b)
    X, h, c, weights = draw(T, B, D), draw(B, H), draw(B, H), draw(T, B, H)
    results = []
    for layer, state in ((ours, [h, c]), (theirs, [h[None], c[None]])):
        inputs = [X.copy(), *(s.copy() for s in state)]
        for array in inputs:
            array.attach_grad()
        with autograd.record():
            outputs, state = layer(inputs[0], inputs[1:])
            loss = (weights * outputs).sum() + sum(np.square(s).sum() for s in state)
        loss.backward()
        results.append([outputs, *state, *(array.grad for array in inputs)])
    for number, (a, b) in enumerate(zip(*results, strict=True)):
        onp.testing.assert_allclose(a.asnumpy().reshape(-1), b.asnumpy().reshape(-1), atol=1e-5)
        kind = "outputs" if number < 3 else "gradients"
        agreement(f"LSTM from scratch: {kind}", "Gluon's LSTM", apart(a, b))
    params = theirs.l0_i2h_weight, theirs.l0_h2h_weight, theirs.l0_i2h_bias
    for a, b in zip(ours.params, params, strict=True):
        onp.testing.assert_allclose(a.grad.T.asnumpy(), b.grad().asnumpy(), atol=1e-5)
        agreement("LSTM from scratch: gradients", "Gluon's LSTM", apart(a.grad.T, b.grad()))


def test_gradient_against_finite_differences(agreement):
    lstm = LSTMScratch(D, H, 1.0, "float64")
    X, state = draw(T, B, D, dtype="float64"), [draw(B, H, dtype="float64") for _ in "HC"]
    weights = draw(T, B, H, dtype="float64")
    moving = [*lstm.params, X, *state]
    for array in moving:
        array.attach_grad()

    def loss():
        outputs, (_, c) = lstm(X, state)
        return (weights * outputs).sum() + np.square(c).sum()

    for error, largest in gradient_errors(loss, moving, most=15):
        assert error < 1e-7
        agreement("LSTM from scratch: gradients", "finite differences", error / largest)


def test_forget_one_and_input_zero_keep_the_cell_exactly():
    c = draw(B, H)
    _, (_, kept) = fixed(forget=1, input=0)(draw(300, B, D), [draw(B, H), c])
    assert (kept == c).all()


def test_forget_one_and_input_one_count_without_limit():
    lstm = fixed(forget=1, input=1, candidate=1)  # tanh(50) = 1
    _, (_, c) = lstm(draw(200, B, D), lstm.begin_state(B))
    assert (c == 200).all()


def test_forget_zero_makes_a_plain_network_with_a_second_tanh():
    lstm, plain, X, h = fixed(forget=0, input=1, output=1), RNNScratch(D, H), draw(T, B, D), draw(B, H)
    place = columns("candidate")
    lstm.W_x[:, place], lstm.W_h[:, place], lstm.b[place] = plain.params
    outputs, _ = lstm(X, [h, 100 * draw(B, H)])  # whatever the cell held
    for x, ours in zip(X, outputs, strict=True):
        h = np.tanh(plain(x[None], [h])[0][0])
        onp.testing.assert_allclose(ours.asnumpy(), h.asnumpy(), atol=1e-5)


def test_output_zero_shows_nothing_of_the_cell():
    outputs, (_, c) = fixed(output=0)(draw(T, B, D), [draw(B, H), draw(B, H)])
    assert float(abs(outputs).max()) < 1e-20 < 0.01 < float(abs(c).max())


def test_direct_derivative_is_the_product_of_the_forget_gates():
    lstm, X = LSTMScratch(D, H, 2.0, "float64"), draw(12, B, D, dtype="float64")
    h, c_0 = lstm.begin_state(B)
    c_0.attach_grad()
    with autograd.record():
        c = c_0
        for x in X:
            _, (h, c) = lstm(x[None], [h.detach(), c])
        total = c.sum()
    total.backward()
    *_, forget = by_hand(lstm, X, lstm.begin_state(B))
    onp.testing.assert_allclose(c_0.grad.asnumpy(), forget.prod(axis=0), rtol=1e-9)


def test_bias_starts_at_zero_but_for_the_forget_gate():
    b = LSTMScratch(D, H, forget_bias=1.5).b
    assert (b[columns("forget")] == 1.5).all() and float(abs(b).sum()) == 1.5 * H
    assert float(abs(LSTMScratch(D, H).b).sum()) == 0  # as in Gluon


def test_state_is_carried_and_inputs_may_be_cut_anywhere():
    lstm, X = LSTMScratch(D, H, 1.0), draw(T, B, D)
    whole, (h, c) = lstm(X, lstm.begin_state(B))
    first, state = lstm(X[:1], lstm.begin_state(B))
    second, (h_cut, c_cut) = lstm(X[1:], state)
    onp.testing.assert_allclose(np.concatenate([first, second]).asnumpy(), whole.asnumpy(), atol=1e-6)
    onp.testing.assert_allclose(h_cut.asnumpy(), h.asnumpy(), atol=1e-6)
    onp.testing.assert_allclose(c_cut.asnumpy(), c.asnumpy(), atol=1e-6)


@pytest.mark.parametrize("shape", [(T, B, D + 1), (T, D), (0, B, D)])
def test_inputs_of_another_shape_are_refused(shape):
    lstm = LSTMScratch(D, H)
    with pytest.raises(ValueError, match=r"give them as \(T, B, 4\)"):
        lstm(np.zeros(shape), lstm.begin_state(B))


def test_a_state_without_a_cell_is_refused():
    with pytest.raises(ValueError, match=r"state of shapes \[\(3, 5\)\]: take begin_state\(3\)"):
        LSTMScratch(D, H)(draw(T, B, D), RNNScratch(D, H).begin_state(B))


def test_language_model_of_section_5_takes_the_layer_and_learns():
    """The sequence 1 2 3 1 2 3 ... has perplexity one for whoever has learned it."""
    model = LMScratch(LSTMScratch(4, 8, 1.0), 4)
    logits, _ = model(onp.zeros((B, T), int), model.begin_state(B))
    assert logits.shape == (T, B, 4)
    assert math.isclose(float(cross_entropy(logits, onp.ones((B, T)))), math.log(4), rel_tol=0.3)
    ids = onp.tile([1, 2, 3], 100).astype("int32")

    def sampling(ids, batch_size, num_steps, rng):
        for start in range(0, 240, 20):
            yield ids[None, start : start + 20], ids[None, start + 1 : start + 21]

    step = functools.partial(lambda params, lr: sgd(params, lr), model.params)
    scores = train(model, ids, ids[:40], step, sampling, 8, lr=4.0)
    assert scores[-1, 1] < 1.2 < scores[0, 0]


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 20), st.integers(2, 30))
def test_adding_batch_marks_one_number_in_each_half(seed, batch_size, length):
    inputs, labels = adding_batch(onp.random.default_rng(seed), batch_size, length)
    assert inputs.shape == (length, batch_size, 2) and labels.shape == (batch_size,)
    assert inputs.dtype == labels.dtype == onp.float32
    numbers, marks = inputs[..., 0], inputs[..., 1]
    assert ((numbers >= 0) & (numbers < 1)).all() and set(marks.ravel()) <= {0, 1}
    assert (marks[: length // 2].sum(axis=0) == 1).all()
    assert (marks[length // 2 :].sum(axis=0) == 1).all()
    expected = [numbers[marks[:, row] == 1, row].sum() for row in range(batch_size)]
    onp.testing.assert_allclose(labels, expected, rtol=1e-6)
    again, _ = adding_batch(onp.random.default_rng(seed), batch_size, length)
    assert (again == inputs).all()


@pytest.mark.parametrize("length", [2, 7])
def test_adding_batch_marks_every_step_evenly(length):
    inputs, _ = adding_batch(onp.random.default_rng(0), 20_000, length)
    share = inputs[..., 1].mean(axis=1)
    half = length // 2
    expected = [1 / half] * half + [1 / (length - half)] * (length - half)
    onp.testing.assert_allclose(share, expected, atol=0.02)


def test_trivial_predictor_of_the_adding_problem_has_error_one_sixth():
    """The standard error over 200,000 sequences is about 0.0004."""
    _, labels = adding_batch(onp.random.default_rng(1), 200_000, 6)
    assert abs(labels.mean() - 1) < 0.004
    assert abs(((labels - 1) ** 2).mean() - 1 / 6) < 0.002
    assert all(((labels - constant) ** 2).mean() > 1 / 6 for constant in (0.9, 1.1))


@pytest.mark.parametrize("batch_size, length", [(0, 5), (3, 1), (3, 0)])
def test_adding_batch_refuses_what_cannot_hold_two_marks(batch_size, length):
    with pytest.raises(ValueError, match="give at least 1 and 2"):
        adding_batch(onp.random.default_rng(0), batch_size, length)
