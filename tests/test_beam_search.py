"""Search: against plain enumeration, against greedy search, and on a small translator."""

import itertools
import math
from types import SimpleNamespace

from d2l_utils.beam_search import (
    Hypothesis,
    beam_search,
    best_continuations,
    best_tokens,
    exhaustive_search,
    greedy_search,
    take_rows,
    translate,
)
from d2l_utils.encoder_decoder import Decoder, Encoder, EncoderDecoder, greedy, last_valid
from d2l_utils.lang_model_dataset import Vocab
from d2l_utils.machine_translation import (
    BOS,
    BOS_ID,
    EOS_ID,
    PAD,
    PAD_ID,
    encode_source,
    encode_target,
)
from d2l_utils.machine_translation import EOS as EOS_TOKEN
from d2l_utils.sequence import set_seed

import numpy as onp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mxnet import init, np, npx
from mxnet.gluon import nn, rnn

pytestmark = pytest.mark.usefixtures("numpy_mode")
EVERYTHING = 10**6  # more hypotheses than any model here has
EOS = 0


class Model:
    """A model of `num_rows` sentences whose every prefix has probabilities of its own.

    Weights are small integers, so that ties and probabilities of zero occur.
    """

    def __init__(self, V, max_len, num_rows, seed):
        weights = onp.random.default_rng(seed).integers(0, 4, (num_rows, V ** (max_len + 1), V))
        total = weights.sum(axis=-1, keepdims=True)
        with onp.errstate(divide="ignore", invalid="ignore"):
            self.log_probs = onp.where(total > 0, onp.log(weights / total), -onp.inf)
        self.V, self.max_len, self.num_rows, self.calls = V, max_len, num_rows, 0

    def state(self, rows=None):
        rows = onp.arange(self.num_rows) if rows is None else onp.array(rows)
        return [rows, onp.full(len(rows), -1)]  # sentence, and number of the prefix

    def step(self, tokens, state):
        self.calls += 1
        row, code = state
        code = onp.where(code < 0, 0, code * self.V + tokens)
        return self.log_probs[row, code], [row, code]

    def everything(self, row, alpha):
        """Every output of a row by plain enumeration, best first."""
        found = []
        others = [token for token in range(self.V) if token != EOS]
        for length in range(self.max_len + 1):
            for tokens in itertools.product(others, repeat=length):
                log_prob, code = 0.0, 0
                for token in (*tokens, EOS):
                    log_prob += self.log_probs[row, code, token]
                    code = code * self.V + token
                if log_prob > -onp.inf:
                    found.append((-log_prob / (length + 1) ** alpha, length, tokens, log_prob))
        return [Hypothesis(tokens, log_prob, -cost) for cost, _, tokens, log_prob in sorted(found)]

    def search(self, beam_size, alpha=0.0, num_best=None, rows=None):
        state = self.state(rows)
        n = len(state[0])
        return beam_search(self.step, state, n, EOS, EOS, beam_size, self.max_len, alpha, num_best)


models = st.builds(
    Model,
    V=st.integers(2, 4),
    max_len=st.integers(0, 3),
    num_rows=st.integers(1, 3),
    seed=st.integers(0, 2**32 - 1),
)
alphas = st.sampled_from([0.0, 0.5, 1.0, 3.0])


def plain_beam_search(model, row, beam_size, alpha):
    """Return what a beam finishes, best first: one sentence, lists, and no stop before the limit."""
    live, found = [((), 0.0, 0)], []
    for length in range(model.max_len + 1):
        allowed = range(model.V) if length < model.max_len else [EOS]
        candidates = [
            (log_prob + model.log_probs[row, code, token], place, token)
            for place, (_, log_prob, code) in enumerate(live)
            for token in allowed
            if log_prob + model.log_probs[row, code, token] > -onp.inf
        ]
        candidates.sort(key=lambda c: (-c[0], c[1]))
        extended = []
        for log_prob, place, token in candidates[:beam_size]:
            tokens, _, code = live[place]
            if token == EOS:
                score = log_prob / (len(tokens) + 1) ** alpha
                found.append(Hypothesis(tokens, log_prob, score))
            else:
                extended.append(((*tokens, token), log_prob, code * model.V + token))
        live = extended
    return sorted(found, key=lambda h: (-h.score, len(h.tokens), h.tokens))


@settings(deadline=None)  # machines are busy
@given(models, alphas)
def test_exhaustive_search_finds_every_output(agreement, model, alpha):
    found = exhaustive_search(model.step, model.state(), model.num_rows, EOS, EOS, model.max_len, alpha)
    expected = [model.everything(row, alpha) for row in range(model.num_rows)]
    assert found == expected
    agreement("Exhaustive search", "plain enumeration of all outputs", found != expected)


@settings(deadline=None)  # machines are busy
@given(models, alphas)
def test_a_beam_that_drops_nothing_equals_exhaustive_search(agreement, model, alpha):
    enough = model.V * (model.V - 1) ** max(0, model.max_len - 1)
    expected = [model.everything(row, alpha) for row in range(model.num_rows)]
    found = model.search(enough, alpha, EVERYTHING)
    assert found == expected
    agreement("Beam search that drops nothing", "plain enumeration of all outputs", found != expected)
    assert model.search(enough, alpha, num_best=2) == [found[:2] for found in expected]


def test_a_narrower_beam_can_miss_an_output():
    # Width 5 is one less than what the test above proves to be enough for V = 3 and n = 2.
    model = Model(3, 2, 50, seed=1)
    expected = [model.everything(row, 0.0) for row in range(50)]
    assert model.search(6, 0.0, EVERYTHING) == expected
    assert model.search(5, 0.0, EVERYTHING) != expected


@settings(deadline=None)  # machines are busy
@given(models, alphas)
def test_width_1_equals_greedy_search(agreement, model, alpha):
    greedy = greedy_search(model.step, model.state(), model.num_rows, EOS, EOS, model.max_len, alpha)
    narrow = model.search(1, alpha)
    assert narrow == greedy
    agreement("Beam search of width 1", "greedy search", narrow != greedy)
    for row, found in enumerate(greedy):
        tokens, code = [], 0
        while len(tokens) < model.max_len:
            token = int(model.log_probs[row, code].argmax())
            if token == EOS:
                break
            tokens.append(token)
            code = code * model.V + token
        assert found == [] or found[0].tokens == tuple(tokens)


@settings(deadline=None)  # machines are busy
@given(models, alphas, st.integers(1, 6))
def test_the_search_is_the_plain_one(agreement, model, alpha, beam_size):
    plain = [plain_beam_search(model, row, beam_size, alpha) for row in range(model.num_rows)]
    found = model.search(beam_size, alpha, EVERYTHING)
    assert found == plain
    what = "Beam search of many sentences at once"
    agreement(what, "a plain beam search of one sentence, in lists", found != plain)


@settings(deadline=None)  # machines are busy
@given(models, alphas, st.integers(1, 4), st.integers(1, 3))
def test_stopping_early_changes_no_result(model, alpha, beam_size, num_best):
    plain = [plain_beam_search(model, row, beam_size, alpha) for row in range(model.num_rows)]
    assert model.search(beam_size, alpha, num_best) == [found[:num_best] for found in plain]


def test_the_search_stops_early():
    # "<eos>" has the probability 3/4 at once. Nothing else can reach that, so one call is enough.
    log_probs = onp.log([[0.75, 0.25]])
    calls = []

    def step(tokens, state):
        calls.append(len(tokens))
        return log_probs[onp.zeros(len(tokens), dtype=int)], state

    beam_search(step, [], 1, EOS, EOS, beam_size=2, max_len=50, num_best=1)
    assert calls == [1]
    # A score that favours length keeps 1/4 alive: ln(1/4) / 51 is above ln(3/4) / 1.
    calls.clear()
    beam_search(step, [], 1, EOS, EOS, beam_size=2, max_len=50, length_penalty=1.0, num_best=1)
    assert len(calls) > 1


@settings(deadline=None)  # machines are busy
@given(models, st.integers(1, 6))
def test_a_hypothesis_above_one_over_width_plus_one_is_the_likeliest(model, beam_size):
    for row, found in enumerate(model.search(beam_size)):
        best = model.everything(row, 0.0)
        if best and math.exp(best[0].log_prob) > 1 / (beam_size + 1) + 1e-9:
            assert found[0].log_prob == best[0].log_prob


@settings(deadline=None)  # machines are busy
@given(models, alphas, st.integers(1, 4))
def test_only_finished_outputs_are_returned(model, alpha, beam_size):
    for row, found in enumerate(model.search(beam_size, alpha, EVERYTHING)):
        possible = model.everything(row, alpha)
        assert all(h in possible for h in found)  # tokens, log-probability with <eos>, score
        assert len(set(found)) == len(found)
        assert all(EOS not in h.tokens and len(h.tokens) <= model.max_len for h in found)


@settings(deadline=None)  # machines are busy
@given(models, alphas, st.integers(1, 4), st.data())
def test_a_sentence_has_the_same_hypotheses_in_any_batch(model, alpha, beam_size, data):
    together = model.search(beam_size, alpha)
    for row in range(model.num_rows):
        assert model.search(beam_size, alpha, rows=[row]) == [together[row]]
    rows = data.draw(st.lists(st.integers(0, model.num_rows - 1), max_size=5))
    assert model.search(beam_size, alpha, rows=rows) == [together[row] for row in rows]


def test_one_call_a_step_for_all_rows_and_beams():
    model = Model(4, 3, 20, seed=3)
    model.search(3, 0.0, EVERYTHING)
    assert model.calls == model.max_len + 1


def test_a_model_that_never_ends_has_no_output():
    def step(tokens, state):
        return onp.log(onp.array([[1e-300, 1.0]] * len(tokens))) + [-onp.inf, 0.0], state

    assert beam_search(step, [], 1, EOS, EOS, beam_size=2, max_len=3) == [[]]
    assert greedy_search(step, [], 1, EOS, EOS, max_len=3) == [[]]
    assert exhaustive_search(step, [], 1, EOS, EOS, max_len=3) == [[]]
    assert beam_search(step, [], 0, EOS, EOS, beam_size=2, max_len=3) == []


def test_the_limit_ends_a_prefix_and_makes_it_pay():
    log_probs = onp.log([[0.125, 0.875]])

    def step(tokens, state):
        return log_probs[onp.zeros(len(tokens), dtype=int)], state

    for found in (
        greedy_search(step, [], 1, EOS, EOS, max_len=3),
        beam_search(step, [], 1, EOS, EOS, beam_size=1, max_len=3),
    ):
        ((h,),) = found
        assert h.tokens == (1, 1, 1)
        assert h.log_prob == pytest.approx(3 * math.log(0.875) + math.log(0.125))


def test_a_larger_power_never_shortens_the_best_output():
    model = Model(4, 3, 40, seed=5)
    lengths = []
    for alpha in (0.0, 0.5, 1.0, 2.0, 4.0):
        found = exhaustive_search(model.step, model.state(), 40, EOS, EOS, 3, alpha)
        lengths.append([len(h[0].tokens) if h else 0 for h in found])
    assert all((onp.diff(lengths, axis=0) >= 0).ravel())
    assert onp.sum(lengths[-1]) > onp.sum(lengths[0])


def test_score_is_log_prob_over_a_power_of_the_length_with_eos():
    model = Model(3, 3, 5, seed=7)
    for found in model.search(4, 0.7, EVERYTHING):
        for h in found:
            assert h.score == pytest.approx(h.log_prob / (len(h.tokens) + 1) ** 0.7)


def test_best_tokens_prefers_the_first_of_equals_and_leaves_its_input():
    values = onp.array([[1.0, 3.0, 3.0, 2.0], [0.0, 0.0, 0.0, 0.0]])
    before = values.copy()
    best, highest = best_tokens(values, 3)
    assert best.tolist() == [[1, 2, 3], [0, 1, 2]]
    assert highest.tolist() == [[3, 3, 2], [0, 0, 0]]
    assert (values == before).all()
    assert best_tokens(values, 9)[0].shape == (2, 4)


def test_best_continuations_of_sentences_with_unequal_numbers_of_prefixes():
    totals = onp.array([[-1.0, -5.0], [-2.0, -3.0], [-9.0, -onp.inf]])
    parent, column = best_continuations(totals, onp.array([0, 0, 4]), beam_size=3)
    assert parent.tolist() == [0, 1, 1, 2]
    assert column.tolist() == [0, 0, 1, 0]


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"beam_size": 0}, "beam_size is 0"),
        ({"num_best": 0}, "num_best is 0"),
        ({"max_len": -1}, "max_len is -1"),
        ({"length_penalty": -0.5}, "length_penalty is -0.5"),
        ({"length_penalty": math.nan}, "length_penalty is nan"),
    ],
)
def test_settings_with_which_no_search_is_possible(named, message):
    model = Model(3, 2, 1, seed=0)
    arguments = {"beam_size": 2, "max_len": 2} | named
    with pytest.raises(ValueError, match=message):
        beam_search(model.step, model.state(), 1, EOS, EOS, **arguments)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (onp.array([[1.0, 2.0]]), "log_softmax"),  # logits
        (onp.array([[-1.0, onp.nan]]), "log_softmax"),
        (onp.array([-1.0, -1.0]), r"1 rows, \(R, V\)"),
        (onp.array([[-1.0, -1.0]] * 2), r"1 rows, \(R, V\)"),
        ([[-1.0, -1.0]], "NumPy array"),
    ],
)
def test_a_step_that_returns_something_else(answer, message):
    for search in (greedy_search, exhaustive_search):
        with pytest.raises(ValueError, match=message):
            search(lambda tokens, state: (answer, state), [], 1, EOS, EOS, max_len=2)


def test_exhaustive_search_refuses_what_it_cannot_finish():
    def step(tokens, state):
        return onp.full((len(tokens), 1200), -math.log(1200)), state

    with pytest.raises(ValueError, match="use beam_search or lower max_len"):
        exhaustive_search(step, [], 1, EOS, EOS, max_len=9)


# A translator small enough for tests. Its weights are random and large, so that it has strong
# opinions and writes outputs of many lengths.
H, MAX_LEN = 12, 7
SRC = Vocab("i am not hungry where is the cat . ?".split(), reserved=(PAD, BOS, EOS_TOKEN))
TGT = Vocab("je ne suis pas le chat a faim . ?".split(), reserved=(PAD, BOS, EOS_TOKEN))


class TinyEncoder(Encoder):
    def __init__(self):
        super().__init__()
        self.rnn = rnn.GRU(H, input_size=len(SRC))

    def forward(self, src, src_len):
        inputs = npx.one_hot(np.array(src.T, dtype="int32"), len(SRC))
        outputs, _ = self.rnn(inputs, self.rnn.begin_state(len(src)))
        return [last_valid(outputs, src_len)]


class TinyDecoder(Decoder):
    def __init__(self):
        super().__init__()
        self.rnn = rnn.GRU(H, input_size=len(TGT))
        self.output = nn.Dense(len(TGT), flatten=False, in_units=H)
        self.calls = 0

    def init_state(self, encoding):
        return encoding

    def forward(self, tgt, state):
        self.calls += 1
        inputs = npx.one_hot(np.array(tgt.T, dtype="int32"), len(TGT))
        outputs, (state,) = self.rnn(inputs, [state[0][None]])
        return self.output(outputs), [state[0]]


def tiny_translator(favoured=EOS_ID, favour=2.0):
    """Return a translator whose network has a favourite token, such as the end."""
    set_seed(5)
    net = EncoderDecoder(TinyEncoder(), TinyDecoder())
    net.initialize(init.Uniform(1.5))
    bias = onp.zeros(len(TGT))
    bias[[PAD_ID, BOS_ID]] = -30.0
    bias[favoured] = favour
    net.decoder.output.bias.set_data(np.array(bias))
    return SimpleNamespace(net=net, src_vocab=SRC, tgt_vocab=TGT, max_len=MAX_LEN)


@pytest.fixture(scope="module")
def translator():
    return tiny_translator()


sentences = st.lists(st.sampled_from([*SRC.idx_to_token[4:], "unseen"]), min_size=1, max_size=6)
batches = st.lists(sentences, min_size=1, max_size=7)


def teacher_forced(translator, source, tokens):
    src, src_len = encode_source([source], translator.src_vocab)
    tgt, _ = encode_target([tokens], translator.tgt_vocab)
    log_probs = npx.log_softmax(translator.net(src, src_len, tgt[:, :-1])).asnumpy()[:, 0]
    return log_probs[onp.arange(len(log_probs)), tgt[0, 1:]].sum()


@settings(max_examples=20, deadline=None)
@given(batches, st.integers(1, 4), alphas)
def test_log_prob_is_that_of_teacher_forcing(translator, batch, beam_size, alpha):
    for source, found in zip(batch, translate(translator, batch, beam_size, alpha), strict=True):
        assert 1 <= len(found) <= beam_size
        for h in found:
            assert len(h.tokens) <= MAX_LEN
            assert h.log_prob == pytest.approx(teacher_forced(translator, source, list(h.tokens)), abs=1e-4)
            assert h.score == pytest.approx(h.log_prob / (len(h.tokens) + 1) ** alpha)
        assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)


@settings(max_examples=20, deadline=None)
@given(batches, st.integers(1, 4), st.integers(1, 3))
def test_translations_do_not_depend_on_the_batch(translator, batch, beam_size, batch_size):
    together = translate(translator, batch, beam_size)
    in_parts = translate(translator, batch, beam_size, batch_size=batch_size)
    alone = [translate(translator, [source], beam_size)[0] for source in batch]
    for results in (in_parts, alone):
        for expected, found in zip(together, results, strict=True):
            assert [h.tokens for h in found] == [h.tokens for h in expected]
            for h, g in zip(found, expected, strict=True):
                assert h.log_prob == pytest.approx(g.log_prob, abs=1e-4)


def test_translations_with_width_1_are_those_of_greedy(translator):
    rng = onp.random.default_rng(0)
    batch = [[SRC.to_tokens(int(i)) for i in rng.integers(4, len(SRC), n)] for n in rng.integers(1, 6, 30)]
    lengths = set()
    for one in (translator, tiny_translator(favour=-2.0)):  # the second one goes on to the limit
        expected = greedy(one.net, *encode_source(batch, SRC), BOS_ID, EOS_ID, MAX_LEN)
        found = translate(one, batch, beam_size=1)
        assert [list(h.tokens) for (h,) in found] == [TGT.to_tokens(ids) for ids in expected]
        lengths |= {len(ids) for ids in expected}
    assert len(lengths) > 3 and MAX_LEN in lengths


def test_one_decoder_call_a_step_for_a_whole_batch(translator):
    batch = [["i", "am", "hungry"], ["where", "is", "the", "cat", "?"]] * 8
    translator.net.decoder.calls = 0
    translate(translator, batch, beam_size=4, num_best=100)
    assert 2 <= translator.net.decoder.calls <= MAX_LEN + 1


def test_raw_strings_are_tokenized(translator):
    raw = ["I am not hungry.", "Where is the cat?"]
    cut = [["i", "am", "not", "hungry", "."], ["where", "is", "the", "cat", "?"]]
    assert translate(translator, raw) == translate(translator, cut)
    assert translate(translator, raw)[0][0].text == " ".join(translate(translator, cut)[0][0].tokens)
    assert translate(translator, []) == []


def test_an_empty_sentence_is_translated_by_an_empty_one(translator):
    found = translate(translator, ["", "I am hungry.", " \t", [], "I am hungry."])
    for i in (0, 2, 3):
        assert found[i] == [Hypothesis((), 0.0, 0.0)]
        assert found[i][0].text == ""
    assert found[1] == found[4]
    assert len(found[1]) == 5
    assert translate(translator, [""]) == [[Hypothesis((), 0.0, 0.0)]]


def test_an_unknown_word_is_read_as_unk(translator):
    unknown = translate(translator, ["The zyzzyva is hungry."])
    assert unknown == translate(translator, [["the", "<unk>", "is", "hungry", "."]])
    assert unknown != translate(translator, ["The cat is hungry."])


def test_a_sentence_of_any_length_is_read_to_its_end(translator):
    long = ["cat", "is"] * 100
    found = translate(translator, [[*long, "hungry"], [*long, "not"]])
    assert found[0] != found[1]
    assert all(len(h.tokens) <= MAX_LEN for hypotheses in found for h in hypotheses)
    short = translate(translator, [long], max_len=2)[0]
    assert short and all(len(h.tokens) <= 2 for h in short)


def test_pad_and_bos_are_never_said():
    for favoured in (PAD_ID, BOS_ID):
        found = translate(tiny_translator(favoured, 3.0), ["I am hungry.", "Where is the cat?"], num_best=50)
        assert all(set(h.tokens).isdisjoint((PAD, BOS)) for f in found for h in f)
        assert all(len(f) > 1 for f in found)


def test_translate_refuses_bad_arguments(translator):
    with pytest.raises(ValueError, match="sentences is a str"):
        translate(translator, "I am hungry.")
    with pytest.raises(ValueError, match="beam_size is 0"):
        translate(translator, [], beam_size=0)
    with pytest.raises(ValueError, match="batch_size is 0"):
        translate(translator, ["I am hungry."], batch_size=0)


def test_rows_of_a_state_are_taken_from_arrays_of_both_kinds():
    numbers = onp.arange(6.0).reshape(3, 2)
    rows = onp.array([2, 0, 2, 1])
    ours, theirs = take_rows([numbers, np.array(numbers)], rows)
    assert (ours == numbers[rows]).all()
    assert (theirs.asnumpy() == numbers[rows]).all()
