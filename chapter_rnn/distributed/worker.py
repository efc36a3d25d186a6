"""One of several workers that train a language model together; `launch.py` starts them.

Each worker holds the whole model and takes its share of the rows of each minibatch. After the
backward pass the gradients are averaged over all workers, so that all make the same step. Worker 0
writes the parameters to epoch-1.npz, epoch-2.npz, ...; a new start goes on after the last of them.
The section on deep recurrent networks explains this file.
"""

import argparse
import math
import os
import signal
import sys
import traceback
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # where d2l_utils is
from d2l_utils.deep_rnn import StackedRNN
from d2l_utils.lang_model_dataset import sequential_batches
from d2l_utils.rnn_gluon import LMGluon, initialized, load_parameters, save_parameters
from d2l_utils.rnn_scratch import clip_gradients, sgd, train_epoch
from d2l_utils.sequence import set_seed

import mxnet as mx
import numpy as onp
from mxnet import np, npx
from mxnet.gluon import rnn


def options():
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="of ids.npy and the results")
    parser.add_argument("--vocab-size", type=int, required=True)
    parser.add_argument("--num-hiddens", type=int, default=32)
    parser.add_argument("--num-layers", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=32, help="rows of all workers together")
    parser.add_argument("--num-steps", type=int, default=32)
    parser.add_argument("--num-epochs", type=int, default=3)
    parser.add_argument("--lr", type=float, default=1.0)
    parser.add_argument("--max-norm", type=float, default=1.0, help="the limit of clipping")
    parser.add_argument("--die-after", type=int, help="the last worker dies after so many steps")
    if "DMLC_ROLE" not in os.environ:
        parser.error("a worker needs a scheduler and a server: start it with launch.py")
    return parser.parse_args()


def my_rows(X, kv):
    """Return this worker's share of the rows of a minibatch, shape (B, T)."""
    share, rest = divmod(len(X), kv.num_workers)
    if rest:
        raise ValueError(f"{kv.num_workers} workers cannot share {len(X)} rows")
    return X[kv.rank * share : (kv.rank + 1) * share]


def same_start(kv, arrays):
    """Set each array to what worker 0 has in it."""
    for key, array in enumerate(arrays):
        kv.init(key, array)  # the server keeps the array of worker 0
        kv.pull(key, out=array)


def average_gradients(kv, grads):
    """Set each gradient to its mean over all workers."""
    for key, grad in enumerate(grads):
        kv.push(key, grad / kv.num_workers)  # the server adds up what workers send
    for key, grad in enumerate(grads):
        kv.pull(key, out=grad)  # waits until all have sent theirs


def last_checkpoint(folder):
    """Return the number of the last epoch that was saved, 0 where none was."""
    return max((int(path.stem.split("-")[1]) for path in folder.glob("epoch-*.npz")), default=0)


def work(args, kv):
    """Train from the last checkpoint, or from the beginning where there is none."""
    set_seed(0)
    stack = StackedRNN(rnn.GRU, args.num_hiddens, args.num_layers, input_size=args.vocab_size)
    net = initialized(LMGluon(stack, args.vocab_size), args.num_hiddens)
    done = np.array([last_checkpoint(args.folder)])
    if kv.rank == 0 and done[0] > 0:
        load_parameters(net, args.folder / f"epoch-{int(done[0])}.npz")
    params, grads = [p.data() for p in net.collect_params().values()], net.grads()
    same_start(kv, [*params, done])
    steps = 0

    def step():
        nonlocal steps
        average_gradients(kv, grads)
        clip_gradients(grads, args.max_norm)  # after the mean, everywhere alike
        sgd(params, args.lr)
        steps += 1
        if steps == args.die_after and kv.rank == kv.num_workers - 1:
            os.kill(os.getpid(), signal.SIGKILL)

    ids = onp.load(args.folder / "ids.npy", allow_pickle=False)
    for epoch in range(int(done[0]) + 1, args.num_epochs + 1):
        rng = onp.random.default_rng(epoch)  # a new start needs no more than the epoch's number
        batches = sequential_batches(ids, args.batch_size, args.num_steps, rng)
        mine = ((my_rows(X, kv), my_rows(Y, kv)) for X, Y in batches)
        score = train_epoch(net, mine, step, max_norm=math.inf)
        print(f"worker {kv.rank}: epoch {epoch}, perplexity of my rows {score:.1f}")
        if kv.rank == 0:
            save_parameters(net, args.folder / f"epoch-{epoch}.npz")
    checksum = zlib.crc32(b"".join(param.asnumpy().tobytes() for param in params))
    print(f"worker {kv.rank}: weights {checksum:08x}")


def main():
    npx.set_np()
    args = options()
    kv = mx.kvstore.create("dist_sync")  # waits for the scheduler, the server and the others
    try:
        work(args, kv)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)  # the usual way out waits at a barrier for the other workers


if __name__ == "__main__":
    main()
