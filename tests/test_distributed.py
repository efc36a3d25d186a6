"""Training with several workers: the launcher, the equality with one process, death and restart."""

import contextlib
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from d2l_utils.deep_rnn import StackedRNN
from d2l_utils.lang_model_dataset import sequential_batches
from d2l_utils.rnn_gluon import LMGluon, initialized, load_parameters
from d2l_utils.rnn_scratch import clip_gradients, sgd, train_epoch
from d2l_utils.sequence import set_seed

import launch
import nbformat
import numpy as onp
import psutil
import pytest
import worker
from agreement import apart
from mxnet.gluon import rnn

CHAPTER = Path(__file__).resolve().parent.parent / "chapter_rnn"
SCRIPTS = CHAPTER / "distributed"
LONG = "import time; time.sleep(600)"  # longer than any test may take
LIMIT = 240  # seconds, for a busy machine; nothing here takes a tenth of it


def test_the_page_shows_the_scripts_as_they_are():
    cells = nbformat.read(CHAPTER / "deep-rnn.ipynb", as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    shown = re.findall(r"^```py\n(.*?)^```$", text, flags=re.M | re.S)
    files = [(SCRIPTS / name).read_text(encoding="utf-8") for name in ("launch.py", "worker.py")]
    assert len(shown) >= 4 and text.count("```") == 2 * len(shown)
    for excerpt in shown:
        assert any(excerpt in file for file in files), excerpt


# The launcher alone, with roles that need no MXNet.


@pytest.fixture
def children(monkeypatch):
    """The processes that the launcher starts; scheduler and server only wait to be ended."""
    found = []

    class Recorded(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            found.append(self)

    monkeypatch.setattr(launch, "ROLE_ONLY", ["-c", LONG])
    monkeypatch.setattr(launch.subprocess, "Popen", Recorded)
    yield found
    for process in found:
        process.kill()
        process.wait()


def test_when_the_workers_have_finished_so_has_everything(children, capfd):
    assert launch.run(["-c", "print('done')"], 3, LIMIT) == 0
    assert [process.returncode for process in children] == [-signal.SIGTERM, -signal.SIGTERM, 0, 0, 0]
    assert capfd.readouterr().out == "done\ndone\ndone\n"


FAULTS = {
    "sys.exit(3)": "a worker failed with exit code 3",
    "os.kill(os.getpid(), signal.SIGKILL)": "a worker was ended by SIGKILL",
    "raise RuntimeError('broken')": "a worker failed with exit code 1",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_dead_worker_ends_all(children, tmp_path, capfd, fault):
    script = f"""
import os, signal, sys, time
try:
    os.mkdir({str(tmp_path / "first")!r})
except FileExistsError:
    time.sleep(600)
print("ready to fall", flush=True)
{fault}
"""
    assert launch.run(["-c", script], 3, LIMIT) == 1
    assert all(process.returncode for process in children) and len(children) == 5
    lines = capfd.readouterr().out.splitlines()
    assert lines[-1] == f"launch: {FAULTS[fault]}; ended the 4 processes still running"
    assert "ready to fall" in lines


@pytest.mark.parametrize("role", ["scheduler", "server"])
def test_a_dead_scheduler_or_server_ends_all(children, monkeypatch, capfd, role):
    script = f"import os, sys, time; os.environ['DMLC_ROLE'] == '{role}' and sys.exit('no way'); {LONG}"
    monkeypatch.setattr(launch, "ROLE_ONLY", ["-c", script])
    assert launch.run(["-c", LONG], 2, LIMIT) == 1
    assert all(process.returncode for process in children)
    out = capfd.readouterr().out
    assert "no way" in out
    assert f"launch: the {role} failed with exit code 1; ended the 3 processes still running" in out


def test_time_is_limited(children, capfd):
    assert launch.run(["-c", LONG], 2, 1) == 1
    assert [process.returncode for process in children] == [-signal.SIGTERM] * 4
    out = capfd.readouterr().out
    assert "a worker has not finished within 1 seconds; ended the 4 processes still running" in out


def test_force_is_used_where_asking_is_in_vain(monkeypatch):
    monkeypatch.setattr(launch, "PATIENCE", 0.2)
    script = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); {LONG}"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        process.stdout.readline()  # from now on it does not listen
        launch.end([process])
        assert process.returncode == -signal.SIGKILL


def test_each_process_carries_its_own_time_limit(children, capfd):
    """So that it ends even where the launcher has been killed."""
    assert launch.run(["-c", "import signal; print(signal.alarm(0))"], 1, 50) == 0
    assert 50 < int(capfd.readouterr().out) <= 80


def test_a_port_that_was_taken_meanwhile_is_replaced(children, monkeypatch, tmp_path, capfd):
    """The scheduler of the first attempt fails; only that of the second lets the workers finish."""
    script = f"""
import os, sys, time
if os.environ["DMLC_ROLE"] == "scheduler":
    try:
        os.mkdir({str(tmp_path / "first")!r})
    except FileExistsError:
        os.mkdir({str(tmp_path / "second")!r})
    else:
        sys.exit("Check failed: bind failed")
time.sleep(600)
"""
    ports = iter([1, 2])
    monkeypatch.setattr(launch, "free_port", lambda: next(ports))
    monkeypatch.setattr(launch, "ROLE_ONLY", ["-c", script])
    worker = f"""
import os, time
while not os.path.exists({str(tmp_path / "second")!r}):
    time.sleep(0.05)
print(os.environ["DMLC_PS_ROOT_PORT"])
"""
    assert launch.run(["-c", worker], 2, LIMIT) == 0
    assert capfd.readouterr().out == "2\n2\n" and len(children) == 8
    assert all(process.returncode is not None for process in children)


def test_nothing_of_another_training_leaks_into_the_environment(monkeypatch):
    monkeypatch.setenv("PORT", "80")
    monkeypatch.setenv("DMLC_PS_VAN_TYPE", "p3")
    values = launch.environment("server", 1234, 2)
    assert "PORT" not in values and "DMLC_PS_VAN_TYPE" not in values
    assert values["DMLC_NODE_HOST"] == values["DMLC_PS_ROOT_URI"] == "127.0.0.1"
    named = {"DMLC_ROLE": "server", "DMLC_PS_ROOT_PORT": "1234", "DMLC_NUM_WORKER": "2"}
    assert named.items() <= values.items()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_launcher_that_is_told_to_end_ends_its_own_processes_only(tmp_path, sent):
    script, pids = tmp_path / "script.py", tmp_path / "pids"
    pids.mkdir()
    script.write_text(f"import os, pathlib; pathlib.Path({str(pids)!r}, str(os.getpid())).touch(); {LONG}")
    command = [sys.executable, SCRIPTS / "launch.py", "--workers", "2", "--seconds", str(LIMIT), script]
    with (
        subprocess.Popen([sys.executable, script]) as bystander,
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as launcher,
    ):
        mine = []
        try:
            deadline = time.monotonic() + LIMIT
            while len(list(pids.iterdir())) < 3 and time.monotonic() < deadline:
                time.sleep(0.05)
            mine = psutil.Process(launcher.pid).children(recursive=True)
            assert len(mine) == 4
            launcher.send_signal(sent)
            _, errors = launcher.communicate(timeout=LIMIT)
            gone, alive = psutil.wait_procs(mine, timeout=LIMIT)
            assert launcher.returncode == 1 and len(gone) == 4 and not alive
            assert errors == f"launch: ended by {sent.name}\n"
            assert bystander.poll() is None
        finally:
            for process in (launcher, bystander, *mine):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()


@pytest.mark.parametrize("arguments", [[], ["--workers", "0", "x.py"], ["--seconds", "0", "x.py"]])
def test_a_launcher_without_a_task_says_what_it_needs(arguments):
    run = subprocess.run([sys.executable, SCRIPTS / "launch.py", *arguments], capture_output=True, text=True)
    assert run.returncode == 2 and "at least one worker, one second and a script" in run.stderr


# With MXNet's parameter server. Each start imports MXNet four times, so there are few of them.

V, H, LAYERS, ROWS, STEPS, EPOCHS, LR, MAX_NORM = 6, 8, 2, 8, 5, 3, 1.0, 0.15


def train_together(folder, script=SCRIPTS / "worker.py"):
    """Run two workers; return exit code, output, and the addresses at which anything listened."""
    sizes = {"vocab-size": V, "num-hiddens": H, "num-layers": LAYERS, "batch-size": ROWS}
    sizes |= {"num-steps": STEPS, "num-epochs": EPOCHS, "lr": LR, "max-norm": MAX_NORM}
    command = [sys.executable, SCRIPTS / "launch.py", "--seconds", LIMIT, script, "--folder", folder]
    command += [f"--{name}={value}" for name, value in sizes.items()]
    addresses = set()
    with open(folder / "output", "w") as output:
        launcher = subprocess.Popen(list(map(str, command)), stdout=output, stderr=output)
    try:
        while launcher.poll() is None:
            for child in psutil.Process(launcher.pid).children(recursive=True):
                try:
                    found = child.net_connections(kind="inet")
                except psutil.Error:  # it has just ended
                    continue
                addresses |= {c.laddr.ip for c in found if c.status == psutil.CONN_LISTEN}
            time.sleep(0.2)
    finally:
        launcher.terminate()
        launcher.wait()
    return launcher.returncode, (folder / "output").read_text(), addresses


@pytest.fixture
def folder(numpy_mode, tmp_path):
    onp.save(tmp_path / "ids.npy", onp.random.default_rng(0).integers(0, V, 500).astype("int32"))
    return tmp_path


def new_net():
    set_seed(0)
    return initialized(LMGluon(StackedRNN(rnn.GRU, H, LAYERS, input_size=V), V), H)


def parameters(net):
    return [param.data() for param in net.collect_params().values()]


def train_alone(ids):
    """One process, whole minibatches; return the net and the norms of the gradients."""
    net, norms = new_net(), []
    params = parameters(net)

    def step():
        norms.append(clip_gradients(net.grads(), MAX_NORM))
        sgd(params, LR)

    for epoch in range(1, EPOCHS + 1):
        rng = onp.random.default_rng(epoch)
        train_epoch(net, sequential_batches(ids, ROWS, STEPS, rng), step, max_norm=float("inf"))
    return net, norms


def test_two_workers_one_fails_and_the_restart_ends_where_one_process_does(folder, agreement):
    """A worker that raises would wait for the others at a barrier if it left in the usual way."""
    script, steps = folder / "faulty.py", (500 - 1) // (ROWS * STEPS)  # in an epoch
    script.write_text(
        f"""
import sys
sys.path.insert(0, {str(SCRIPTS)!r})
import worker

def work(args, kv):
    steps = []
    def sgd(params, lr):
        right_sgd(params, lr)
        steps.append(1)
        if kv.rank == 1 and len(steps) == {steps + 3}:
            raise RuntimeError("a fault of worker 1 alone")
    worker.sgd = sgd
    right_work(args, kv)

right_sgd, right_work, worker.work = worker.sgd, worker.work, work
worker.main()
"""
    )
    code, output, addresses = train_together(folder, script=script)
    assert code == 1 and "RuntimeError: a fault of worker 1 alone" in output, output
    assert output.endswith("launch: a worker failed with exit code 1; ended the 3 processes still running\n")
    assert addresses == {"127.0.0.1"}
    assert [p.name for p in folder.glob("epoch-*")] == ["epoch-1.npz"]
    first = (folder / "epoch-1.npz").read_bytes()

    code, output, addresses = train_together(folder)
    assert code == 0 and addresses == {"127.0.0.1"}, output
    assert re.findall(r"worker (\d): epoch (\d)", output) == [("0", "2"), ("0", "3"), ("1", "2"), ("1", "3")]
    sums = re.findall(r"worker \d: weights (\w+)", output)
    assert len(sums) == 2 and sums[0] == sums[1]
    assert sorted(p.name for p in folder.glob("epoch-*")) == [f"epoch-{n}.npz" for n in (1, 2, 3)]
    assert (folder / "epoch-1.npz").read_bytes() == first

    alone, norms = train_alone(onp.load(folder / "ids.npy"))
    assert min(norms) < MAX_NORM < max(norms)  # some gradients were clipped and some were not
    together = new_net()
    load_parameters(together, folder / f"epoch-{EPOCHS}.npz")
    for a, b in zip(parameters(alone), parameters(together), strict=True):
        onp.testing.assert_allclose(a.asnumpy(), b.asnumpy(), rtol=0, atol=1e-5)
        agreement("Weights after training with two workers", "one process", apart(b, a))


def test_rows_that_cannot_be_shared_are_refused():
    class Store:
        num_workers, rank = 3, 1

    assert worker.my_rows(onp.arange(9), Store).tolist() == [3, 4, 5]
    with pytest.raises(ValueError, match="3 workers cannot share 8 rows"):
        worker.my_rows(onp.arange(8), Store)


def test_the_last_checkpoint_is_the_one_with_the_highest_number(tmp_path):
    assert worker.last_checkpoint(tmp_path) == 0
    for name in ("epoch-2.npz", "epoch-10.npz", "epoch-11.npz.part", "ids.npy"):
        (tmp_path / name).touch()
    assert worker.last_checkpoint(tmp_path) == 10


def test_a_worker_started_by_hand_says_what_it_needs(monkeypatch, capsys):
    monkeypatch.delenv("DMLC_ROLE", raising=False)
    monkeypatch.setattr(sys, "argv", ["worker.py", "--folder", "results", "--vocab-size", "6"])
    with pytest.raises(SystemExit) as ended:
        worker.options()
    assert ended.value.code == 2 and "start it with launch.py" in capsys.readouterr().err
