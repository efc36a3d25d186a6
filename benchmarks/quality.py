"""Validation perplexity on *The Time Machine* against training seconds, for the models of the chapter.

    D2L_DATA_DIR=folder python benchmarks/quality.py

Text and split are those of the section on language models. Each network is trained once, on one core, and
scored on the validation text after some epochs. The seconds are those of the processor, without scoring.
The learning rate falls to zero over the whole run, so the last point of a curve is the one to compare.
The recipe is the training of Dive into Deep Learning 0.17.6: 500 epochs on the first 10,000 characters.
Results go to results.json.
"""

import argparse
import functools
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DNNL_MAX_CPU_ISA", "ALL")  # as in language_models.py

from d2l_utils.corpora import read_time_machine
from d2l_utils.gru import GRUScratch
from d2l_utils.lang_model import KneserNey, log_probs, normalize, perplexity, split_text
from d2l_utils.lang_model_dataset import load_corpus, sequential_batches
from d2l_utils.lstm import LSTMScratch
from d2l_utils.rnn_gluon import LMGluon, adam_step, initialized
from d2l_utils.rnn_scratch import LMScratch, RNNScratch, evaluate, sgd, train_epoch
from d2l_utils.sequence import set_seed

import numpy as onp
from language_models import CELLS, SETTINGS, new_model
from mxnet import gluon, init, npx
from mxnet.gluon import rnn
from results import keep

SCRATCH = {"RNN": RNNScratch, "GRU": GRUScratch, "LSTM": LSTMScratch}


def curve(model, train_ids, valid_ids, step, num_epochs, lr, num_steps, batch_size, points=8, falls=True):
    """Train; return [training seconds, validation perplexity] at some epochs, the last one included."""
    rng, spent, found = onp.random.default_rng(1), 0.0, []
    marks = {round((n + 1) * num_epochs / points) for n in range(points)}
    for epoch in range(num_epochs):
        rate = lr * (1 - epoch / num_epochs) if falls else lr
        batches = sequential_batches(train_ids, batch_size, num_steps, rng)
        start = time.process_time()
        train_epoch(model, batches, lambda rate=rate: step(rate))
        spent += time.process_time() - start
        if epoch + 1 in marks:
            found.append([round(spent, 1), round(evaluate(model, valid_ids), 3)])
    return found


def recipe(train_ids, valid_ids, vocab_size):
    """The RNN of Dive into Deep Learning 0.17.6: 256 rectified units, SGD at rate 1, a constant one."""
    net = LMGluon(rnn.RNN(256, input_size=vocab_size), vocab_size)  # Gluon's default activation
    net.initialize(init.Normal(0.01), force_reinit=True)
    net(onp.zeros((1, 1)), net.begin_state(1))
    trainer = gluon.Trainer(net.collect_params(), "sgd")

    def step(lr):
        trainer.set_learning_rate(lr)
        trainer.step(1)

    return curve(net, train_ids[:10_000], valid_ids, step, 500, 1.0, 35, 32, falls=False)


def main():
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    npx.set_np()
    text = normalize(read_time_machine())
    train_text, valid_text = split_text(text)
    train_ids, valid_ids, vocab = load_corpus(text)
    found = {}

    def note(name, points):
        found[name] = points
        print(name, points[-1], flush=True)

    for order in (5, 6, 7):
        start = time.process_time()
        model = KneserNey(train_text, order)
        spent = time.process_time() - start
        note(
            f"Kneser–Ney, order {order}",
            [[round(spent, 1), round(perplexity(log_probs(model, valid_text)), 3)]],
        )
    set_seed(1)
    note("RNN, recipe", recipe(train_ids, valid_ids, len(vocab)))
    for name, layer in SCRATCH.items():
        set_seed(1)
        model = LMScratch(layer(len(vocab), 128), len(vocab))
        step = functools.partial(sgd, model.params)
        note(f"{name}, from scratch", curve(model, train_ids, valid_ids, step, 16, 2.0, 32, 32))
    for name, cell in CELLS.items():
        set_seed(1)
        net = initialized(LMGluon(cell(256, input_size=len(vocab)), len(vocab), 0.25), 256)
        points = curve(net, train_ids, valid_ids, adam_step(net), 16, 0.008, 32, 32)
        note(f"{name.upper()}, Section 6", points)
    for name, settings in SETTINGS.items():
        set_seed(1)
        net = new_model(settings, len(vocab))
        chosen = (settings[key] for key in ("num_epochs", "lr", "num_steps", "batch_size"))
        title = "Two LSTM layers" if name == "stack" else name.upper()
        note(f"{title}, tuned", curve(net, train_ids, valid_ids, adam_step(net), *chosen))
    keep("quality", {"rows": found})


if __name__ == "__main__":
    main()
