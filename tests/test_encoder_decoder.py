"""The encoder-decoder interface: masked loss, state at the valid length, greedy writing."""

import math

from d2l_utils.encoder_decoder import (
    Decoder,
    Encoder,
    EncoderDecoder,
    greedy,
    last_valid,
    masked_cross_entropy,
)
from d2l_utils.sequence import set_seed

import numpy as onp
import pytest
from agreement import apart
from hypothesis import given, settings
from hypothesis import strategies as st
from mxnet import autograd, gluon, init, np, npx
from mxnet.gluon import nn, rnn

pytestmark = pytest.mark.usefixtures("numpy_mode", "seeded")
V, H, BOS, EOS = 6, 7, 2, 3


class ToyEncoder(Encoder):
    def __init__(self):
        super().__init__()
        self.rnn = rnn.GRU(H, input_size=V)

    def forward(self, src, src_len):
        X = npx.one_hot(np.array(src.T, dtype="int32"), V)
        outputs, _ = self.rnn(X, self.rnn.begin_state(batch_size=len(src)))
        return [last_valid(outputs, src_len)]


class ToyDecoder(Decoder):
    def __init__(self):
        super().__init__()
        self.rnn, self.output = rnn.GRU(H, input_size=V), nn.Dense(V, in_units=H, flatten=False)
        self.calls = []

    def init_state(self, encoding):
        return encoding

    def forward(self, tgt, state):
        self.calls.append(tgt.shape)
        X = npx.one_hot(np.array(tgt.T, dtype="int32"), V)
        outputs, (H,) = self.rnn(X, [state[0][None]])
        return self.output(outputs), [H[0]]


@pytest.fixture
def net():
    net = EncoderDecoder(ToyEncoder(), ToyDecoder())
    net.initialize(init.Uniform(1.0))
    return net


def minibatch(rows, steps, seed=0):
    """Return source ids (rows, steps), padded with 1 behind their lengths, and the lengths."""
    rng = onp.random.default_rng(seed)
    lengths = rng.integers(1, steps + 1, rows)
    ids = rng.integers(4, V, (rows, steps))
    ids[onp.arange(steps) >= lengths[:, None]] = 1
    return ids, lengths


def close(x, y):
    x, y = (value.asnumpy() if isinstance(value, np.ndarray) else value for value in (x, y))
    return onp.allclose(x, y, rtol=1e-4, atol=1e-5)


def test_abstract_classes_say_what_is_missing():
    with pytest.raises(NotImplementedError, match="a subclass of Encoder has to define forward"):
        Encoder()(onp.zeros((1, 1)), onp.ones(1))
    with pytest.raises(NotImplementedError, match="a subclass of Decoder has to define init_state"):
        Decoder().init_state([])
    with pytest.raises(NotImplementedError, match="a subclass of Decoder has to define forward"):
        Decoder()(onp.zeros((1, 1)), [])


def test_teacher_forcing_is_encoding_then_decoding(net):
    src, src_len = minibatch(3, 4)
    tgt = onp.array([[BOS, 4, 5], [BOS, 5, 5], [BOS, 4, 4]])
    logits = net(src, src_len, tgt)
    assert logits.shape == (3, 3, V)
    state = net.encode(src, src_len)
    assert [s.shape for s in state] == [(3, H)]
    for t in range(3):
        step, state = net.decoder(tgt[:, t : t + 1], state)
        assert close(step[0], logits[t])


def test_gradients_reach_both_halves(net):
    src, src_len = minibatch(3, 4)
    tgt, tgt_len = onp.array([[BOS, 4, EOS, 1], [BOS, 5, 4, EOS], [BOS, EOS, 1, 1]]), [2, 3, 1]

    def loss():
        return masked_cross_entropy(net(src, src_len, tgt[:, :-1]), tgt[:, 1:], tgt_len)

    with autograd.record():
        value = loss()
    value.backward()
    grads, params = net.grads(), list(net.collect_params().values())
    assert len(grads) == len(params) == 10
    for param in params:
        gradient = param.grad().asnumpy()
        place = onp.unravel_index(onp.abs(gradient).argmax(), gradient.shape)
        kept, changed = param.data().asnumpy(), []
        for sign in (1, -1):
            moved = kept.copy()
            moved[place] += sign * 1e-2
            param.set_data(np.array(moved))
            changed.append(float(loss()))
        param.set_data(np.array(kept))
        assert gradient[place] != 0
        assert (changed[0] - changed[1]) / 2e-2 == pytest.approx(float(gradient[place]), rel=1e-2)


def test_a_row_does_not_depend_on_its_minibatch(net):
    src, src_len = minibatch(5, 6)
    tgt = onp.full((5, 1), BOS)
    together = net(src, src_len, tgt).asnumpy()
    for row in range(5):
        alone = net(src[row : row + 1, : src_len[row]], src_len[row : row + 1], tgt[:1])
        assert close(alone[:, 0], together[:, row])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5), st.integers(1, 6), st.integers(0, 99))
def test_last_valid_takes_the_last_real_step(B, T, seed):
    rng = onp.random.default_rng(seed)
    outputs, lengths = rng.normal(size=(T, B, 3)).astype("float32"), rng.integers(1, T + 1, B)
    taken = last_valid(np.array(outputs), lengths)
    assert close(taken, [outputs[n - 1, b] for b, n in enumerate(lengths)])


def test_the_gradient_of_last_valid_goes_to_that_step_alone():
    outputs, weight = np.zeros((4, 2, 3)), np.random.normal(size=(2, 3))
    outputs.attach_grad()
    with autograd.record():
        total = (last_valid(outputs, [3, 1]) * weight).sum()
    total.backward()
    expected = onp.zeros((4, 2, 3))
    expected[2, 0], expected[0, 1] = weight.asnumpy()
    assert close(outputs.grad, expected)


@pytest.mark.parametrize("lengths", [[0, 1], [1, 5], [1], [1, 1, 1]])
def test_lengths_out_of_range(lengths):
    with pytest.raises(ValueError, match="valid_len needs 2 lengths from 1 to 4"):
        last_valid(np.zeros((4, 2, 3)), lengths)


def test_masked_loss_by_hand():
    p = onp.array([[1 / 2, 1 / 4, 1 / 2], [1 / 8, 1 / 2, 1 / 2]])
    logits = np.array(onp.log(onp.stack([p.T, 1 - p.T], axis=-1)))
    loss = masked_cross_entropy(logits, onp.zeros((2, 3)), [3, 1])
    assert float(loss) / math.log(2) == pytest.approx(7 / 4, rel=1e-6)


def test_masked_loss_agrees_with_its_definition(agreement):
    for seed in range(20):
        rng = onp.random.default_rng(seed)
        logits, labels = rng.normal(size=(5, 4, V)).astype("float32"), rng.integers(0, V, (4, 5))
        lengths = [*rng.integers(0, 6, 3), 5]
        log_p = logits - onp.log(onp.exp(logits.astype("float64")).sum(-1, keepdims=True))
        expected = -onp.mean([log_p[t, b, labels[b, t]] for b in range(4) for t in range(lengths[b])])
        difference = apart(masked_cross_entropy(np.array(logits), labels, lengths), expected)
        assert difference < 1e-5
        agreement("Masked loss: value", "its definition in NumPy", difference)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 4), st.integers(1, 5), st.integers(0, 3), st.integers(0, 99))
def test_masked_loss_is_the_mean_over_real_tokens(B, T, more, seed):
    rng = onp.random.default_rng(seed)
    lengths = rng.integers(0, T + 1, B)
    lengths[0] = rng.integers(1, T + 1)
    logits, labels = rng.normal(size=(T, B, V)).astype("float32"), rng.integers(0, V, (B, T))
    log_p = logits - onp.log(onp.exp(logits).sum(-1, keepdims=True))
    real = [log_p[t, b, labels[b, t]] for b in range(B) for t in range(lengths[b])]
    loss = masked_cross_entropy(np.array(logits), labels, lengths)
    assert close(loss, -onp.mean(real))
    # Whatever stands at the padding, and however much of it there is.
    wide = rng.normal(size=(T + more, B, V)).astype("float32") * 9
    wide_labels = rng.integers(0, V, (B, T + more))
    for b, n in enumerate(lengths):
        wide[:n, b], wide_labels[b, :n] = logits[:n, b], labels[b, :n]
    assert close(masked_cross_entropy(np.array(wide), wide_labels, lengths), loss)


def test_no_gradient_comes_from_the_padding():
    logits = np.random.normal(size=(4, 3, V))
    logits.attach_grad()
    with autograd.record():
        loss = masked_cross_entropy(logits, onp.ones((3, 4)), [4, 2, 0])
    loss.backward()
    gradient = onp.abs(logits.grad.asnumpy()).sum(axis=-1).T  # (B, T)
    assert ((gradient > 0) == (onp.arange(4) < onp.array([[4], [2], [0]]))).all()


@pytest.mark.parametrize(
    "labels, lengths, message",
    [
        ((4, 3), [1, 1, 1], r"need \(3, 4\) and \(3,\): not labels \(4, 3\) and valid_len \(3,\)"),
        ((3, 4), [1, 1], r"need \(3, 4\) and \(3,\): not labels \(3, 4\) and valid_len \(2,\)"),
        ((3, 4), [0, 0, 0], "valid_len must be from 0 to 4, not all 0"),
        ((3, 4), [5, 1, 1], "valid_len must be from 0 to 4, not all 0"),
        ((3, 4), [2, -1, 1], "valid_len must be from 0 to 4, not all 0"),
    ],
)
def test_what_the_loss_refuses(labels, lengths, message):
    with pytest.raises(ValueError, match=message):
        masked_cross_entropy(np.zeros((4, 3, V)), onp.zeros(labels), lengths)


def step_by_step(net, src, src_len, max_len):
    """Greedy writing for one row, as plainly as can be."""
    state, token, written = net.encode(src, src_len), BOS, []
    while len(written) < max_len:
        logits, state = net.decoder(onp.array([[token]]), state)
        token = int(logits.asnumpy()[0, 0].argmax())
        if token == EOS:
            break
        written.append(token)
    return written


def test_greedy_writes_for_all_rows_what_it_writes_for_each(net, agreement):
    ends = set()
    for seed in range(8):
        set_seed(seed)
        net.initialize(init.Uniform(1.5), force_reinit=True)
        src, src_len = minibatch(6, 5, seed)
        together = greedy(net, src, src_len, BOS, EOS, max_len=9)
        for row in range(6):
            one = src[row : row + 1], src_len[row : row + 1]
            assert together[row] == step_by_step(net, *one, 9)
            assert greedy(net, *one, BOS, EOS, 9) == [together[row]]
            different = together[row] != step_by_step(net, *one, 9)
            agreement("Greedy writing of a whole minibatch", "one row alone, step by step", different)
        ends |= {len(written) for written in together}
    assert len(ends) > 2 and 9 in ends  # some ended early, some at the limit


def test_greedy_calls_the_decoder_once_a_step_for_the_whole_minibatch(net):
    src, src_len = minibatch(4, 5)
    net.decoder.output.bias.set_data(np.array([0, 0, 0, -99.0, 0, 0]))  # it never ends
    written = greedy(net, src, src_len, BOS, EOS, max_len=6)
    assert net.decoder.calls == [(4, 1)] * 6
    assert [len(tokens) for tokens in written] == [6] * 4
    assert greedy(net, src, src_len, BOS, EOS, max_len=0) == [[]] * 4


def test_greedy_stops_when_all_have_ended(net):
    src, src_len = minibatch(4, 5)
    net.decoder.output.bias.set_data(np.array([0, 0, 0, 99.0, 0, 0]))
    assert greedy(net, src, src_len, BOS, EOS, max_len=6) == [[]] * 4
    assert net.decoder.calls == [(4, 1)]


def test_a_tiny_task_is_learned(net):
    """Two of the symbols 0 4 5 in, the same in reverse out: nine strings, learned by heart."""
    symbols = (0, 4, 5)
    src = onp.array([[a, b, EOS] for a in symbols for b in symbols])
    tgt = onp.array([[BOS, b, a, EOS] for a in symbols for b in symbols])
    lengths, trainer = onp.full(9, 3), gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.03})
    for _ in range(150):
        with autograd.record():
            loss = masked_cross_entropy(net(src, lengths, tgt[:, :-1]), tgt[:, 1:], lengths)
        loss.backward()
        trainer.step(1)
    assert greedy(net, src, lengths, BOS, EOS, 5) == [[b, a] for a in symbols for b in symbols]
