"""CPU time of beam search beside greedy search, per sentence, in batches, with one translator.

    python benchmarks/search_cost.py

Trains the translator of the section on sequence to sequence on the embedded pairs, then translates
the test sentences with greedy search and with a beam, in turn, several times. Both run in batches
of the same size. Prints every run and the medians, and fails where the ratio of the medians is
above --limit.
"""

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DNNL_MAX_CPU_ISA", "ALL")  # speed before the same figures on every processor

from d2l_utils.beam_search import translate
from d2l_utils.corpora import read_pairs
from d2l_utils.machine_translation import TranslationData, references
from d2l_utils.seq2seq import train_translator, translate_greedy

from mxnet import npx


def time_of(search, sentences):
    """Return the CPU time of a search in milliseconds per sentence."""
    start = time.process_time()
    search(sentences)
    return (time.process_time() - start) / len(sentences) * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--beam_size", type=int, default=5)
    parser.add_argument("--batch_size", type=int, default=128)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=8, help="of training, which is not timed")
    parser.add_argument("--limit", type=float, default=3.0, help="the highest ratio allowed")
    options = parser.parse_args()
    npx.set_np()
    data = TranslationData(read_pairs(), min_freq=2)
    translator = train_translator(data, num_epochs=options.epochs)
    sentences = [list(source) for source in references(data.test)]
    k, size = options.beam_size, options.batch_size
    searches = {
        "greedy": lambda s: translate_greedy(translator, s, size),
        "beam 1": lambda s: translate(translator, s, 1, batch_size=size),
        f"beam {k}, best only": lambda s: translate(translator, s, k, num_best=1, batch_size=size),
        f"beam {k}, {k} best": lambda s: translate(translator, s, k, batch_size=size),
    }
    times = {name: [] for name in searches}
    print(f"{len(sentences)} sentences, ms each:", "   ".join(searches))
    for run in range(options.runs + 1):
        for name, search in searches.items():
            times[name].append(time_of(search, sentences))
        label = f"run {run}" if run else "warm-up"
        print(f"{label}: ", "  ".join(f"{values[-1]:.2f}" for values in times.values()), flush=True)
    medians = {name: statistics.median(values[1:]) for name, values in times.items()}
    print("median:", "  ".join(f"{value:.2f}" for value in medians.values()))
    base = min(medians["greedy"], medians["beam 1"])  # the quicker of two ways to be greedy
    ratios = {name: value / base for name, value in medians.items()}
    print("ratio to greedy:", "  ".join(f"{value:.2f}" for value in ratios.values()))
    if max(ratios.values()) > options.limit:
        sys.exit(f"a search costs more than {options.limit} times greedy search")


if __name__ == "__main__":
    main()
