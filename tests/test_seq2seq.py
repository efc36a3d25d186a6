"""The translator: context, padding, gradients, loss, training, decoding in batches, baselines."""

import math
from types import SimpleNamespace

from d2l_utils import seq2seq
from d2l_utils.encoder_decoder import EncoderDecoder, masked_cross_entropy
from d2l_utils.lang_model_dataset import Vocab
from d2l_utils.machine_translation import (
    BOS,
    EOS,
    PAD,
    PAD_ID,
    UNK_ID,
    encode_source,
    encode_target,
    translation_batches,
)
from d2l_utils.rnn_gluon import adam_step
from d2l_utils.seq2seq import (
    Seq2SeqDecoder,
    Seq2SeqEncoder,
    bleu,
    bleu_counts,
    bleu_of_counts,
    bootstrap,
    mean_loss,
    nearest_neighbours,
    new_seq2seq,
    train_on_batches,
    train_translator,
    translate_greedy,
)

import numpy as onp
import pytest
from agreement import apart
from layers import gradient_errors
from mxnet import autograd, np

pytestmark = pytest.mark.usefixtures("numpy_mode", "seeded")
V, E, H = 9, 4, 5
SRC = onp.array([[4, 5, 6, 7, 3], [8, 4, 3, 1, 1], [3, 1, 1, 1, 1]])
SRC_LEN = onp.array([5, 3, 1])
TGT = onp.array([[2, 4, 5, 6, 3], [2, 7, 3, 1, 1], [2, 8, 8, 3, 1]])
TGT_LEN = onp.array([4, 2, 3])


@pytest.fixture
def net():
    return new_seq2seq(V, V, E, H)


def pairs_of_a_toy(count, seed=0, longest=3):
    """Sources of the words a to f; each target says the same in capitals, in another order."""
    rng = onp.random.default_rng(seed)
    sources = [
        [str(w) for w in rng.choice(list("abcdef"), rng.integers(1, longest + 1))] for _ in range(count)
    ]
    return [(source, [word.upper() for word in [*source[1:], source[0]]]) for source in sources]


def toy_data(count=300):
    train, valid = pairs_of_a_toy(count), pairs_of_a_toy(40, seed=1)
    vocabs = [Vocab((t for pair in train for t in pair[side]), 1, (PAD, BOS, EOS)) for side in (0, 1)]
    return SimpleNamespace(train=train, valid=valid, src_vocab=vocabs[0], tgt_vocab=vocabs[1])


@pytest.fixture(scope="module")
def translator():
    settings = {"embed_size": 16, "num_hiddens": 32, "dropout": 0.0, "batch_size": 32}
    return train_translator(toy_data(), num_epochs=24, **settings)


def close(a, b, tolerance=1e-5):
    onp.testing.assert_allclose(a.asnumpy(), b.asnumpy(), atol=tolerance)


def gru(x, h, layer):
    """One step of Gluon's GRU in NumPy, x (D,), h (H,)."""
    names = ("i2h_weight", "h2h_weight", "i2h_bias", "h2h_bias")
    W, U, b, c = (getattr(layer, f"l0_{name}").data().asnumpy() for name in names)
    (xr, xz, xn), (hr, hz, hn) = onp.split(W @ x + b, 3), onp.split(U @ h + c, 3)
    r, z = 1 / (1 + onp.exp(-xr - hr)), 1 / (1 + onp.exp(-xz - hz))
    return (1 - z) * onp.tanh(xn + r * hn) + z * h


def test_network_follows_the_equations(net, agreement):
    logits = net(SRC, SRC_LEN, TGT[:, :-1]).asnumpy()
    tables = [half.embedding.weight.data().asnumpy() for half in (net.encoder, net.decoder)]
    W, b = (p.data().asnumpy() for p in (net.decoder.output.weight, net.decoder.output.bias))
    for row in range(len(SRC)):
        c = onp.zeros(H)
        for token in SRC[row, : SRC_LEN[row]]:  # (14.1)
            c = gru(tables[0][token], c, net.encoder.rnn)
        s = c
        for t in range(TGT_LEN[row]):  # (14.2), (14.3)
            s = gru(onp.concatenate([tables[1][TGT[row, t]], c]), s, net.decoder.rnn)
            onp.testing.assert_allclose(logits[t, row], W @ s + b, atol=1e-5)
            agreement("Translator: outputs", "its equations in NumPy", apart(logits[t, row], W @ s + b))


def test_padding_has_no_influence(net):
    more = {"constant_values": PAD_ID, "pad_width": ((0, 0), (0, 6))}
    close(net.encoder(onp.pad(SRC, **more), SRC_LEN)[0], net.encoder(SRC, SRC_LEN)[0])
    results = []
    for src, tgt in ((SRC, TGT), (onp.pad(SRC, **more), onp.pad(TGT, **more))):
        with autograd.record():
            loss = masked_cross_entropy(net(src, SRC_LEN, tgt[:, :-1]), tgt[:, 1:], TGT_LEN)
        loss.backward()
        results.append((float(loss), [grad.copy() for grad in net.grads()]))
    assert math.isclose(results[0][0], results[1][0], rel_tol=1e-5)
    for a, b in zip(results[0][1], results[1][1], strict=True):
        close(a, b, 1e-6)


def test_what_stands_in_the_padding_has_no_influence(net):
    other = onp.where(SRC == PAD_ID, 8, SRC)
    close(net.encoder(other, SRC_LEN)[0], net.encoder(SRC, SRC_LEN)[0])


def test_rows_alone_have_the_context_of_the_minibatch(net):
    (together,) = net.encoder(SRC, SRC_LEN)
    for row, length in enumerate(SRC_LEN):
        (alone,) = net.encoder(SRC[row : row + 1, :length], SRC_LEN[row : row + 1])
        close(alone, together[row : row + 1])


def test_context_stays_that_of_the_encoder(net):
    (context,) = net.encoder(SRC, SRC_LEN)
    state = net.encode(SRC, SRC_LEN)
    close(state[1], context)
    for t in range(20):
        before = state
        _, state = net.decoder(TGT[:, t % 4 : t % 4 + 1], state)
        assert float(np.abs(state[1] - before[1]).max()) > 1e-4  # the GRU moves
    assert (state[0] == context).all()
    assert [s.shape for s in state] == [(3, H), (3, H)]


def test_context_is_read_at_every_step(net):
    """Two encodings, one state of the GRU: the outputs differ at the first and at later steps."""
    (context,) = net.encoder(SRC, SRC_LEN)
    ours, _ = net.decoder(TGT, [context, context])
    theirs, _ = net.decoder(TGT, [context + 0.5, context])
    assert (np.abs(ours - theirs).max(axis=-1) > 1e-4).all()


def test_token_by_token_is_the_same_as_at_once(net):
    logits = net(SRC, SRC_LEN, TGT)
    state = net.encode(SRC, SRC_LEN)
    for t in range(TGT.shape[1]):
        step, state = net.decoder(TGT[:, t : t + 1], state)
        close(step[0], logits[t])


def test_rows_of_the_state_can_be_taken(net):
    """What a search does that keeps some of its hypotheses."""
    state, rows = net.encode(SRC, SRC_LEN), [2, 0, 0]
    logits, _ = net.decoder(TGT[rows], [np.array(s.asnumpy()[rows]) for s in state])
    onp.testing.assert_allclose(logits.asnumpy(), net(SRC, SRC_LEN, TGT).asnumpy()[:, rows], atol=1e-5)


def test_gradient_against_finite_differences(net, agreement):
    """In single precision, the only one in which Gluon's layers are right: large steps, loose bounds."""

    def loss_of_net():
        return masked_cross_entropy(net(SRC, SRC_LEN, TGT[:, :-1]), TGT[:, 1:], TGT_LEN)

    arrays = [param.data() for param in net.collect_params().values()]
    worst, largest = onp.max(list(gradient_errors(loss_of_net, arrays, eps=1e-2, most=25)), axis=0)
    assert worst < 4e-4
    assert largest > 0.05  # or the bound would prove nothing
    agreement("Translator, single precision: gradients", "finite differences", worst / largest)


def test_masked_loss_is_the_sum_over_real_tokens_divided_once():
    logits = onp.random.default_rng(0).normal(size=(4, 3, V))
    log_p = logits - onp.log(onp.exp(logits).sum(-1, keepdims=True))
    labels = TGT[:, 1:]
    costs = [-log_p[t, b, labels[b, t]] for b in range(3) for t in range(TGT_LEN[b])]
    loss = float(masked_cross_entropy(np.array(logits), labels, TGT_LEN))
    assert len(costs) == 9 and math.isclose(loss, sum(costs) / 9, rel_tol=1e-5)


def test_training_step_uses_that_loss_and_right_histories(net):
    loss = float(masked_cross_entropy(net(SRC, SRC_LEN, TGT[:, :-1]), TGT[:, 1:], TGT_LEN))
    norms = []

    def step(rate):
        norms.append(rate * math.sqrt(sum(float((grad**2).sum()) for grad in net.grads())))

    for max_norm in (math.inf, 0.1):
        batches = [(SRC, SRC_LEN, TGT, TGT_LEN)]
        assert math.isclose(train_on_batches(net, batches, step, [2], max_norm), loss, rel_tol=1e-5)
    assert norms[0] > 0.2 and math.isclose(norms[1], 0.2, rel_tol=1e-4)


def test_running_loss_counts_tokens_not_minibatches(net):
    batches = [(SRC, SRC_LEN, TGT, TGT_LEN), (SRC[1:2], SRC_LEN[1:2], TGT[1:2], TGT_LEN[1:2])]
    alone = [train_on_batches(net, [batch], lambda rate: None, [0]) for batch in batches]
    both = train_on_batches(net, batches, lambda rate: None, [0, 0])
    assert math.isclose(both, (9 * alone[0] + 2 * alone[1]) / 11, rel_tol=1e-5)
    assert not math.isclose(alone[0], alone[1], rel_tol=3e-3)


@pytest.mark.parametrize("batch_size", [1, 7, 100])
def test_mean_loss_counts_tokens_not_minibatches(batch_size):
    data = toy_data(40)
    net = new_seq2seq(len(data.src_vocab), len(data.tgt_vocab), E, H)
    src, src_len = encode_source([s for s, _ in data.valid], data.src_vocab)
    tgt, tgt_len = encode_target([t for _, t in data.valid], data.tgt_vocab)
    expected = float(masked_cross_entropy(net(src, src_len, tgt[:, :-1]), tgt[:, 1:], tgt_len))
    assert math.isclose(mean_loss(net, data, data.valid, batch_size), expected, rel_tol=1e-4)


def test_dropout_works_in_training_alone(net):
    wet = new_seq2seq(V, V, E, H, dropout=0.5)
    same = [(wet(SRC, SRC_LEN, TGT) == wet(SRC, SRC_LEN, TGT)).all()]
    with autograd.record():
        same.append((wet(SRC, SRC_LEN, TGT) == wet(SRC, SRC_LEN, TGT)).all())
        dry = (net(SRC, SRC_LEN, TGT) == net(SRC, SRC_LEN, TGT)).all()
    assert same == [True, False] and dry


def test_translator_learns_to_reorder_words(translator):
    sources, targets = zip(*toy_data().valid, strict=True)
    outputs = translate_greedy(translator, sources)
    assert sum(map(list.__eq__, outputs, targets)) >= 36  # of 40
    assert translator.losses.shape == (24, 2) and translator.losses[-1, 1] < 0.2 < translator.losses[0, 1]
    assert translator.max_len == 3


def test_weights_of_the_best_epoch_are_kept():
    """What the training pairs teach is wrong for these validation pairs, so the loss soon rises."""
    data = toy_data(60)
    data.valid = [(source, ["F"] * 5) for source, _ in data.valid]
    settings = {"embed_size": 8, "num_hiddens": 8, "batch_size": 8, "num_epochs": 6}
    translator = train_translator(data, 3, **settings)
    losses = translator.losses[:, 1]
    assert losses.argmin() < 5  # or the test proves nothing
    assert math.isclose(mean_loss(translator.net, data, data.valid), losses.min(), rel_tol=1e-5)


def test_training_repeats_with_its_seed():
    data, settings = toy_data(60), {"embed_size": 8, "num_hiddens": 8, "num_epochs": 2}
    first, again, other = (train_translator(data, seed, **settings).losses for seed in (1, 1, 2))
    assert (first == again).all() and not (first == other).any()


def test_output_weights_learn_faster():
    data = toy_data(60)
    net = new_seq2seq(len(data.src_vocab), len(data.tgt_vocab), 8, 8)
    moved = []
    for factor in (1, 4):
        net.decoder.output.weight.lr_mult = factor
        before = net.decoder.output.weight.data().copy()
        step = adam_step(net)
        batch = next(
            translation_batches(data.train, data.src_vocab, data.tgt_vocab, 60, onp.random.default_rng(0))
        )
        train_on_batches(net, [batch], step, [0.01])
        moved.append(float(np.abs(net.decoder.output.weight.data() - before).max()))
    assert math.isclose(moved[1], 4 * moved[0], rel_tol=1e-2)
    assert translator_rates(data) == {"decoder.output.weight"}


def translator_rates(data):
    """The parameters of a trained translator that do not learn at the common rate."""
    net = train_translator(data, embed_size=8, num_hiddens=8, num_epochs=1).net
    return {name for name, p in net._collect_params_with_prefix().items() if p.lr_mult != 1}


def test_the_learning_rate_falls_in_a_straight_line(monkeypatch):
    rates, right = [], seq2seq.train_on_batches

    def watched(net, batches, step, rates_of_epoch):
        rates.extend(rates_of_epoch)
        return right(net, batches, step, rates_of_epoch)

    monkeypatch.setattr(seq2seq, "train_on_batches", watched)
    settings = {"embed_size": 4, "num_hiddens": 4, "batch_size": 30}
    train_translator(toy_data(60), num_epochs=2, lr=0.4, **settings)
    onp.testing.assert_allclose(rates, [0.4, 0.3, 0.2, 0.1])


@pytest.mark.parametrize("num_epochs", [0, -1])
def test_training_for_no_epoch_is_an_error(num_epochs):
    with pytest.raises(ValueError, match="at least one epoch"):
        train_translator(toy_data(20), num_epochs=num_epochs)


def test_a_loss_that_is_no_number_is_an_error():
    with pytest.raises(ValueError, match="lower lr"):
        train_translator(toy_data(60), embed_size=8, num_hiddens=8, num_epochs=8, batch_size=8, lr=1e30)


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_a_sentence_translates_the_same_alone_and_in_any_batch(translator, batch_size):
    sentences = [source for source, _ in pairs_of_a_toy(30, seed=5, longest=7)]
    sentences += [[], ["a", "unheard", "of"], ["unheard"], list("abcdef") * 3]
    order = onp.random.default_rng(1).permutation(len(sentences))
    alone = [translate_greedy(translator, [sentence])[0] for sentence in sentences]
    shuffled = translate_greedy(translator, [sentences[i] for i in order], batch_size)
    assert [alone[i] for i in order] == shuffled
    assert len({tuple(output) for output in alone}) > 20


def test_outputs_are_tokens_and_bounded(translator):
    outputs = translate_greedy(translator, [list("abcdef") * 4, ["unheard"], [], ("a", "b")])
    assert all(len(output) <= translator.max_len for output in outputs)
    assert all(token in translator.tgt_vocab.token_to_idx for output in outputs for token in output)
    assert not {BOS, EOS} & {token for output in outputs for token in output}
    assert outputs[3] == ["B", "A"]
    assert translate_greedy(translator, []) == []
    assert translator.src_vocab["unheard"] == UNK_ID


def test_other_decoders_fit_the_encoder():
    """The two halves share nothing but the context's width."""
    net = EncoderDecoder(Seq2SeqEncoder(7, 3, H), Seq2SeqDecoder(V, 6, H))
    net.initialize()
    assert net(SRC % 7, SRC_LEN, TGT).shape == (5, 3, V)


PAIRS = [
    (["the", "cat", "sleeps"], ["le", "chat", "dort"]),
    (["the", "dog", "sleeps", "here"], ["le", "chien", "dort", "ici"]),
    (["a", "dog"], ["un", "chien"]),
]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (["the", "cat", "sleeps"], 0),
        (["cat", "the", "sleeps"], 0),  # sets of words: the order does not matter
        (["the", "the", "dog", "eats", "here"], 1),  # 3 of 5, against 1 of 6 and 1 of 5
        (["dog"], 2),  # 1 of 2, against 1 of 4
        (["the", "cat", "dog", "sleeps", "here"], 1),  # 4 of 5, against 3 of 5: both are all of the source
        (["the", "sleeps"], 0),  # 2 of 3, against 2 of 4
        (["unheard"], 0),
        ([], 0),
    ],
)
def test_nearest_neighbour(sentence, expected):
    assert nearest_neighbours(PAIRS, [sentence]) == [PAIRS[expected][1]]


def test_nearest_neighbours_come_in_order():
    sentences = [source for source, _ in PAIRS]
    assert nearest_neighbours(PAIRS, sentences[::-1]) == [target for _, target in PAIRS[::-1]]


def test_bootstrap_is_centred_and_paired():
    rng = onp.random.default_rng(0)
    refs = [[[str(t) for t in rng.integers(0, 9, 8)]] for _ in range(200)]
    good = [r[0][:7] if rng.random() < 0.5 else ["x", *r[0][3:]] for r in refs]
    poor = [[*candidate[:-1], "y"] for candidate in good]
    counts = [onp.array([bleu_counts(o, r) for o, r in zip(out, refs, strict=True)]) for out in (good, poor)]
    draws = [bootstrap(table, 400) for table in counts]
    assert draws[0].shape == (400,)
    assert abs(draws[0].mean() - bleu(good, refs)) < 0.5
    assert 0.1 < draws[0].std() < 3
    assert (draws[0] == bootstrap(counts[0], 400)).all()
    assert (draws[0] != bootstrap(counts[0], 400, seed=1)).any()
    alone = bootstrap(counts[1], 400, seed=1)
    assert (draws[0] - draws[1]).std() < (draws[0] - alone).std()  # the same draws for both
    assert bleu_of_counts(counts[0].sum(axis=0)) == bleu(good, refs)
