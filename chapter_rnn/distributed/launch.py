"""Runs a script in several workers of MXNet's parameter server on this machine.

    python launch.py --workers 2 --seconds 120 worker.py --folder results --vocab-size 28

Starts one scheduler, one server and the workers, all on the loopback address, and prints what the
workers printed, sorted by line. Exit code 0: every worker has finished. Exit code 1: a process
failed or the time was over, the last line says which, and all others were ended. No process is ever
ended but those that were started here. The section on deep recurrent networks explains this file.
"""

import argparse
import contextlib
import functools
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Scheduler and server do all their work inside this import.
ROLE_ONLY = ["-c", "import mxnet"]
PATIENCE = 5  # seconds between asking a process to end and using force
ENDINGS = (signal.SIGINT, signal.SIGTERM)  # Ctrl-C, and what `kill` sends


def free_port():
    """Return a port of the loopback address that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(role, port, num_workers):
    """Return the variables that tell a process of MXNet its role and where the scheduler is."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DMLC_")}
    kept.pop("PORT", None)  # if it were set, all processes would listen on that same port
    return kept | {
        "DMLC_ROLE": role,
        "DMLC_PS_ROOT_URI": "127.0.0.1",  # where the scheduler listens
        "DMLC_PS_ROOT_PORT": str(port),
        "DMLC_NODE_HOST": "127.0.0.1",  # where this process listens
        "DMLC_NUM_WORKER": str(num_workers),
        "DMLC_NUM_SERVER": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",  # what was printed is not lost with the process
    }


@contextlib.contextmanager
def started(command, num_workers, seconds, logs):
    """Start all processes, give them by name, and in the end leave none of them running."""
    parts = {"the scheduler": ("scheduler", ROLE_ONLY), "the server": ("server", ROLE_ONLY)}
    parts |= {f"a worker ({n})": ("worker", command) for n in range(num_workers)}
    port, processes = free_port(), {}
    try:
        for name, (role, arguments) in parts.items():
            with open(logs / name, "wb") as log:
                processes[name] = subprocess.Popen(
                    [sys.executable, *arguments],
                    env=environment(role, port, num_workers),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    # Should this launcher be killed, the system still ends them in time.
                    preexec_fn=functools.partial(signal.alarm, seconds + 30),
                )
        yield processes
    finally:
        end(processes.values())


def end(processes):
    """End processes: politely, and where that is in vain by force."""
    for process in processes:
        process.terminate()  # does nothing where the process is over
    deadline = time.monotonic() + PATIENCE
    for process in processes:
        try:
            process.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def watch(processes, seconds):
    """Wait for all workers; return who failed and how, or None and None."""
    deadline = time.monotonic() + seconds
    while True:
        codes = {name: process.poll() for name, process in processes.items()}
        for name, code in codes.items():
            if code:  # neither None, still running, nor 0
                if code < 0:
                    return name, f"was ended by {signal.Signals(-code).name}"
                return name, f"failed with exit code {code}"
        late = [name for name in codes if "worker" in name and codes[name] is None]
        if not late:
            return None, None
        if time.monotonic() > deadline:
            return late[0], f"has not finished within {seconds} seconds"
        time.sleep(0.05)


def run(command, num_workers, seconds):
    """Run a command in all workers, print what they printed, and return the exit code."""
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            logs = Path(folder)
            with started(command, num_workers, seconds, logs) as processes:
                culprit, fault = watch(processes, seconds)
                running = sum(process.poll() is None for process in processes.values())
            texts = {log.name: log.read_text(errors="replace") for log in logs.iterdir()}
        # Somebody else may have taken the port before the scheduler did: take another.
        if culprit != "the scheduler" or "bind failed" not in texts[culprit]:
            break
    # Workers get their ranks in any order, so their lines carry the rank and are sorted.
    lines = [line for name in texts if "worker" in name for line in texts[name].splitlines()]
    print(*sorted(lines), sep="\n")
    if culprit is None:
        return 0
    print(f"last lines of {culprit}:", *texts[culprit].splitlines()[-20:], sep="\n    ")
    print(f"launch: {culprit.split(' (')[0]} {fault}; ended the {running} processes still running")
    return 1


def told_to_end(number, frame):
    """Leave by an exception, so that on the way out the processes are ended; do so once."""
    for each in ENDINGS:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(f"launch: ended by {signal.Signals(number).name}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=int, default=120, help="time limit")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="a Python script and its options")
    options = parser.parse_args()
    if options.workers < 1 or options.seconds < 1 or not options.command:
        parser.error("give it at least one worker, one second and a script")
    for each in ENDINGS:
        signal.signal(each, told_to_end)
    sys.exit(run(options.command, options.workers, options.seconds))


if __name__ == "__main__":
    main()
