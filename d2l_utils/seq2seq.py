"""Saved by `make lib` from chapter_rnn/seq2seq.ipynb, which explains each definition.

Edit the notebook, not this file.
"""

import math
from collections import Counter
from typing import Any, NamedTuple

from d2l_utils import encoder_decoder
from d2l_utils.encoder_decoder import Decoder, Encoder, EncoderDecoder, last_valid, masked_cross_entropy
from d2l_utils.machine_translation import BOS_ID, EOS_ID, encode_source, translation_batches
from d2l_utils.rnn_gluon import adam_step
from d2l_utils.rnn_scratch import clip_gradients
from d2l_utils.sequence import set_seed

import numpy as onp
from mxnet import autograd, init, np
from mxnet.gluon import nn, rnn


class Seq2SeqEncoder(Encoder):
    """A GRU; its state at the last real token is the context, equation (14.1).

    Args: `vocab_size`, of the source; `embed_size` E; `num_hiddens` H; `dropout`,
        the share of the embeddings' entries that are set to zero in training.
    """

    def __init__(self, vocab_size, embed_size, num_hiddens, dropout=0.0):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_size)
        self.dropout = nn.Dropout(dropout)
        self.rnn = rnn.GRU(num_hiddens, input_size=embed_size)

    def forward(self, src, src_len):
        """Return the context, a list of one array of shape (B, H)."""
        X = self.embedding(np.array(src.T, dtype="int32"))  # (S, B, E)
        begin = self.rnn.begin_state(batch_size=len(src))
        outputs, _ = self.rnn(self.dropout(X), begin)  # (S, B, H)
        return [last_valid(outputs, src_len)]  # [(B, H)]


class Seq2SeqDecoder(Decoder):
    """A GRU that reads the context at every step, equations (14.2) and (14.3).

    Args: `vocab_size`, of the target; `embed_size` E; `num_hiddens` H; `dropout`, the
        share of embeddings, context and outputs set to zero in training. The
        state is a list of two arrays (B, H): the context and the state of the GRU.
    """

    def __init__(self, vocab_size, embed_size, num_hiddens, dropout=0.0):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_size)
        self.dropout = nn.Dropout(dropout)
        self.rnn = rnn.GRU(num_hiddens, input_size=embed_size + num_hiddens)
        self.output = nn.Dense(vocab_size, flatten=False, in_units=num_hiddens)

    def init_state(self, encoding):
        """Return the first state: the context, and the context to start from."""
        (context,) = encoding
        return [context, context]

    def forward(self, tgt, state):
        """Return the logits, shape (T, B, V), and the new state."""
        context, H = state  # (B, H) each
        Y = self.embedding(np.array(tgt.T, dtype="int32"))  # (T, B, E)
        C = np.broadcast_to(self.dropout(context), (len(Y), *context.shape))
        inputs = np.concatenate([self.dropout(Y), C], axis=-1)  # (T, B, E + H)
        outputs, (H,) = self.rnn(inputs, [H[None]])  # (T, B, H), [(1, B, H)]
        return self.output(self.dropout(outputs)), [context, H[0]]  # (T, B, V)


def new_seq2seq(src_size, tgt_size, embed_size, num_hiddens, dropout=0.0):
    """Return an `EncoderDecoder` for vocabularies of these sizes, weights drawn."""
    net = EncoderDecoder(
        Seq2SeqEncoder(src_size, embed_size, num_hiddens, dropout),
        Seq2SeqDecoder(tgt_size, embed_size, num_hiddens, dropout),
    )
    net.initialize(init.Uniform(num_hiddens**-0.5))
    for half in (net.encoder, net.decoder):
        half.embedding.initialize(init.Normal(0.2), force_reinit=True)
    return net


def mean_loss(net, data, pairs, batch_size=256):
    """Return the loss per real token over all of `pairs`, equation (13.4), in nats.

    Args: `net`, an `EncoderDecoder`; `data`, a `TranslationData`, whose
        vocabularies are used; `pairs`, a list of (source tokens, target tokens).
    """
    total, count, rng = 0.0, 0, onp.random.default_rng(0)
    vocabs = data.src_vocab, data.tgt_vocab
    for src, src_len, tgt, tgt_len in translation_batches(
        pairs, *vocabs, batch_size, rng
    ):
        logits = net(src, src_len, tgt[:, :-1])
        loss = float(masked_cross_entropy(logits, tgt[:, 1:], tgt_len))
        total, count = total + loss * tgt_len.sum(), count + tgt_len.sum()
    return float(total / count)


def train_on_batches(net, batches, step, rates, max_norm=1.0):
    """Train on minibatches of `translation_batches`, a step on each.

    Args: `step`, called with each learning rate of `rates` in turn, after the
        backward pass; `max_norm`, the limit for clipping.
    Returns: float, the loss per token, each minibatch taken before its step.
    """
    total, count = 0.0, 0
    for (src, src_len, tgt, tgt_len), rate in zip(batches, rates, strict=True):
        with autograd.record():
            logits = net(src, src_len, tgt[:, :-1])  # (T, B, V)
            loss = masked_cross_entropy(logits, tgt[:, 1:], tgt_len)
        loss.backward()
        clip_gradients(net.grads(), max_norm)
        step(rate)
        total, count = total + float(loss) * tgt_len.sum(), count + tgt_len.sum()
    return float(total / count)


class Translator(NamedTuple):
    """A trained network and what is needed to use it.

    Fields: `net`, an `EncoderDecoder`; `src_vocab` and `tgt_vocab`; `max_len`, the
        most tokens that a translation may have, those of the longest training
        target; `losses`, of training and validation by epoch in nats a token, shape
        (num_epochs, 2).
    """

    net: Any
    src_vocab: Any
    tgt_vocab: Any
    max_len: int
    losses: Any


def train_translator(
    data, seed=0, *, embed_size=128, num_hiddens=128, dropout=0.2, batch_size=128,
    num_epochs=8, lr=0.02, output_lr=4.0, build=new_seq2seq,
):  # fmt: skip
    """Return a `Translator` with the weights of the epoch of least validation loss.

    Args: `data`, a `TranslationData`; `seed`, of all that is drawn; `lr`, the first
        learning rate, which falls in a straight line to zero; `output_lr`, how many
        times as fast the output weights learn; `build`, what makes the network.
    Raises: ValueError where a loss is not finite, or there is no epoch.
    """
    set_seed(seed)
    vocabs, rng = (data.src_vocab, data.tgt_vocab), onp.random.default_rng(seed)
    net = build(*map(len, vocabs), embed_size, num_hiddens, dropout)
    net.decoder.output.weight.lr_mult = output_lr
    step, losses, weights = adam_step(net), [], net.collect_params().values()
    for epoch in range(num_epochs):
        batches = list(translation_batches(data.train, *vocabs, batch_size, rng))
        done = (epoch + onp.arange(len(batches)) / len(batches)) / num_epochs
        train_loss = train_on_batches(net, batches, step, lr * (1 - done))
        losses.append((train_loss, mean_loss(net, data, data.valid)))
        if losses[-1][1] == min(valid_loss for _, valid_loss in losses):
            best = [weight.data().copy() for weight in weights]
    if not losses or not onp.isfinite(losses).all():
        raise ValueError(f"losses {losses}: lower lr, train at least one epoch")
    for weight, value in zip(weights, best, strict=True):
        weight.set_data(value)
    max_len = max(len(target) for _, target in data.train)
    return Translator(net, *vocabs, max_len, onp.array(losses))


def translate_greedy(translator, sentences, batch_size=256):
    """Return the greedy translation of each sentence, a list of lists of tokens.

    Args: `translator`, a `Translator`; `sentences`, a list of lists of tokens.
        Unknown words are read as `<unk>`; a sentence may have any length, even 0.
        No translation has more than `translator.max_len` tokens.
    """
    outputs = [None] * len(sentences)
    order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        sources = [list(sentences[i]) for i in rows]
        src, src_len = encode_source(sources, translator.src_vocab)
        found = encoder_decoder.greedy(
            translator.net, src, src_len, BOS_ID, EOS_ID, translator.max_len
        )
        for i, ids in zip(rows, found, strict=True):
            outputs[i] = translator.tgt_vocab.to_tokens(ids)
    return outputs


def ngram_counts(tokens, n):
    """Return a Counter of the n-grams, each a tuple, of a list of tokens."""
    return Counter(zip(*(tokens[i:] for i in range(n)), strict=False))


def bleu_counts(candidate, references, n=4):
    """Return what BLEU adds up over all candidates, an int array of (2n + 2,).

    Args: `candidate`, a list of tokens; `references`, one list of tokens or more.
    Returns: n matches and n totals, numerators and denominators of (14.4); the
        length of the candidate, and of the closest reference, the shorter of two.
    Raises: ValueError where there is no reference, or a str instead of a list.
    """
    if isinstance(candidate, str) or any(isinstance(r, str) for r in references):
        raise ValueError("a sentence is a str: cut it into a list of tokens first")
    if not references:
        raise ValueError(f"no reference for {candidate}: give at least one")
    length, matches = len(candidate), []
    for k in range(1, n + 1):
        most = Counter()
        for reference in references:
            most |= ngram_counts(reference, k)  # the larger of the two counts
        matches.append((ngram_counts(candidate, k) & most).total())  # the smaller
    totals = [max(length - k, 0) for k in range(n)]
    closest = min((abs(len(r) - length), len(r)) for r in references)[1]
    return onp.array([*matches, *totals, length, closest])


def bleu_of_counts(counts):
    """Return the BLEU of counts that were added up, a float, equation (14.6)."""
    *pairs, length, closest = (int(count) for count in counts)
    n = len(pairs) // 2
    if min(pairs) == 0:  # no match, or no n-gram of that length
        return 0.0
    logs = (math.log(m / t) for m, t in zip(pairs[:n], pairs[n:], strict=True))
    return 100 * math.exp(min(0.0, 1 - closest / length) + sum(logs) / n)


def bleu(candidates, references, n=4):
    """Return the BLEU of a corpus, a float from 0 to 100, without smoothing.

    Args: `candidates`, a list of lists of tokens; `references`, for each candidate
        a list of one or more lists of tokens; `n`, the longest n-grams.
    Raises: ValueError where these do not fit, or a candidate has no reference.
    Source: Papineni et al., 2002; equal to sacrebleu with smooth_method="none".
    """
    if len(candidates) != len(references) or not len(candidates) or n < 1:
        raise ValueError(
            f"{len(candidates)} candidates, {len(references)} lists of references, "
            f"n = {n}: give one list for each candidate, at least one, and n >= 1"
        )
    rows = zip(candidates, references, strict=True)
    return bleu_of_counts(sum(bleu_counts(c, r, n) for c, r in rows))


def nearest_neighbours(pairs, sentences):
    """Return for each sentence the target of the pair whose source is most like it.

    Args: `pairs`, a list of (source tokens, target tokens); `sentences`, a list of
        lists of tokens. Alike are sources that share many of their different words
        (Jaccard's index); of several the first is taken.
    """
    rows = {}  # the pairs in which each word occurs
    for i, (source, _) in enumerate(pairs):
        for word in set(source):
            rows.setdefault(word, []).append(i)
    sizes = onp.array([len(set(source)) for source, _ in pairs])
    targets = []
    for sentence in sentences:
        words, shared = set(sentence), onp.zeros(len(pairs))
        for word in words:
            shared[rows.get(word, [])] += 1
        overlap = shared / (sizes + len(words) - shared)
        targets.append(pairs[int(overlap.argmax())][1])
    return targets


def bootstrap(counts, num_draws=1000, seed=0):
    """Return the BLEU of `num_draws` corpora drawn with replacement, (num_draws,).

    Args: `counts`, those of `bleu_counts` for each sentence, shape (N, 2n + 2). The
        draws depend on N and `seed` alone, so that systems can be compared.
    """
    rng = onp.random.default_rng(seed)
    draws = rng.integers(len(counts), size=(num_draws, len(counts)))
    return onp.array([bleu_of_counts(counts[rows].sum(axis=0)) for rows in draws])
