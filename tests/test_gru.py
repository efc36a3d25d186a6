"""The gated recurrent unit: equations, both forms, Gluon's layer, and the delayed-recall task."""

import math

from d2l_utils.gru import GRUScratch, LastStep, recall_batch, set_update_bias, train_task
from d2l_utils.rnn_scratch import LMScratch, RNNScratch, cross_entropy, generate

import numpy as onp
import pytest
from agreement import apart
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import gradient_errors
from mxnet import autograd, init, np
from mxnet.gluon import rnn

pytestmark = pytest.mark.usefixtures("numpy_mode", "seeded")
D, H, B, T = 5, 4, 3, 6
FORMS = pytest.mark.parametrize("reset_after", [False, True])


def random_gru(reset_after, dtype="float32", num_hiddens=H):
    """A layer with all parameters drawn, biases included: zeros would hide a swap."""
    gru = GRUScratch(D, num_hiddens, reset_after, dtype)
    for param in gru.params:
        param[:] = np.random.uniform(-1, 1, param.shape)
    return gru


def random_input(dtype="float32", steps=T):
    rng = onp.random.default_rng(1)
    X, h = rng.normal(size=(steps, B, D)), rng.uniform(-1, 1, (B, H))
    return np.array(X, dtype=dtype), np.array(h, dtype=dtype)


def sigmoid(a):
    return 1 / (1 + onp.exp(-a))


@FORMS
@pytest.mark.parametrize("steps", [1, T])
def test_scratch_follows_the_equations(reset_after, steps, agreement):
    gru, (X, H_0) = random_gru(reset_after), random_input(steps=steps)
    outputs, (last,) = gru(X, [H_0])
    W_x, W_h, b = (p.asnumpy() for p in gru.params[:3])
    (W_xr, W_xz, W_xh), (W_hr, W_hz, W_hh) = onp.split(W_x, 3, axis=1), onp.split(W_h, 3, axis=1)
    b_r, b_z, b_h = onp.split(b, 3)
    x, h = X.asnumpy(), H_0.asnumpy()
    for t in range(steps):
        r = sigmoid(x[t] @ W_xr + h @ W_hr + b_r)
        z = sigmoid(x[t] @ W_xz + h @ W_hz + b_z)
        inner = r * (h @ W_hh + gru.b_hh.asnumpy()) if reset_after else (r * h) @ W_hh
        h = z * h + (1 - z) * onp.tanh(x[t] @ W_xh + b_h + inner)
        onp.testing.assert_allclose(outputs[t].asnumpy(), h, atol=1e-5)
        agreement("GRU from scratch, both forms: outputs", "its equations in NumPy", apart(outputs[t], h))
    assert outputs.shape == (steps, B, H) and last.shape == (B, H)
    onp.testing.assert_allclose(last.asnumpy(), h, atol=1e-5)


@FORMS
def test_gradient_against_finite_differences(reset_after, agreement):
    gru, (X, H_0) = random_gru(reset_after, "float64"), random_input("float64", steps=4)
    weights = np.array(onp.random.default_rng(2).normal(size=(4, B, H)), dtype="float64")
    H_0.attach_grad()

    def loss():
        return (weights * gru(X, [H_0])[0]).sum()

    for error, largest in gradient_errors(loss, [*gru.params, H_0]):
        assert error < 1e-8
        agreement("GRU from scratch, both forms: gradients", "finite differences", error / largest)


def to_gluon(gru):
    layer = rnn.GRU(H, input_size=D)
    layer.initialize()
    layer.l0_i2h_weight.set_data(gru.W_x.T)
    layer.l0_h2h_weight.set_data(gru.W_h.T)
    layer.l0_i2h_bias.set_data(gru.b)
    second = gru.b_hh if gru.b_hh is not None else np.zeros(H)
    layer.l0_h2h_bias.set_data(np.concatenate([np.zeros(2 * H), second]))
    return layer


def test_reset_after_is_the_layer_of_gluon(agreement):
    gru, (X, H_0) = random_gru(True), random_input()
    layer, X_2, H_2 = to_gluon(gru), X.copy(), H_0[None].copy()
    weights = np.random.normal(size=(T, B, H))
    results = []
    for model, inputs, state in ((gru, X, H_0), (layer, X_2, H_2)):
        inputs.attach_grad()
        state.attach_grad()
        with autograd.record():
            outputs, (last,) = model(inputs, [state])
            loss = (weights * outputs).sum() + (last**2).sum()
        loss.backward()
        results.append([outputs, last, inputs.grad, state.grad])
    ours, theirs = ([a.asnumpy() for a in result] for result in results)
    ours += [gru.W_x.grad.asnumpy().T, gru.W_h.grad.asnumpy().T, gru.b.grad.asnumpy()]
    ours.append(gru.b_hh.grad.asnumpy())
    named = (layer.l0_i2h_weight, layer.l0_h2h_weight, layer.l0_i2h_bias)
    theirs += [param.grad().asnumpy() for param in named]
    theirs.append(layer.l0_h2h_bias.grad().asnumpy()[2 * H :])
    for number, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        onp.testing.assert_allclose(a, b.reshape(a.shape), rtol=1e-5, atol=1e-5)
        kind = "outputs" if number < 2 else "gradients"
        agreement(f"GRU from scratch: {kind}", "Gluon's GRU", apart(a, b))


def test_reset_before_is_another_model():
    gru, (X, H_0) = random_gru(False), random_input()
    theirs = to_gluon(gru)(X, [H_0[None]])[0]
    assert float(np.abs(gru(X, [H_0])[0] - theirs).max()) > 0.05


@FORMS
def test_reset_one_and_update_zero_is_the_plain_network(reset_after):
    gru, plain, (X, H_0) = random_gru(reset_after), RNNScratch(D, H), random_input()
    gru.W_x[:, : 2 * H], gru.W_h[:, : 2 * H] = 0, 0
    gru.b[:H], gru.b[H : 2 * H] = 50, -50
    plain.W_xh[:], plain.W_hh[:] = gru.W_x[:, 2 * H :], gru.W_h[:, 2 * H :]
    plain.b_h[:] = gru.b[2 * H :] + (gru.b_hh if reset_after else 0)
    ours, theirs = gru(X, [H_0])[0], plain(X, [H_0])[0]
    onp.testing.assert_allclose(ours.asnumpy(), theirs.asnumpy(), atol=1e-6)


@FORMS
def test_update_one_copies_the_state_and_its_derivative(reset_after):
    gru, (X, H_0) = random_gru(reset_after), random_input()
    gru.W_x[:, H : 2 * H], gru.W_h[:, H : 2 * H], gru.b[H : 2 * H] = 0, 0, 50
    H_0.attach_grad()
    with autograd.record():
        outputs, (last,) = gru(X, [H_0])
        loss = last.sum()
    loss.backward()
    assert (outputs.asnumpy() == H_0.asnumpy()).all()
    assert (H_0.grad.asnumpy() == 1).all()


@FORMS
def test_a_sequence_may_be_read_in_two_pieces(reset_after):
    gru, (X, H_0) = random_gru(reset_after), random_input()
    whole, _ = gru(X, [H_0])
    first, state = gru(X[:2], [H_0])
    second, _ = gru(X[2:], state)
    parts = onp.concatenate([first.asnumpy(), second.asnumpy()])
    onp.testing.assert_allclose(parts, whole.asnumpy(), atol=1e-6)


def test_it_takes_the_place_of_the_plain_layer_in_a_language_model():
    model = LMScratch(GRUScratch(D, H), D)
    logits, state = model(onp.zeros((B, T), int), model.begin_state(B))
    assert logits.shape == (T, B, D) and state[0].shape == (B, H)
    assert len(model.params) == 5 and float(abs(model.begin_state(B)[0]).sum()) == 0

    class Letters:
        def __getitem__(self, tokens):
            return ["abcde".index(token) for token in tokens]

        def to_tokens(self, ids):
            return ["abcde"[i] for i in ids]

    assert len(generate(model, Letters(), "ab", 3, temperature=0)) == 5


@FORMS
def test_inputs_and_states_of_a_wrong_shape_are_refused(reset_after):
    gru, (X, H_0) = random_gru(reset_after), random_input()
    for wrong in (X[0], X[..., :3]):
        with pytest.raises(ValueError, match=r"give them as \(T, B, 5\)"):
            gru(wrong, [H_0])
    for wrong in (H_0[None], H_0[:1]):
        with pytest.raises(ValueError, match=r"take begin_state\(3\)"):
            gru(X, [wrong])


def test_the_update_bias_is_that_of_the_update_gate():
    layer = rnn.GRU(H, num_layers=2, input_size=D)
    layer.initialize(init.Uniform(0.5))
    set_update_bias(layer, 3)
    for param in (layer.l0_i2h_bias, layer.l1_i2h_bias):
        assert param.data().asnumpy().tolist() == [0] * H + [3] * H + [0] * H
    set_update_bias(layer, 50)
    state = np.random.uniform(-1, 1, (2, B, H))
    _, (after,) = layer(random_input()[0], [state])
    onp.testing.assert_allclose(after.asnumpy(), state.asnumpy(), atol=1e-6)  # all is kept
    with pytest.raises(ValueError, match="LSTM has no update gate"):
        set_update_bias(rnn.LSTM(H, input_size=D), 3)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 30), st.integers(2, 12))
def test_recall_batch(seed, batch_size, lag, num_symbols):
    X, labels = recall_batch(onp.random.default_rng(seed), batch_size, lag, num_symbols)
    assert X.shape == (lag + 1, batch_size, num_symbols + 1) and X.dtype == onp.float32
    assert labels.shape == (batch_size,) and labels.dtype == onp.int32
    symbols, marks = X[..., :-1], X[..., -1]
    assert set(onp.unique(symbols)) <= {0, 1} and (symbols.sum(axis=-1) == 1).all()
    assert (marks[0] == 1).all() and not marks[1:].any()
    assert (symbols[0].argmax(axis=-1) == labels).all()
    again, _ = recall_batch(onp.random.default_rng(seed), batch_size, lag, num_symbols)
    assert (again == X).all()


def test_recall_batch_gives_nothing_away():
    """All symbols are equally frequent, and no later step says anything about the label."""
    X, labels = recall_batch(onp.random.default_rng(0), 20_000, 3, 4)
    shares = onp.bincount(labels, minlength=4) / len(labels)
    assert abs(shares - 1 / 4).max() < 0.02
    for step in X[1:, :, :-1]:
        agreement = (step.argmax(axis=-1) == labels).mean()
        assert abs(agreement - 1 / 4) < 0.02


@pytest.mark.parametrize("arguments", [(0, 5, 4), (3, 0, 4), (3, 5, 1)])
def test_recall_batch_refuses_what_makes_no_task(arguments):
    with pytest.raises(ValueError, match="give at least 1, 1 and 2"):
        recall_batch(onp.random.default_rng(0), *arguments)


def test_last_step_reads_the_last_step_alone():
    net = LastStep(rnn.GRU(H, input_size=D), 2)
    net.initialize(init.Uniform(0.5))
    X, _ = random_input()
    outputs, _ = net.layer(X, net.layer.begin_state(batch_size=B))
    out = net(X).asnumpy()
    W, b = net.output.weight.data().asnumpy(), net.output.bias.data().asnumpy()
    onp.testing.assert_allclose(out, outputs.asnumpy()[-1] @ W.T + b, atol=1e-5)
    assert out.shape == (B, 2)


@pytest.mark.parametrize("layer", ["GRU", "LSTM"])
def test_train_task_learns_recall_of_a_short_lag(layer):
    net, rng = LastStep(getattr(rnn, layer)(16), 3), onp.random.default_rng(0)
    net.initialize(init.Uniform(0.25))

    def loss_function(outputs, labels):
        return cross_entropy(outputs[None], labels[:, None])

    losses = train_task(net, lambda: recall_batch(rng, 16, 2, 3), loss_function, 100, 0.03)
    assert len(losses) == 100 and all(type(loss) is float for loss in losses)
    assert abs(losses[0] - math.log(3)) < 0.3 and max(losses[-10:]) < 0.3


def test_train_task_clips_before_its_step(monkeypatch):
    """Adam hides the length of a single gradient, so we look at what the trainer is given."""
    import d2l_utils.gru as module

    norms = []

    class Trainer(module.gluon.Trainer):
        def step(self, batch_size):
            grads = [param.grad().asnumpy() for param in self._params]
            norms.append(math.sqrt(sum((grad**2).sum() for grad in grads)))
            super().step(batch_size)

    monkeypatch.setattr(module.gluon, "Trainer", Trainer)
    net, rng = LastStep(rnn.GRU(H), 1), onp.random.default_rng(0)
    net.initialize(init.Uniform(0.5))

    def batch():
        return rng.normal(size=(T, B, D)), None  # float64, as NumPy draws it

    train_task(net, batch, lambda outputs, _: 1000 * (outputs - 1).mean(), 3, 0.01, max_norm=0.5)
    onp.testing.assert_allclose(norms, 0.5, rtol=1e-4)
