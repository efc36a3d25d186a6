"""Speed of the layers of this chapter beside PyTorch's, ours from scratch, and against their sizes.

    python benchmarks/speed.py torch     training steps of a language model, Gluon's layers and PyTorch's
    python benchmarks/speed.py scratch   the layers written by hand beside the fused ones
    python benchmarks/speed.py loop      ways to write the loop of the hand-written RNN
    python benchmarks/speed.py cost      time against hidden units, steps, layers and beam width

Ratios of times measured in turn in one run; medians of --rounds. The results are kept in results.json.
`torch` needs PyTorch, which is no dependency of this project: pip install torch.
"""

import argparse
import functools
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
BATCH, STEPS, HIDDENS, VOCAB = 32, 35, 256, 28
CELLS = ("RNN", "GRU", "LSTM")
AIMS = {
    "torch": {"aim": "at least", "aims": {"RNN": 1.3, "GRU": 1.3, "LSTM": 0.7}},
    "scratch": {"aim": "at most", "aims": {"RNN": 2.5, "GRU": 4.0, "LSTM": 4.0}},
}


def times(action, seconds=2.0, at_least=10):
    """Run an action for some seconds; return the median time of a run, in seconds."""
    for _ in range(3):
        action()
    found, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(found) < at_least:
        start = time.perf_counter()
        action()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def gluon_layer(cell, num_hiddens=HIDDENS, input_size=VOCAB):
    from mxnet.gluon import rnn

    options = {"activation": "tanh"} if cell == "RNN" else {}
    return getattr(rnn, cell)(num_hiddens, input_size=input_size, **options)


def tokens(batch=BATCH, steps=STEPS):
    import numpy as onp

    return onp.random.default_rng(0).integers(0, VOCAB, (2, batch, steps))


def gluon_step(layer, num_hiddens=HIDDENS, batch=BATCH, steps=STEPS):
    """Return a function that makes one training step: gradient, clipping, Adam; the loss is read."""
    from d2l_utils.rnn_gluon import LMGluon, adam_step, initialized
    from d2l_utils.rnn_scratch import train_epoch

    net = initialized(LMGluon(layer, VOCAB), num_hiddens)
    net.hybridize()
    step, (X, Y) = adam_step(net), tokens(batch, steps)
    return lambda: train_epoch(net, [(X, Y)], lambda: step(1e-4))


def torch_step(cell):
    """Return a function that does the same with PyTorch."""
    import torch
    from torch import nn

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = getattr(nn, cell)(VOCAB, HIDDENS)
            self.output = nn.Linear(HIDDENS, VOCAB)

        def forward(self, X):
            return self.output(self.rnn(nn.functional.one_hot(X.T, VOCAB).float())[0])

    net = Model()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-4)
    X, Y = (torch.tensor(part) for part in tokens())

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(net(X).reshape(-1, VOCAB), Y.T.reshape(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        loss.item()

    return step


def measure(library, cell):
    """Print the median time of a step; run in a process of its own."""
    if library == "torch":
        import torch

        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
        print(times(torch_step(cell)))
    else:
        from d2l_utils.sequence import set_seed

        from mxnet import npx

        npx.set_np()
        set_seed(0)
        print(times(gluon_step(gluon_layer(cell))))


def compare_with_torch(rounds):
    names = {"gluon": "Gluon", "torch": "PyTorch"}
    variants = [(library, threads) for library in names for threads in (1, 2)]
    rows = {}
    for cell in CELLS:
        found = {variant: [] for variant in variants}
        for _ in range(rounds):
            for library, threads in variants:
                command = [sys.executable, __file__, "measure", "--library", library, "--cell", cell]
                environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
                run = subprocess.run(command, capture_output=True, text=True, env=environment)
                if run.returncode:
                    sys.exit(
                        f"{run.stderr}\nThis part needs PyTorch with all it depends on: pip install torch"
                    )
                found[library, threads].append(float(run.stdout))
        speed = {variant: BATCH * STEPS / statistics.median(values) for variant, values in found.items()}
        gluon, torch = (max(speed[library, 1], speed[library, 2]) for library in names)
        columns = {f"{names[library]}, {n} thread{'s' * (n > 1)}": (library, n) for library, n in variants}
        rows[cell] = {column: round(speed[variant]) for column, variant in columns.items()}
        rows[cell]["ratio"] = round(gluon / torch, 2)
        print(cell, rows[cell], flush=True)
    return AIMS["torch"] | {"rows": rows}


def forward_and_backward():
    """Return a function that makes one pass of a layer from a state: outputs and all gradients."""
    import numpy as onp
    from mxnet import autograd, np, npx

    npx.set_np()
    X = npx.one_hot(np.array(tokens()[0].T, dtype="int32"), VOCAB)  # (T, B, V)
    weights = np.array(onp.random.default_rng(1).normal(size=(STEPS, BATCH, HIDDENS)), dtype="float32")

    def run(layer, state):
        with autograd.record():
            outputs = layer(X, state)[0]  # (T, B, H)
        outputs.backward(weights)
        npx.waitall()

    return run


def in_turn(runs, rounds):
    """Return the median time in ms of each of the named runs, which take turns for some rounds."""
    found = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            found[name].append(times(run, seconds=1.0))
    return {name: 1000 * statistics.median(values) for name, values in found.items()}


def compare_scratch(rounds):
    from d2l_utils.gru import GRUScratch
    from d2l_utils.lstm import LSTMScratch
    from d2l_utils.rnn_scratch import RNNScratch

    run, rows = forward_and_backward(), {}
    scratch = {"RNN": RNNScratch, "GRU": GRUScratch, "LSTM": LSTMScratch}
    for cell in CELLS:
        fused, ours = gluon_layer(cell), scratch[cell](VOCAB, HIDDENS)
        fused.initialize()
        runs = {
            "fused": functools.partial(run, fused, fused.begin_state(batch_size=BATCH)),
            "scratch": functools.partial(run, ours, ours.begin_state(BATCH)),
        }
        medians = in_turn(runs, rounds)
        row = {f"{name}, ms": round(value, 1) for name, value in medians.items()}
        rows[cell] = row | {"ratio": round(medians["scratch"] / medians["fused"], 2)}
        print(cell, rows[cell], flush=True)
    return AIMS["scratch"] | {"rows": rows}


def compare_loops(rounds):
    """Three ways to write the loop of the RNN from scratch, which compute the same."""
    from d2l_utils.rnn_scratch import RNNScratch, linear

    from mxnet import np

    class InputsAtOnce(RNNScratch):
        def __call__(self, X, state):
            (H,), W_hh, outputs = state, self.W_hh.T, []
            for A_t in np.dot(X, self.W_xh):  # one product, cut into steps
                H = np.tanh(A_t + linear(H, W_hh, self.b_h))
                outputs.append(H)
            return np.stack(outputs), [H]

    class BiasByItself(RNNScratch):
        def __call__(self, X, state):
            (H,), outputs = state, []
            for X_t in X:
                H = np.tanh(np.dot(X_t, self.W_xh) + np.dot(H, self.W_hh) + self.b_h)
                outputs.append(H)
            return np.stack(outputs), [H]

    run = forward_and_backward()
    kinds = {
        "as in Section 5": RNNScratch,
        "inputs of all steps in one product": InputsAtOnce,
        "bias added by itself": BiasByItself,
    }
    layers = {name: kind(VOCAB, HIDDENS) for name, kind in kinds.items()}
    state = layers["as in Section 5"].begin_state(BATCH)
    medians = in_turn({name: functools.partial(run, layer, state) for name, layer in layers.items()}, rounds)
    base = medians["as in Section 5"]
    rows = {name: [round(value, 1), round(value / base, 2)] for name, value in medians.items()}
    print(rows, flush=True)
    return {"rows": rows}


def multiplications(cell, num_hiddens, steps, layers=1):
    """Return the multiply-adds of a forward and a backward pass of the model, its output layer included."""
    gates = {"RNN": 1, "GRU": 3, "LSTM": 4}[cell]
    recurrent = gates * (VOCAB + num_hiddens + (layers - 1) * 2 * num_hiddens) * num_hiddens
    return 3 * BATCH * steps * (recurrent + VOCAB * num_hiddens)  # backward costs twice forward


def peak():
    """Return the multiply-adds per second of a large product of matrices on one core."""
    from mxnet import np, npx

    A = np.random.uniform(-1, 1, (1024, 1024))

    def product():
        np.dot(A, A)
        npx.waitall()

    return 1024**3 / times(product)


def cost():
    from d2l_utils.beam_search import translate
    from d2l_utils.corpora import read_pairs
    from d2l_utils.deep_rnn import StackedRNN
    from d2l_utils.machine_translation import TranslationData, references
    from d2l_utils.seq2seq import train_translator

    from mxnet import npx
    from mxnet.gluon import rnn

    npx.set_np()
    best = peak()
    print(f"{best / 1e9:.1f} billion multiply-adds a second in a large product of matrices", flush=True)
    rows = {"hidden units": [], "steps": [], "layers": []}
    kinds = {
        "hidden units": [("GRU", n, STEPS, 1) for n in (32, 64, 128, 256, 512, 1024)],
        "steps": [("GRU", HIDDENS, n, 1) for n in (8, 16, 32, 64, 128, 256)],
        "layers": [("GRU", HIDDENS, STEPS, n) for n in (1, 2, 3, 4)],
    }
    for name, cases in kinds.items():
        for case in cases:
            cell, num_hiddens, steps, layers = case
            stack = StackedRNN(rnn.GRU, num_hiddens, layers, input_size=VOCAB)
            measured = times(gluon_step(stack, num_hiddens, steps=steps), seconds=1.0)
            bound = multiplications(cell, num_hiddens, steps, layers) / best
            size = {"hidden units": num_hiddens, "steps": steps, "layers": layers}[name]
            rows[name].append([size, round(measured * 1000, 2), round(bound * 1000, 2)])
            print(name, rows[name][-1], flush=True)
    data = TranslationData(read_pairs(), min_freq=2)
    translator = train_translator(data, num_epochs=4)
    sentences = [list(source) for source in references(data.test)][:512]
    rows["beam width"] = []
    for width in (1, 2, 3, 5, 8, 12):
        seconds = times(lambda w=width: translate(translator, sentences, w, num_best=1), 2.0, 3)
        rows["beam width"].append([width, round(seconds / len(sentences) * 1000, 3), None])
        print("beam width", rows["beam width"][-1], flush=True)
    return {"multiply-adds a second": round(best, -8), "rows": rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=["torch", "scratch", "loop", "cost", "measure"])
    parser.add_argument("--rounds", type=int, default=5)
    for option in ("library", "cell"):
        parser.add_argument(f"--{option}", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part not in ("scratch", "loop"):  # instructions that suit the processor, as in PyTorch
        os.environ.setdefault("DNNL_MAX_CPU_ISA", "ALL")
    import d2l_utils  # noqa: F401  (sets the threads before MXNet and NumPy load)

    if options.part == "measure":
        measure(options.library, options.cell)
        return
    from results import keep

    actions = {"torch": compare_with_torch, "scratch": compare_scratch, "loop": compare_loops}
    keep(options.part, cost() if options.part == "cost" else actions[options.part](options.rounds))


if __name__ == "__main__":
    main()
