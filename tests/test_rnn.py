"""The recurrent models: scratch against Gluon, gradients, clipping, evaluation, files."""

import math
import os

from d2l_utils.lang_model_dataset import Vocab, sequential_batches
from d2l_utils.rnn_gluon import LMGluon, adam_step, initialized, load_parameters, save_parameters
from d2l_utils.rnn_scratch import (
    LMScratch,
    RNNScratch,
    clip_gradients,
    cross_entropy,
    evaluate,
    generate,
    sgd,
    train,
    train_epoch,
)
from d2l_utils.sequence import set_seed

import numpy as onp
import pytest
from agreement import apart
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import gradient_errors
from mxnet import autograd, np
from mxnet.gluon import rnn

pytestmark = pytest.mark.usefixtures("numpy_mode", "seeded")
V, H, B, T = 7, 5, 3, 4


@pytest.fixture
def scratch():
    return LMScratch(RNNScratch(V, H), V)


@pytest.fixture
def gluon():
    return initialized(LMGluon(rnn.RNN(H, activation="tanh", input_size=V), V), H)


def batch(seed=0, rows=B, steps=T):
    rng = onp.random.default_rng(seed)
    return rng.integers(0, V, (rows, steps)), rng.integers(0, V, (rows, steps))


def copy_weights(scratch, net):
    W_xh, W_hh, b_h, W_hq, b_q = scratch.params
    pairs = [
        (net.rnn.l0_i2h_weight, W_xh.T),
        (net.rnn.l0_h2h_weight, W_hh.T),
        (net.rnn.l0_i2h_bias, b_h),
        (net.rnn.l0_h2h_bias, np.zeros_like(b_h)),
        (net.output.weight, W_hq.T),
        (net.output.bias, b_q),
    ]
    for param, value in pairs:
        param.set_data(value)


def gradients(model, X, Y):
    with autograd.record():
        loss = cross_entropy(model(X, model.begin_state(len(X)))[0], Y)
    loss.backward()
    return [grad.asnumpy() for grad in model.grads()]


def test_scratch_follows_the_equations(scratch, agreement):
    X, _ = batch()
    W_xh, W_hh, b_h, W_hq, b_q = (p.asnumpy() for p in scratch.params)
    h = onp.zeros((B, H))
    logits, state = scratch(X, scratch.begin_state(B))
    for t in range(T):
        h = onp.tanh(onp.eye(V)[X[:, t]] @ W_xh + h @ W_hh + b_h)
        onp.testing.assert_allclose(logits[t].asnumpy(), h @ W_hq + b_q, atol=1e-5)
        what = "Language model with the RNN from scratch: outputs"
        agreement(what, "its equations in NumPy", apart(logits[t], h @ W_hq + b_q))
    onp.testing.assert_allclose(state[0].asnumpy(), h, atol=1e-6)


def test_scratch_and_gluon_with_equal_weights_are_the_same_model(scratch, gluon, agreement):
    copy_weights(scratch, gluon)
    X, Y = batch()
    for model_state in (None, onp.full((B, H), 0.3, "float32")):
        states = [m.begin_state(B) for m in (scratch, gluon)]
        if model_state is not None:
            states = [[np.array(model_state)], [np.array(model_state[None])]]
        ours, (h,) = scratch(X, states[0])
        theirs, (h_gluon,) = gluon(X, states[1])
        onp.testing.assert_allclose(ours.asnumpy(), theirs.asnumpy(), atol=1e-5)
        onp.testing.assert_allclose(h.asnumpy(), h_gluon[0].asnumpy(), atol=1e-5)
        what, against = "Language model with the RNN from scratch", "the same with Gluon's RNN"
        agreement(f"{what}: outputs", against, max(apart(ours, theirs), apart(h, h_gluon[0])))
    ours, theirs = gradients(scratch, X, Y), gradients(gluon, X, Y)
    for a, b in ((ours[0].T, theirs[0]), (ours[1].T, theirs[1]), (ours[3].T, theirs[4])):
        agreement(f"{what}: gradients", against, apart(a, b))
    onp.testing.assert_allclose(ours[0].T, theirs[0], atol=1e-6)  # input weights
    onp.testing.assert_allclose(ours[1].T, theirs[1], atol=1e-6)  # state weights
    onp.testing.assert_allclose(ours[3].T, theirs[4], atol=1e-6)  # output weights


def test_scratch_gradient_against_finite_differences(agreement):
    model = LMScratch(RNNScratch(V, H, "float64"), V, "float64")
    X, Y = batch(1)

    def loss_of():
        return cross_entropy(model(X, model.begin_state(B))[0], Y)

    for error, largest in gradient_errors(loss_of, model.params):
        assert error < 1e-9
        what = "Language model with the RNN from scratch: gradients"
        agreement(what, "finite differences", error / largest)


def test_cross_entropy_is_the_mean_over_all_targets(agreement):
    rng = onp.random.default_rng(0)
    logits, Y = rng.normal(size=(T, B, V)), rng.integers(0, V, (B, T))
    log_probs = logits - onp.log(onp.exp(logits).sum(-1, keepdims=True))
    expected = -onp.mean([log_probs[t, b, Y[b, t]] for t in range(T) for b in range(B)])
    loss = cross_entropy(np.array(logits), Y)
    assert math.isclose(float(loss), expected, rel_tol=1e-5)
    agreement("Cross-entropy: value", "its definition in NumPy", apart(loss, expected))


@settings(deadline=None)
@given(st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=6), st.floats(0.1, 10))
def test_clipping_limits_the_norm_and_keeps_the_direction(values, max_norm):
    grads = [np.array([v]) for v in values]
    norm = onp.linalg.norm(values)
    assert math.isclose(clip_gradients(grads, max_norm), norm, rel_tol=1e-4, abs_tol=1e-6)
    scale = min(1, max_norm / norm) if norm else 1
    onp.testing.assert_allclose([float(g) for g in grads], scale * onp.array(values), rtol=1e-3, atol=1e-4)


def test_state_is_detached_between_minibatches(scratch):
    """The gradient of the second minibatch is the one from the carried state as a constant."""
    seen, (X1, Y1), (X2, Y2) = [], batch(1), batch(2)
    train_epoch(
        scratch,
        [(X1, Y1), (X2, Y2)],
        lambda: seen.append([g.asnumpy().copy() for g in scratch.grads()]),
        max_norm=math.inf,
    )
    _, state = scratch(X1, scratch.begin_state(B))
    with autograd.record():
        loss = cross_entropy(scratch(X2, state)[0], Y2)
    loss.backward()
    for ours, expected in zip(seen[1], scratch.grads(), strict=True):
        onp.testing.assert_allclose(ours, expected.asnumpy(), atol=1e-6)


def test_no_gradient_reaches_the_minibatch_before():
    """MXNet frees the graph of a loss, so that a state which the loss uses would hide the fault."""

    class Model:
        weight = np.ones((1, V))

        def begin_state(self, batch_size):
            return [np.zeros((1, V))]

        def grads(self):
            return [self.weight.grad]

        def __call__(self, X, state):
            logits = np.zeros((T, B, V)) + state[0] + 0 * self.weight
            return logits, [2 * self.weight]  # this loss ignores the new state

    model, seen = Model(), []
    model.weight.attach_grad()
    train_epoch(model, [batch(1), batch(2)], lambda: seen.append(float(abs(model.weight.grad).sum())))
    assert seen == [0, 0]


def test_state_is_carried_or_not(scratch):
    (X1, Y1), (X2, Y2) = batch(1), batch(2)
    carried = train_epoch(scratch, [(X1, Y1), (X2, Y2)], lambda: None)
    empty = train_epoch(scratch, [(X1, Y1), (X2, Y2)], lambda: None, carry_state=False)
    alone = [math.log(train_epoch(scratch, [b], lambda: None)) for b in ((X1, Y1), (X2, Y2))]
    assert math.isclose(math.log(empty), sum(alone) / 2, rel_tol=1e-5)
    assert not math.isclose(carried, empty, rel_tol=1e-5)


def test_perplexity_of_an_epoch_counts_tokens_not_minibatches(scratch):
    """The second minibatch has fewer steps; nothing is learned."""
    (X1, Y1), (X2, Y2) = batch(1), batch(2, steps=1)
    found = train_epoch(scratch, [(X1, Y1), (X2, Y2)], lambda: None, carry_state=False)
    losses = [float(cross_entropy(scratch(X, scratch.begin_state(B))[0], Y)) for X, Y in ((X1, Y1), (X2, Y2))]
    assert math.isclose(math.log(found), (T * losses[0] + losses[1]) / (T + 1), rel_tol=1e-5)
    assert not math.isclose(losses[0], losses[1], rel_tol=1e-2)


def test_an_empty_iterator_is_an_error(scratch):
    with pytest.raises(ValueError, match="no minibatch to train on"):
        train_epoch(scratch, [], lambda: None)


def test_a_single_token_leaves_nothing_to_evaluate(scratch):
    with pytest.raises(ValueError, match="leaves nothing to predict"):
        evaluate(scratch, onp.array([1]))


@pytest.mark.parametrize("num_steps", [1, 3, 7, 100])
def test_evaluation_reads_one_stream_however_it_is_cut(scratch, num_steps):
    ids = onp.random.default_rng(3).integers(0, V, 30)
    logits, _ = scratch(ids[None, :-1], scratch.begin_state(1))
    expected = math.exp(float(cross_entropy(logits, ids[None, 1:])))
    assert math.isclose(evaluate(scratch, ids, num_steps), expected, rel_tol=1e-4)


@pytest.mark.parametrize("make", ["scratch", "gluon"])
def test_perplexity_of_a_model_in_plain_python(make, request, agreement):
    """One token after the other, in Python's own numbers."""
    model, total, state = request.getfixturevalue(make), 0.0, None
    ids = onp.random.default_rng(4).integers(0, V, 25)
    for token, following in zip(ids, ids[1:], strict=False):
        logits, state = model(onp.array([[token]]), state or model.begin_state(1))
        weights = [math.exp(score) for score in logits[0, 0].asnumpy().tolist()]
        total -= math.log(weights[following] / sum(weights))
    difference = apart(evaluate(model, ids, 7), math.exp(total / 24))
    assert difference < 1e-5
    agreement("Perplexity of a network on a stream", "plain Python, token by token", difference)


@pytest.mark.parametrize("make", ["scratch", "gluon"])
def test_training_learns_a_period(make, request):
    """The sequence 1 2 3 1 2 3 ... has perplexity one for whoever has learned it."""
    model = request.getfixturevalue(make)
    ids = onp.tile([1, 2, 3], 100).astype("int32")
    step = adam_step(model) if make == "gluon" else lambda lr: sgd(model.params, lr)
    lr = 0.05 if make == "gluon" else 1.0
    scores = train(model, ids, ids[:40], step, sequential_batches, 8, lr, batch_size=2, num_steps=10)
    assert scores.shape == (8, 2) and scores[-1, 1] < 1.2 < scores[0, 0]


def test_generation_repeats_with_its_seed_and_greedily_without_one(gluon):
    vocab = Vocab("abcdef")
    drawn = [generate(gluon, vocab, "ab", 20, 1.0, onp.random.default_rng(s)) for s in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert drawn[0][:2] == ["a", "b"] and len(drawn[0]) == 22
    logits, _ = gluon(onp.array([vocab[["a", "b"]]]), gluon.begin_state(1))
    first = generate(gluon, vocab, "ab", 1, temperature=0)[-1]
    assert first == vocab.to_tokens(int(logits[-1, 0].asnumpy().argmax()))
    with pytest.raises(ValueError, match="the prefix is empty"):
        generate(gluon, vocab, "", 5)
    for temperature, rng in ((-1, onp.random.default_rng(0)), (1, None)):
        with pytest.raises(ValueError, match="above 0 it needs a NumPy Generator as rng"):
            generate(gluon, vocab, "ab", 5, temperature, rng)


def test_generation_is_as_if_all_were_read_anew_for_each_token(scratch):
    """So that neither the prefix nor the state is forgotten."""
    vocab, texts = Vocab("abcdef"), set()
    scratch.rnn.W_hh[:] *= 4
    for seed in range(8):
        ids = onp.random.default_rng(seed).integers(1, V, 4).tolist()
        written = generate(scratch, vocab, vocab.to_tokens(ids), 12, temperature=0)
        for _ in range(12):
            logits, _ = scratch(onp.array([ids]), scratch.begin_state(1))
            ids.append(int(logits[-1, 0].asnumpy().argmax()))
        assert written == vocab.to_tokens(ids)
        texts.add("".join(written[4:]))
    assert len(texts) > 4  # the model's choice depends on what it has read


@pytest.mark.parametrize("temperature, share", [(1, 2 / 3), (0.5, 4 / 5), (2, 2**0.5 / (1 + 2**0.5))])
def test_generation_divides_logits_by_the_temperature(temperature, share):
    class Model:
        def begin_state(self, batch_size):
            return []

        def __call__(self, X, state):
            return np.log(np.array([[[1e-30, 1, 2]]])), state

    tokens = generate(Model(), Vocab("ab"), "a", 4000, temperature, onp.random.default_rng(0))
    assert abs(tokens[1:].count("b") / 4000 - share) < 0.03  # four standard errors


def test_training_clips_before_its_step(scratch):
    norms = []

    def step():
        norms.append(math.sqrt(sum(float((grad**2).sum()) for grad in scratch.grads())))

    for max_norm in (1e-3, 1e3):
        train_epoch(scratch, [batch(1)], step, max_norm)
    assert math.isclose(norms[0], 1e-3, rel_tol=1e-3) and norms[1] > 0.1


def test_the_learning_rate_falls_in_a_straight_line(scratch):
    rates, ids = [], onp.arange(100) % V
    train(scratch, ids, None, rates.append, sequential_batches, 4, 2.0, batch_size=2, num_steps=10)
    assert rates == [rate for rate in (2.0, 1.5, 1.0, 0.5) for _ in range(99 // 20)]


def test_weights_fill_the_range_of_the_hidden_units(gluon):
    for name, param in gluon.collect_params().items():
        largest = float(abs(param.data()).max())
        assert largest == 0 if name.endswith("bias") else 0.8 * H**-0.5 < largest <= H**-0.5


def test_dropout_silences_units_for_all_steps_of_a_row_and_in_training_only():
    net = initialized(LMGluon(rnn.RNN(H, activation="tanh", input_size=V), V, dropout=0.5), H)
    X, _ = batch(rows=20)
    plain = net(X, net.begin_state(20))[0].asnumpy()
    assert (net(X, net.begin_state(20))[0].asnumpy() == plain).all()
    net.output.weight.set_data(np.eye(V, H))  # the first H logits are the units that are left
    with autograd.train_mode():
        logits = net(X, net.begin_state(20))[0].asnumpy()[..., :H]  # (T, 20, H)
    silent = logits == 0
    assert 0.3 < silent.mean() < 0.7
    assert (silent == silent[0]).all()
    assert not (silent[0] == silent[0, 0]).all()


def test_gradient_with_dropout_against_finite_differences(agreement):
    """The same seed draws the same units; single precision and a fused layer allow a coarse check."""
    net = initialized(LMGluon(rnn.RNN(H, activation="tanh", input_size=V), V, dropout=0.5), H)
    X, Y = batch(2)

    def loss_with_seed():
        set_seed(5)
        with autograd.record():
            return cross_entropy(net(X, net.begin_state(B))[0], Y)

    arrays = [param.data() for param in net.collect_params().values()]
    for error, largest in gradient_errors(loss_with_seed, arrays, eps=0.01, most=12):
        assert error < 1e-3
        what = "Concise language model with dropout, single precision: gradients"
        agreement(what, "finite differences", error / largest)


def test_parameters_survive_a_file_that_numpy_reads(gluon, tmp_path):
    path = tmp_path / "model.npz"
    save_parameters(gluon, path)
    X, _ = batch()
    other = initialized(LMGluon(rnn.RNN(H, activation="tanh", input_size=V), V), H)
    before = other(X, other.begin_state(B))[0].asnumpy()
    load_parameters(other, path)
    after = other(X, other.begin_state(B))[0].asnumpy()
    expected = gluon(X, gluon.begin_state(B))[0].asnumpy()
    assert (after == expected).all() and not (before == expected).all()
    with onp.load(path, allow_pickle=False) as arrays:
        assert arrays["output.weight"].shape == (V, H)
    assert os.listdir(tmp_path) == ["model.npz"]


def test_parameters_of_another_model_are_refused_and_nothing_changes(gluon, tmp_path):
    path = tmp_path / "model.npz"
    save_parameters(gluon, path)
    other = initialized(LMGluon(rnn.RNN(H + 1, activation="tanh", input_size=V), V), H)
    before = [p.data().asnumpy() for p in other.collect_params().values()]
    with pytest.raises(ValueError, match="holds another model"):
        load_parameters(other, path)
    after = [p.data().asnumpy() for p in other.collect_params().values()]
    assert all((a == b).all() for a, b in zip(before, after, strict=True))


def test_a_failed_write_leaves_the_old_file(gluon, tmp_path, monkeypatch):
    path = tmp_path / "model.npz"
    path.write_bytes(b"old")

    def fail(*arguments, **named):
        raise OSError("disk full")

    monkeypatch.setattr(onp, "savez", fail)
    with pytest.raises(OSError, match="disk full"):
        save_parameters(gluon, path)
    assert path.read_bytes() == b"old"
