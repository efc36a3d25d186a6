"""`make lab` answers on the loopback address and serves the chapter."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def lab():
    """The address of a running JupyterLab, as `make lab` starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = f"--no-browser --ip 127.0.0.1 --port {port} --IdentityProvider.token=reader"
    command = ["make", "lab", f"LAB={options}"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True, **quiet) as process:
        yield f"http://127.0.0.1:{port}"
        os.killpg(process.pid, signal.SIGKILL)


def fetch(address):
    """Return what the address answers, once it does; give up when it never did."""
    for _ in range(120):
        try:
            with urllib.request.urlopen(f"{address}?token=reader") as answer:
                return answer.read()
        except urllib.error.URLError as error:
            if isinstance(error, urllib.error.HTTPError):
                raise
            time.sleep(0.5)
    pytest.fail(f"no answer from {address}")


def test_lab_serves_the_first_section(lab):
    model = json.loads(fetch(f"{lab}/api/contents/chapter_rnn/sequence.ipynb"))
    assert "1. Sequence Models" in model["content"]["cells"][0]["source"]
    assert b"JupyterLab" in fetch(f"{lab}/lab/tree/chapter_rnn/sequence.ipynb")
