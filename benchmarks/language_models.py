"""Validation perplexity of a network on *The Time Machine* beside Kneser-Ney, by training time.

    D2L_DATA_DIR=folder python benchmarks/language_models.py rnn

Text and split are those of the section on language models: lower case, runs of anything but a-z as
one space, the first nine tenths for training. The printed times are those of training alone; the
CPU time is what it takes on a core that nobody shares.
"""

import argparse
import time

from d2l_utils.corpora import read_time_machine
from d2l_utils.lang_model import KneserNey, log_probs, normalize, perplexity, split_text
from d2l_utils.lang_model_dataset import load_corpus, sequential_batches
from d2l_utils.rnn_gluon import LMGluon, adam_step, initialized
from d2l_utils.rnn_scratch import evaluate, train
from d2l_utils.sequence import set_seed

from mxnet import npx
from mxnet.gluon import rnn

# Chosen on the validation text; so their figures are a little too good, as everybody's are.
SETTINGS = {
    "rnn": {
        "layer": lambda num_hiddens, V: rnn.RNN(num_hiddens, activation="tanh", input_size=V),
        "num_hiddens": 256, "dropout": 0.25, "lr": 0.008, "num_epochs": 64, "num_steps": 48, "batch_size": 24,
    },
}  # fmt: skip


def run(name, seed, settings):
    text = normalize(read_time_machine())
    train_ids, valid_ids, vocab = load_corpus(text)
    set_seed(seed)
    layer = settings["layer"](settings["num_hiddens"], len(vocab))
    net = initialized(LMGluon(layer, len(vocab), settings["dropout"]), settings["num_hiddens"])
    net.hybridize()
    start, start_cpu = time.perf_counter(), time.process_time()
    train(
        net, train_ids, None, adam_step(net), sequential_batches, settings["num_epochs"], settings["lr"],
        seed, num_steps=settings["num_steps"], batch_size=settings["batch_size"],
    )  # fmt: skip
    elapsed, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    score = evaluate(net, valid_ids)
    print(f"{name}, seed {seed}: validation perplexity {score:.3f}, ", end="")
    print(f"trained in {elapsed:.0f} s ({cpu:.0f} s of CPU)", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", choices=SETTINGS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    for option in ("num_hiddens", "num_epochs", "num_steps", "batch_size"):
        parser.add_argument(f"--{option}", type=int)
    for option in ("dropout", "lr"):
        parser.add_argument(f"--{option}", type=float)
    options = vars(parser.parse_args())
    npx.set_np()
    name, seeds = options.pop("model"), options.pop("seeds")
    settings = SETTINGS[name] | {key: value for key, value in options.items() if value is not None}
    train_text, valid_text = split_text(normalize(read_time_machine()))
    print(f"Kneser-Ney, order 7: {perplexity(log_probs(KneserNey(train_text, 7), valid_text)):.3f}")
    for seed in seeds:
        run(name, seed, settings)


if __name__ == "__main__":
    main()
