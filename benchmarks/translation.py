"""BLEU of the translator on sentences that it never saw, beside copying and looking up, by training time.

    D2L_DATA_DIR=folder python benchmarks/translation.py tatoeba
    python benchmarks/translation.py embedded

`tatoeba`: pairs of at most 8 tokens a side, 30,000 of them for training; 1,000 sources for validation
and 1,000 for testing, none of them seen in training, with all their known translations as references.
`embedded`: the pairs of this book and the settings of the section on sequence to sequence. BLEU is
sacrebleu's, on tokens, in brackets its 95 % interval. The printed times are those of training alone; the
CPU time is what it takes on a core that nobody shares. With DNNL_MAX_CPU_ISA=ALL the training is quicker on
processors with AVX-512, and its figures are a little different.
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from d2l_utils.beam_search import translate
from d2l_utils.corpora import read_pairs, read_tatoeba
from d2l_utils.machine_translation import TranslationData, references
from d2l_utils.seq2seq import (
    bleu,
    bleu_counts,
    bootstrap,
    nearest_neighbours,
    new_seq2seq,
    train_translator,
    translate_greedy,
)

import numpy as onp
import sacrebleu
from mxnet import npx
from mxnet.gluon import nn

# Chosen by validation BLEU.
SETTINGS = {
    "embedded": {"min_freq": 2},
    "tatoeba": {
        "min_freq": 3, "num_hiddens": 256, "dropout": 0.3, "locked": True, "num_epochs": 10, "lr": 0.01,
    },
}  # fmt: skip
BEAMS = [(5, 0.0), (5, 0.6), (5, 1.0)]  # width, length penalty


def load(corpus, min_freq):
    if corpus == "embedded":
        return TranslationData(read_pairs(), min_freq)
    return TranslationData(read_tatoeba(), min_freq, max_tokens=8, sizes=(30_000, 1_000, 1_000))


def locked(src_size, tgt_size, embed_size, num_hiddens, dropout):
    """Build the network of the section with one dropout mask for all steps of a row.

    Source: Gal and Ghahramani, 2016.
    """
    net = new_seq2seq(src_size, tgt_size, embed_size, num_hiddens)
    for half in (net.encoder, net.decoder):
        half.dropout = nn.Dropout(dropout, axes=(0,))
    return net


def official(outputs, targets):
    """Return sacrebleu's BLEU of lists of tokens."""
    lists = [
        [" ".join(r[k]) if k < len(r) else None for r in targets] for k in range(max(map(len, targets)))
    ]
    metric = sacrebleu.BLEU(tokenize="none", smooth_method="none", force=True)
    return metric.corpus_score([" ".join(o) for o in outputs], lists).score


def report(name, outputs, targets):
    counts = onp.array([bleu_counts(o, r) for o, r in zip(outputs, targets, strict=True)])
    low, high = onp.percentile(bootstrap(counts), [2.5, 97.5])
    print(f"  {name:28} {official(outputs, targets):5.1f}   ({low:.1f} to {high:.1f})", flush=True)


def report_by_length(systems, sources, targets):
    """Print the BLEU of each system by the number of source tokens, at least 50 sentences in a group."""
    groups, group = [], []
    for length in range(1, max(map(len, sources)) + 1):
        group = group + [i for i, source in enumerate(sources) if len(source) == length]
        if len(group) >= 50:
            groups.append(group)
            group = []
    if group:
        groups[-1:] = [[*groups[-1], *group]] if groups else [group]
    print("  by source tokens:" + "".join(f"{name:>20}" for name in systems))
    for rows in groups:
        low, high = (pick(len(sources[i]) for i in rows) for pick in (min, max))
        scores = (bleu([outs[i] for i in rows], [targets[i] for i in rows]) for outs in systems.values())
        name = f"{low} to {high}" if low < high else low
        print(f"    {name!s:6} {len(rows):4}  " + "".join(f"{score:20.1f}" for score in scores), flush=True)


def run(data, seed, settings):
    start, start_cpu = time.perf_counter(), time.process_time()
    translator = train_translator(data, seed, **settings)
    elapsed, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    print(f"seed {seed}: trained in {elapsed:.0f} s ({cpu:.0f} s of CPU)")
    losses = "  ".join(f"{a:.2f} {b:.2f}" for a, b in translator.losses.tolist())
    print(f"  loss by epoch, training and validation: {losses}", flush=True)
    for name, pairs in (("validation", data.valid), ("test", data.test)):
        refs = references(pairs)
        sources, targets = [list(source) for source in refs], list(refs.values())
        report(f"{name}, greedy", translate_greedy(translator, sources), targets)
        for width, penalty in BEAMS:
            found = translate(translator, sources, width, penalty, num_best=1)
            outputs = [list(hypotheses[0].tokens) for hypotheses in found]
            report(f"{name}, beam {width}, penalty {penalty}", outputs, targets)
    looked_up = nearest_neighbours(data.train, sources)
    systems = {"nearest neighbour": looked_up, "greedy": translate_greedy(translator, sources)}
    report_by_length(systems | {f"beam {width}": outputs}, sources, targets)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", choices=SETTINGS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    for option in ("min_freq", "num_hiddens", "embed_size", "num_epochs", "batch_size"):
        parser.add_argument(f"--{option}", type=int)
    for option in ("dropout", "lr", "output_lr"):
        parser.add_argument(f"--{option}", type=float)
    one_mask = {"action": argparse.BooleanOptionalAction, "help": "one dropout mask for all steps of a row"}
    parser.add_argument("--locked", **one_mask)
    options = vars(parser.parse_args())
    npx.set_np()
    corpus, seeds = options.pop("corpus"), options.pop("seeds")
    settings = SETTINGS[corpus] | {key: value for key, value in options.items() if value is not None}
    settings["build"] = locked if settings.pop("locked", False) else new_seq2seq
    data = load(corpus, settings.pop("min_freq"))
    sizes = [f"{len(vocab):,}" for vocab in (data.src_vocab, data.tgt_vocab)]
    print(f"{len(data.train):,} training pairs; vocabularies of {' and '.join(sizes)} tokens")
    refs = references(data.test)
    sources, targets = [list(source) for source in refs], list(refs.values())
    print(f"BLEU on {len(sources):,} test sentences with {len(data.test):,} references (95 % interval):")
    report("copy", sources, targets)
    report("nearest neighbour", nearest_neighbours(data.train, sources), targets)
    for seed in seeds:
        run(data, seed, settings)


if __name__ == "__main__":
    main()
