"""Saved by `make lib` from chapter_rnn/beam-search.ipynb, which explains each definition.

Edit the notebook, not this file.
"""

from typing import NamedTuple

from d2l_utils.machine_translation import BOS_ID, EOS_ID, PAD_ID, encode_source, tokenize_sentence

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


def extend(prefixes, tokens):
    """Return prefixes with one more token each: (R, t) and (R,) give (R, t + 1)."""
    return onp.concatenate([prefixes, tokens[:, None]], axis=1)


class Prefixes(NamedTuple):
    """R outputs as far as they are written, those of one sentence side by side.

    Attributes: `owner`, the number of the sentence of each row, (R,); `tokens`,
        `<bos>` first, (R, t); `log_prob`, (R,).
    """

    owner: onp.ndarray
    tokens: onp.ndarray
    log_prob: onp.ndarray

    def take(self, rows):
        """Return some of the rows."""
        return Prefixes(*(values[rows] for values in self))

    def continued(self, rows, tokens, log_prob):
        """Return rows (K,) with one more token each, (K,), and log_prob (K,)."""
        longer = extend(self.tokens[rows], tokens)  # (K, t + 1)
        return Prefixes(self.owner[rows], longer, log_prob)


def empty_prefixes(num_rows, bos):
    """Return the `Prefixes` of num_rows sentences of which nothing is written."""
    tokens = onp.full((num_rows, 1), bos)
    return Prefixes(onp.arange(num_rows), tokens, onp.zeros(num_rows))


def take_rows(state, rows):
    """Return rows (R,) of each array of a state, be it NumPy's or MXNet's."""

    def take(s):
        if isinstance(s, onp.ndarray):
            return s[rows]
        return s.take(np.array(rows, dtype="int32", ctx=s.ctx), axis=0)

    return [take(s) for s in state]


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
    found, live = [[] for _ in range(num_rows)], empty_prefixes(num_rows, bos)
    for t in range(max_len + 1):
        if not len(live.owner):
            break
        log_probs, state = call_step(step, live.tokens[:, -1], state)
        rows, tokens = onp.arange(len(log_probs)), log_probs.argmax(axis=1)  # (R,)
        if t == max_len:
            tokens[:] = eos
        live = live.continued(rows, tokens, live.log_prob + log_probs[rows, tokens])
        possible = live.log_prob > -onp.inf
        for i in onp.flatnonzero((tokens == eos) & possible):
            words = live.tokens[i, 1:-1].tolist()  # without <bos> and <eos>
            h = finished(words, live.log_prob[i], length_penalty)
            found[live.owner[i]].append(h)
        rows = onp.flatnonzero((tokens != eos) & possible)
        live, state = live.take(rows), take_rows(state, rows)
    return found


def exhaustive_search(step, state, num_rows, bos, eos, max_len, length_penalty=0.0):
    """Return for each row all its hypotheses of at most max_len tokens, best first.

    Args: those of `beam_search`, which describes them.
    Raises: ValueError where a level of the tree has more than a million prefixes.
    """
    found, live = [[] for _ in range(num_rows)], empty_prefixes(num_rows, bos)
    for t in range(max_len + 1):
        if not len(live.owner):
            break
        log_probs, state = call_step(step, live.tokens[:, -1], state)
        totals = live.log_prob[:, None] + log_probs  # (R, V)
        for i in onp.flatnonzero(totals[:, eos] > -onp.inf):
            words = live.tokens[i, 1:].tolist()  # without <bos>
            h = finished(words, totals[i, eos], length_penalty)
            found[live.owner[i]].append(h)
        if t == max_len:
            break
        totals[:, eos] = -onp.inf  # the other tokens go on
        parent, tokens = onp.nonzero(totals > -onp.inf)
        if len(parent) > 1_000_000:
            count = len(parent)
            raise ValueError(f"{count} prefixes: use beam_search or lower max_len")
        live = live.continued(parent, tokens, totals[parent, tokens])
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


def choose(live, log_probs, beam_size, only=None):
    """Return the beam_size best continuations of each sentence, and their parents.

    Args: `live`, `Prefixes` of R rows; `log_probs`, of what may follow, (R, V);
        `only`, the one token that is allowed, if not all are.
    Returns: `parent`, the rows that were continued, (K,), and `Prefixes` of K rows.
    """
    if only is None:
        best, values = best_tokens(log_probs, beam_size)  # (R, k)
    else:
        best, values = onp.full((len(log_probs), 1), only), log_probs[:, [only]]
    totals = live.log_prob[:, None] + values  # (R, k)
    parent, column = best_continuations(totals, live.owner, beam_size)
    tokens, log_prob = best[parent, column], totals[parent, column]
    return parent, live.continued(parent, tokens, log_prob)


def sort_out(found, chosen, eos, num_best, max_len, length_penalty):
    """Put what has ended into lists; return the rows of those that live on.

    Args: `found`, the list of hypotheses of each sentence, which is changed;
        `chosen`, `Prefixes` of K rows; the others as for `beam_search`.
    """
    ended = chosen.tokens[:, -1] == eos  # (K,)
    for i in onp.flatnonzero(ended):
        words = chosen.tokens[i, 1:-1].tolist()  # without <bos> and <eos>
        h = finished(words, chosen.log_prob[i], length_penalty)
        n = chosen.owner[i]
        found[n] = ranked([*found[n], h])[:num_best]
    bar = onp.full(len(found), -onp.inf)
    for n, hypotheses in enumerate(found):
        if len(hypotheses) == num_best:
            bar[n] = hypotheses[-1].score
    bound = chosen.log_prob / (max_len + 1) ** length_penalty  # (15.5)
    return onp.flatnonzero(~ended & (bound > bar[chosen.owner]))


def check_settings(beam_size, max_len, length_penalty, num_best, batch_size=1):
    """Raise a ValueError for settings with which no search is possible."""
    counts = dict(beam_size=beam_size, num_best=num_best, batch_size=batch_size)
    for name, value in counts.items():
        if value < 1:
            raise ValueError(f"{name} is {value}: it must be at least 1")
    if max_len < 0:
        raise ValueError(f"max_len is {max_len}: an output has at least 0 tokens")
    if not 0 <= length_penalty < float("inf"):
        raise ValueError(f"length_penalty is {length_penalty}: give 0 or more")


def beam_search(
    step, state, num_rows, bos, eos,
    beam_size, max_len, length_penalty=0.0, num_best=None,
):  # fmt: skip
    """Search for likely outputs of num_rows sentences; return a list of lists.

    Args: `step`, a function of the last token of R prefixes, int (R,), and of their
            state, which returns log-probabilities, NumPy (R, V), and the new state;
        `state`, a list of arrays with num_rows rows; `bos`, the token fed in first;
        `eos`, the token that ends an output; `beam_size`, how many continuations of
        a sentence a step keeps; `max_len`, the most tokens before `eos`;
        `length_penalty`, alpha of (15.3); `num_best`, how many to return at most,
        beam_size if not given: with fewer the search can stop sooner.
    Returns: for each sentence a list of `Hypothesis`, best score first, the same as
        without early stopping; empty only where all that was met has probability 0.
    Raises: ValueError for impossible settings, or a step that returns other things.
    """
    num_best = beam_size if num_best is None else num_best
    check_settings(beam_size, max_len, length_penalty, num_best)
    found, live = [[] for _ in range(num_rows)], empty_prefixes(num_rows, bos)
    for t in range(max_len + 1):
        if not len(live.owner):
            break
        log_probs, state = call_step(step, live.tokens[:, -1], state)
        only = eos if t == max_len else None
        parent, chosen = choose(live, log_probs, beam_size, only)
        rows = sort_out(found, chosen, eos, num_best, max_len, length_penalty)
        live, state = chosen.take(rows), take_rows(state, parent[rows])
    return found


def decoder_step(net):
    """Return the step of an `EncoderDecoder`; it never says `<pad>` or `<bos>`."""

    def step(tokens, state):
        logits, state = net.decoder(tokens[:, None], state)  # (1, R, V)
        log_probs = npx.log_softmax(logits[0]).asnumpy()  # (R, V)
        log_probs[:, [PAD_ID, BOS_ID]] = -onp.inf
        return log_probs, state

    return step


def search_batch(translator, sources, *settings):
    """Return the hypotheses of each source in words, best first.

    Args: `sources`, lists of tokens, none empty; `settings`, the arguments of
        `beam_search` from beam_size on.
    """
    src, src_len = encode_source(sources, translator.src_vocab)
    step, state = decoder_step(translator.net), translator.net.encode(src, src_len)
    found = beam_search(step, state, len(sources), BOS_ID, EOS_ID, *settings)

    def in_words(h):
        words = translator.tgt_vocab.to_tokens(list(h.tokens))
        return h._replace(tokens=tuple(words))

    return [[in_words(h) for h in hypotheses] for hypotheses in found]


def tokens_of(sentences):
    """Return a list of tokens for each sentence, a str or a list of tokens.

    Raises: ValueError where `sentences` itself is a str.
    """
    if isinstance(sentences, str):
        raise ValueError("sentences is a str: give a list, also for a single one")
    return [tokenize_sentence(s) if isinstance(s, str) else [*s] for s in sentences]


def translate(
    translator, sentences, beam_size=5, length_penalty=1.0,
    num_best=None, batch_size=128, max_len=None,
):  # fmt: skip
    """Translate raw sentences; return for each a list of hypotheses, best first.

    Args: `translator`, a `Translator`; `sentences`, a list of str or of lists of
        tokens; `batch_size`, how many are searched at once; `max_len`, that of the
        translator if not given; the others as for `beam_search`.
    Returns: lists of `Hypothesis` whose tokens are words. An unknown word is read
        as `<unk>`, which may be written too. An empty sentence has one translation,
        the empty one, with log_prob 0. A sentence of any length is read to its end,
        but at most max_len tokens are written.
    Raises: ValueError where `sentences` is a str, or for impossible settings.
    """
    sources = tokens_of(sentences)
    num_best = beam_size if num_best is None else num_best
    max_len = translator.max_len if max_len is None else max_len
    settings = beam_size, max_len, length_penalty, num_best
    check_settings(*settings, batch_size)
    results = [[Hypothesis((), 0.0, 0.0)] for _ in sources]  # as for empty ones
    order = [i for i, source in enumerate(sources) if source]
    order.sort(key=lambda i: len(sources[i]))  # similar lengths together
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        found = search_batch(translator, [sources[i] for i in rows], *settings)
        for i, hypotheses in zip(rows, found, strict=True):
            results[i] = hypotheses
    return results
