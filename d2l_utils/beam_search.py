"""Saved by `make lib` from chapter_rnn/beam-search.ipynb, which explains each definition.

Edit the notebook, not this file.
"""

from typing import NamedTuple

from d2l_utils import machine_translation
from d2l_utils.machine_translation import BOS_ID, EOS_ID, PAD_ID

import numpy as onp
from mxnet import np, npx


class Hypothesis(NamedTuple):
    """A finished output.

    Attributes: `tokens`, a tuple without `<bos>` and `<eos>`; `log_prob`, its
        log-probability in nats, with that of `<eos>`; `score`, by which it is
        ranked, equation (15.3); `text`, the tokens with spaces between them.
    """

    tokens: tuple
    log_prob: float
    score: float

    @property
    def text(self):
        return " ".join(map(str, self.tokens))


def finished(tokens, log_prob, length_penalty):
    """Return the hypothesis of tokens, a list without `<eos>`, with its score."""
    length = len(tokens) + 1  # <eos> counts
    score = log_prob / length**length_penalty
    return Hypothesis(tuple(tokens), float(log_prob), float(score))


def ranked(hypotheses):
    """Return hypotheses, the best first; of equal scores, the shorter one."""
    return sorted(hypotheses, key=lambda h: (-h.score, len(h.tokens), h.tokens))


def take_rows(state, rows):
    """Return rows (R,) of each array of a state, be it NumPy's or MXNet's."""

    def take(s):
        if isinstance(s, onp.ndarray):
            return s[rows]
        return s.take(np.array(rows, dtype="int32", ctx=s.ctx), axis=0)

    return [take(s) for s in state]


def empty_prefixes(num_rows, bos):
    """Return numbers, empty prefixes, tokens and log_prob of num_rows sentences."""
    numbers, prefixes = onp.arange(num_rows), onp.empty((num_rows, 0), dtype=int)
    return numbers, prefixes, onp.full(num_rows, bos), onp.zeros(num_rows)


def extend(prefixes, tokens):
    """Return prefixes with one more token each: (R, t) and (R,) give (R, t + 1)."""
    return onp.concatenate([prefixes, tokens[:, None]], axis=1)


def call_step(step, tokens, state):
    """Call `step`, check what it returns, and return that."""
    log_probs, state = step(tokens, state)  # (R, V)
    R = len(tokens)
    if not isinstance(log_probs, onp.ndarray) or log_probs.shape[:-1] != (R,):
        raise ValueError(f"step must return a NumPy array with {R} rows, (R, V)")
    if not log_probs.max() < 1e-3:  # not a number fails this as well
        raise ValueError("step must return log-probabilities: use log_softmax")
    return log_probs, state


def greedy_search(step, state, num_rows, bos, eos, max_len, length_penalty=0.0):
    """Return for each row a list with the output that is likeliest token by token.

    Args: those of `beam_search`, which describes them.
    """
    found = [[] for _ in range(num_rows)]
    owner, prefixes, tokens, log_prob = empty_prefixes(num_rows, bos)
    for t in range(max_len + 1):
        if not len(owner):
            break
        log_probs, state = call_step(step, tokens, state)
        tokens = log_probs.argmax(axis=1)
        if t == max_len:
            tokens[:] = eos
        log_prob = log_prob + log_probs[onp.arange(len(owner)), tokens]  # (R,)
        possible = log_prob > -onp.inf
        for i in onp.flatnonzero((tokens == eos) & possible):
            h = finished(prefixes[i].tolist(), log_prob[i], length_penalty)
            found[owner[i]].append(h)
        live = onp.flatnonzero((tokens != eos) & possible)
        prefixes = extend(prefixes, tokens)[live]  # (R, t + 1)
        owner, tokens, log_prob = owner[live], tokens[live], log_prob[live]
        state = take_rows(state, live)
    return found


def exhaustive_search(step, state, num_rows, bos, eos, max_len, length_penalty=0.0):
    """Return for each row all its hypotheses of at most max_len tokens, best first.

    Args: those of `beam_search`, which describes them.
    Raises: ValueError where a level of the tree has more than a million prefixes.
    """
    found = [[] for _ in range(num_rows)]
    owner, prefixes, tokens, log_prob = empty_prefixes(num_rows, bos)
    for t in range(max_len + 1):
        if not len(owner):
            break
        log_probs, state = call_step(step, tokens, state)
        totals = log_prob[:, None] + log_probs  # (R, V)
        for i in onp.flatnonzero(totals[:, eos] > -onp.inf):
            h = finished(prefixes[i].tolist(), totals[i, eos], length_penalty)
            found[owner[i]].append(h)
        if t == max_len:
            break
        totals[:, eos] = -onp.inf  # the other tokens go on
        parent, tokens = onp.nonzero(totals > -onp.inf)
        if len(parent) > 1_000_000:
            count = len(parent)
            raise ValueError(f"{count} prefixes: use beam_search or lower max_len")
        prefixes = extend(prefixes[parent], tokens)  # (R, t + 1)
        owner, log_prob = owner[parent], totals[parent, tokens]
        state = take_rows(state, parent)
    return [ranked(hypotheses) for hypotheses in found]


def best_tokens(log_probs, k):
    """Return the k likeliest tokens of each row and their log-probabilities.

    Args: `log_probs`, shape (R, V).
    Returns: two arrays of shape (R, min(k, V)), the best first. Of equally likely
        tokens the one with the smaller index comes first.
    """
    rest, rows = log_probs.copy(), onp.arange(len(log_probs))
    best = onp.empty((len(rows), min(k, rest.shape[1])), dtype=int)
    values = onp.empty(best.shape)
    for i in range(best.shape[1]):  # for small k much quicker than sorting
        best[:, i] = rest.argmax(axis=1)
        values[:, i] = rest[rows, best[:, i]]
        rest[rows, best[:, i]] = -onp.inf
    return best, values


def best_continuations(totals, owner, beam_size):
    """Return row and column of the beam_size best continuations of each sentence.

    Args: `totals`, log-probabilities of continuations, shape (R, k), a row for each
        prefix; `owner`, (R,), the sentence of each prefix, in rising order.
    Returns: two integer arrays, sorted by sentence, and within it by falling
        log-probability. Continuations of probability zero are left out.
    """
    totals, owners = totals.ravel(), onp.repeat(owner, totals.shape[1])
    order = onp.lexsort((-totals, owners))  # by sentence, then best first
    rank = onp.arange(len(order)) - onp.searchsorted(owners, owners)
    keep = order[(rank < beam_size) & (totals[order] > -onp.inf)]
    return onp.divmod(keep, len(totals) // len(owner))


def check_settings(beam_size, max_len, length_penalty, num_best):
    """Raise a ValueError for settings with which no search is possible."""
    for name, value in (("beam_size", beam_size), ("num_best", num_best)):
        if value < 1:
            raise ValueError(f"{name} is {value}: it must be at least 1")
    if max_len < 0:
        raise ValueError(f"max_len is {max_len}: an output has at least 0 tokens")
    if not 0 <= length_penalty < float("inf"):
        raise ValueError(f"length_penalty is {length_penalty}: give 0 or more")


def beam_search(
    step,
    state,
    num_rows,
    bos,
    eos,
    beam_size,
    max_len,
    length_penalty=0.0,
    num_best=None,
):
    """Search for likely outputs of num_rows sentences; return a list of lists.

    Args: `step`, a function of the last token of R prefixes, int (R,), and of their
            state, which returns their log-probabilities, a NumPy array (R, V), and
            the new state;
        `state`, a list of arrays with num_rows rows; `bos`, the first token that is
        fed in; `eos`, the token that ends an output; `beam_size`, how many
        continuations of each sentence are kept at each step; `max_len`, the most
        tokens before `eos`; `length_penalty`, alpha of equation (15.3), at least 0;
        `num_best`, the most hypotheses to return, beam_size if not given: with
        fewer the search can stop sooner.
    Returns: for each sentence a list of `Hypothesis` with token indices, best score
        first, all finished, and the same as without early stopping. A list is empty
        only where every output that was met has probability zero.
    Raises: ValueError for impossible settings, or a step that returns other things.
    """
    num_best = beam_size if num_best is None else num_best
    check_settings(beam_size, max_len, length_penalty, num_best)
    found, bar = [[] for _ in range(num_rows)], onp.full(num_rows, -onp.inf)
    owner, prefixes, tokens, log_prob = empty_prefixes(num_rows, bos)
    for t in range(max_len + 1):
        if not len(owner):
            break
        log_probs, state = call_step(step, tokens, state)  # one call for all
        if t < max_len:
            best, values = best_tokens(log_probs, beam_size)  # (R, k)
        else:  # a prefix of max_len tokens may only be ended
            best, values = onp.full((len(owner), 1), eos), log_probs[:, [eos]]
        totals = log_prob[:, None] + values  # (R, k)
        parent, column = best_continuations(totals, owner, beam_size)
        owner, prefixes = owner[parent], prefixes[parent]
        tokens, log_prob = best[parent, column], totals[parent, column]
        for i in onp.flatnonzero(tokens == eos):
            h = finished(prefixes[i].tolist(), log_prob[i], length_penalty)
            kept = found[owner[i]] = ranked([*found[owner[i]], h])[:num_best]
            if len(kept) == num_best:
                bar[owner[i]] = kept[-1].score
        bound = log_prob / (max_len + 1) ** length_penalty
        live = onp.flatnonzero((tokens != eos) & (bound > bar[owner]))
        prefixes = extend(prefixes, tokens)[live]  # (R, t + 1)
        owner, tokens, log_prob = owner[live], tokens[live], log_prob[live]
        state = take_rows(state, parent[live])
    return found


def decoder_step(net):
    """Return the step of an `EncoderDecoder`; it never says `<pad>` or `<bos>`."""

    def step(tokens, state):
        logits, state = net.decoder(tokens[:, None], state)  # (1, R, V)
        log_probs = npx.log_softmax(logits[0]).asnumpy()  # (R, V)
        log_probs[:, [PAD_ID, BOS_ID]] = -onp.inf
        return log_probs, state

    return step


def translate(
    translator,
    sentences,
    beam_size=5,
    length_penalty=1.0,
    num_best=None,
    batch_size=128,
    max_len=None,
):
    """Translate raw sentences; return for each a list of hypotheses, best first.

    Args: `translator`, a `Translator`; `sentences`, a list of str or of lists of
        tokens; `batch_size`, how many sentences are searched at once; `max_len`,
        how many tokens an output may have, that of the translator if not given; the
        others as for `beam_search`.
    Returns: lists of `Hypothesis` whose tokens are words. A word that is not in the
        vocabulary is read as `<unk>`, and `<unk>` may be written too. An empty
        sentence has one translation, the empty one, with log_prob 0. A sentence of
        any length is read to its end, but at most max_len tokens are written.
    Raises: ValueError where `sentences` is a str, or for impossible settings.
    """
    if isinstance(sentences, str):
        raise ValueError("sentences is a str: give a list, also for a single one")
    num_best = beam_size if num_best is None else num_best
    max_len = translator.max_len if max_len is None else max_len
    check_settings(beam_size, max_len, length_penalty, num_best)
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}: it must be at least 1")
    cut = machine_translation.tokenize_sentence
    sources = [cut(s) if isinstance(s, str) else list(s) for s in sentences]
    results = [[Hypothesis((), 0.0, 0.0)] for _ in sources]
    order = [i for i, source in enumerate(sources) if source]
    order.sort(key=lambda i: len(sources[i]))  # similar lengths together
    step, vocab = decoder_step(translator.net), translator.tgt_vocab
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        src, src_len = machine_translation.encode_source(
            [sources[i] for i in rows], translator.src_vocab
        )
        found = beam_search(
            step, translator.net.encode(src, src_len), len(rows), BOS_ID, EOS_ID,
            beam_size, max_len, length_penalty, num_best,
        )  # fmt: skip
        for i, hypotheses in zip(rows, found, strict=True):
            words = [tuple(vocab.to_tokens(list(h.tokens))) for h in hypotheses]
            results[i] = [
                h._replace(tokens=w) for h, w in zip(hypotheses, words, strict=True)
            ]
    return results
