"""Validation perplexity of a network on *The Time Machine* beside Kneser-Ney, by training time.

    D2L_DATA_DIR=folder python benchmarks/language_models.py rnn

Text and split are those of the section on language models: lower case, runs of anything but a-z as
one space, the first nine tenths for training. The printed times are those of training alone; the
CPU time is what it takes on a core that nobody shares.
"""

import argparse
import functools
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DNNL_MAX_CPU_ISA", "ALL")  # speed before the same figures on every processor

from d2l_utils.corpora import read_time_machine
from d2l_utils.deep_rnn import StackedRNN, split_state
from d2l_utils.lang_model import KneserNey, log_probs, normalize, perplexity, split_text
from d2l_utils.lang_model_dataset import load_corpus, sequential_batches
from d2l_utils.rnn_gluon import LMGluon, adam_step, initialized
from d2l_utils.rnn_scratch import evaluate, train
from d2l_utils.sequence import set_seed

from mxnet import np, npx
from mxnet.gluon import nn, rnn

# Chosen on the validation text; so their figures are a little too good, as everybody's are.
SETTINGS = {
    "rnn": {
        "cell": "rnn", "num_layers": 1, "num_hiddens": 256, "dropout": 0.25, "state_drop": 0.0, "lr": 0.008,
        "num_epochs": 64, "num_steps": 48, "batch_size": 24,
    },
    "gru": {
        "cell": "gru", "num_layers": 1, "num_hiddens": 256, "dropout": 0.35, "state_drop": 0.3, "lr": 0.006,
        "num_epochs": 32, "num_steps": 48, "batch_size": 16,
    },
    "lstm": {
        "cell": "lstm", "num_layers": 1, "num_hiddens": 192, "dropout": 0.2, "state_drop": 0.2, "lr": 0.01,
        "num_epochs": 40, "num_steps": 16, "batch_size": 32,
    },
    "stack": {
        "cell": "lstm", "num_layers": 2, "num_hiddens": 128, "dropout": 0.15, "state_drop": 0.2, "lr": 0.015,
        "num_epochs": 30, "num_steps": 16, "batch_size": 32,
    },
}  # fmt: skip
CELLS = {"rnn": functools.partial(rnn.RNN, activation="tanh"), "gru": rnn.GRU, "lstm": rnn.LSTM}


class StateDrop(nn.Block):
    """A fused layer in which some units of the previous state are silent, drawn anew for each minibatch.

    Args: `layer`, one layer of `rnn.RNN`, `rnn.GRU` or `rnn.LSTM`; `rate`, the share of the units
        whose weights to the next state are zero in training.
    Source: Gal and Ghahramani, 2016; on the weights, as in Merity, Keskar and Socher, 2018, since a
        fused layer hides its states.
    """

    def __init__(self, layer, rate):
        super().__init__()
        self.layer, self.rate = layer, rate
        self.begin_state, self.state_info = layer.begin_state, layer.state_info

    def forward(self, X, state):
        layer = self.layer
        # (G H, H) for G gates; a draw for each unit takes a third of the time of a draw for each weight
        W_hh = npx.dropout(layer.l0_h2h_weight.data(), p=self.rate, axes=(0,))
        arrays = layer.l0_i2h_weight.data(), W_hh, layer.l0_i2h_bias.data(), layer.l0_h2h_bias.data()
        packed = np.concatenate([array.reshape(-1) for array in arrays])
        size, mode = layer._hidden_size, layer._mode
        outputs, *state = npx.rnn(
            X, packed, *state, state_size=size, num_layers=1, mode=mode, state_outputs=True
        )
        return outputs, state


class SkipStack(StackedRNN):
    """A stack whose outputs are the states of all its layers side by side.

    The output layer sees every layer, so the lower ones learn from the start. Between the layers one
    mask serves all steps of a row, as in `LMGluon`. Source: Graves, 2013.
    """

    def __init__(self, kind, num_hiddens, num_layers, dropout, input_size):
        super().__init__(kind, num_hiddens, num_layers, dropout, input_size)
        self.dropout = nn.Dropout(dropout, axes=(0,))

    def forward(self, X, state):
        outputs, new = [], []
        parts = split_state(state, [len(layer.state_info()) for layer in self.layers])
        for layer, own in zip(self.layers, parts, strict=True):
            X, own = layer(self.dropout(X) if outputs else X, own)  # (T, B, H)
            outputs.append(X)
            new += own
        return np.concatenate(outputs, axis=2), new  # (T, B, L H)


def new_model(settings, vocab_size):
    """Return an initialized language model for one row of SETTINGS."""

    def layer(num_hiddens, **options):
        return StateDrop(CELLS[settings["cell"]](num_hiddens, **options), settings["state_drop"])

    num_hiddens, dropout = settings["num_hiddens"], settings["dropout"]
    stack = SkipStack(layer, num_hiddens, settings["num_layers"], dropout, vocab_size)
    net = initialized(LMGluon(stack, vocab_size, dropout), num_hiddens)
    net.hybridize()
    return net


def run(name, seed, settings):
    train_ids, valid_ids, vocab = load_corpus(normalize(read_time_machine()))
    set_seed(seed)
    net = new_model(settings, len(vocab))
    start, start_cpu = time.perf_counter(), time.process_time()
    scores = train(
        net, train_ids, None, adam_step(net), sequential_batches, settings["num_epochs"], settings["lr"],
        seed, num_steps=settings["num_steps"], batch_size=settings["batch_size"],
    )  # fmt: skip
    elapsed, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    score = evaluate(net, valid_ids)
    print(f"{name}, seed {seed}: validation perplexity {score:.3f}, ", end="")
    print(f"training with dropout {scores[-1, 0]:.3f}, ", end="")
    print(f"trained in {elapsed:.0f} s ({cpu:.0f} s of CPU)", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", choices=SETTINGS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    for option in ("num_layers", "num_hiddens", "num_epochs", "num_steps", "batch_size"):
        parser.add_argument(f"--{option}", type=int)
    for option in ("dropout", "state_drop", "lr"):
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
