"""Downloads by `d2l_utils.corpora`, with all the trouble that a mirror, a disk or a kill can make.

No network but the loopback address.
"""

import errno
import gzip
import hashlib
import http.server
import io
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

from d2l_utils import corpora
from d2l_utils.corpora import CorpusError, Remote

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEXT = "The fire burned brightly.\nTime flies – still.\n" * 5000  # several blocks of a download
BODY = TEXT.encode()


def remote_of(name, body):
    return Remote(name, len(body), hashlib.sha256(body).hexdigest())


# ------------------------------------------------------------------------------- a small mirror


class Server(http.server.ThreadingHTTPServer):
    """A mirror on the loopback address that behaves as its attribute `behave` says."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/"
        self.hits, self.behave, self.stop = [], good, threading.Event()

    def handle_error(self, request, client_address):
        pass  # clients that give up are what we test


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.hits.append(self.path)
        self.server.behave(self)

    def log_message(self, *args):
        pass

    def send(self, body, length=None, status=200, **headers):
        self.send_response(status)
        self.send_header("Content-Length", len(body) if length is None else length)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def good(handler):
    handler.send(BODY)


def missing(handler):
    handler.send(b"no such key", status=404)


def truncated(handler):
    handler.send(BODY[:-1], length=len(BODY))


def short(handler):
    handler.send(BODY[:-1])


def wrong(handler):
    handler.send(BODY[:-2] + b"!\n")


def longer(handler):
    handler.send(BODY + b"!")


def silent(handler):
    handler.server.stop.wait(20)


def stalled(handler):
    handler.send(BODY[:100_000], length=len(BODY))
    handler.server.stop.wait(20)


def dripping(handler):
    handler.send(b"", length=len(BODY))
    while not handler.server.stop.wait(0.05):
        handler.wfile.write(b"x")


TROUBLE = [
    (missing, "404"),
    (truncated, "IncompleteRead"),
    (short, "SHA256 hash"),
    (wrong, "SHA256 hash"),
    (longer, "longer than the expected"),
    (silent, "[Tt]imed out"),
    (stalled, "[Tt]imed out"),
    (dripping, "not complete after 2.0 seconds"),
]


@pytest.fixture
def server():
    with Server() as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.stop.set()
        server.shutdown()


@pytest.fixture
def cache(server, tmp_path, monkeypatch):
    """The still missing cache folder of a fresh user, who knows `server` as the only mirror."""
    monkeypatch.delenv("D2L_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(corpora, "MIRRORS", [server.url])
    monkeypatch.setattr(corpora, "TIME_MACHINE", remote_of("timemachine.txt", BODY))
    monkeypatch.setattr(corpora, "STALL_SECONDS", 1.0)
    monkeypatch.setattr(corpora, "TOTAL_SECONDS", 2.0)
    return tmp_path / "home" / "d2l-rnn"


def files(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


# ------------------------------------------------------------------------------------ downloads


def test_download_happens_once_and_silently(server, cache, capfd):
    assert corpora.read_time_machine() == TEXT
    assert corpora.read_time_machine() == TEXT
    assert server.hits == ["/timemachine.txt"] and files(cache) == ["timemachine.txt"]
    assert capfd.readouterr() == ("", "")


def test_progress_bar_on_a_terminal(cache, monkeypatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.delenv("PYTEST_VERSION", raising=False)
    assert corpora.read_time_machine() == TEXT
    assert "timemachine.txt: 100%" in terminal.getvalue()


def test_compressed_transfer(server, cache):
    body, header = gzip.compress(BODY), {"Content-Encoding": "gzip"}
    server.behave = lambda handler: handler.send(body, **header)
    assert corpora.read_time_machine() == TEXT


def test_download_of_the_zip(server, cache, monkeypatch):
    content, stream = b"Go.\tVa !\n", io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("fra-eng/fra.txt", content)
    server.behave = lambda handler: handler.send(stream.getvalue())
    monkeypatch.setattr(corpora, "TATOEBA", remote_of("fra-eng.zip", stream.getvalue()))
    monkeypatch.setattr(corpora, "TATOEBA_MEMBER_SIZE", len(content))
    assert corpora.read_tatoeba() == corpora.read_tatoeba() == [("Go.", "Va !")]
    assert server.hits == ["/fra-eng.zip"] and files(cache) == ["fra-eng.zip"]


@pytest.mark.parametrize("behave, cause", TROUBLE)
def test_trouble_is_one_clear_error_and_leaves_nothing(behave, cause, server, cache):
    server.behave = behave
    start = time.monotonic()
    with pytest.raises(CorpusError, match="timemachine.txt: no mirror delivered") as caught:
        corpora.read_time_machine()
    assert time.monotonic() - start < 10
    message = str(caught.value)
    assert server.url in message and re.search(cause, message) and "D2L_DATA_DIR" in message
    assert caught.value.__cause__ is None and caught.value.__context__ is None
    assert files(cache) == []
    server.behave = good
    assert corpora.read_time_machine() == TEXT


@pytest.mark.parametrize("behave", [behave for behave, _ in TROUBLE])
def test_second_mirror_helps_when_the_first_fails(behave, server, cache, monkeypatch):
    server.behave = lambda handler: (behave if "first" in handler.path else good)(handler)
    monkeypatch.setattr(corpora, "MIRRORS", [server.url + "first/", server.url + "second/"])
    assert corpora.read_time_machine() == TEXT
    assert server.hits == ["/first/timemachine.txt", "/second/timemachine.txt"]
    assert files(cache) == ["timemachine.txt"]


def test_no_network(server, cache, monkeypatch):
    closed = ["http://127.0.0.1:1/first/", "http://127.0.0.1:1/second/"]
    monkeypatch.setattr(corpora, "MIRRORS", closed)
    with pytest.raises(CorpusError, match="no mirror.*Check the network") as caught:
        corpora.read_time_machine()
    assert all(url in str(caught.value) for url in closed)
    assert files(cache) == []


def test_mirrors_are_https():
    assert len(corpora.MIRRORS) >= 2
    assert all(re.fullmatch("https://[^/]+/", mirror) for mirror in corpora.MIRRORS)


# ---------------------------------------------------------------------------- the cache folder


def test_cached_file_needs_neither_network_nor_a_writable_folder(server, cache, monkeypatch):
    cache.mkdir(parents=True)
    (cache / "timemachine.txt").write_bytes(BODY)
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    assert corpora.read_time_machine() == TEXT and server.hits == []


def test_damaged_cached_file_is_replaced_and_never_returned(server, cache):
    cache.mkdir(parents=True)
    (cache / "timemachine.txt").write_bytes(BODY[:100])
    server.behave = missing
    for _ in range(2):
        with pytest.raises(CorpusError, match="404"):
            corpora.read_time_machine()
    server.behave = good
    assert corpora.read_time_machine() == TEXT
    assert (cache / "timemachine.txt").read_bytes() == BODY


def refuse(*args, **kwargs):
    raise PermissionError(errno.EACCES, "Permission denied")


@pytest.mark.parametrize("exists", [False, True])
def test_read_only_cache(exists, cache, server, monkeypatch):
    if exists:
        cache.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    with pytest.raises(CorpusError, match="d2l-rnn/timemachine.txt: .*denied.*XDG_CACHE_HOME"):
        corpora.read_time_machine()
    assert files(cache) == [] and server.hits == []


def test_cache_that_cannot_be_a_folder(cache):
    cache.parent.write_text("a file where the cache folder should be")
    with pytest.raises(CorpusError, match="d2l-rnn/timemachine.txt: Not a directory.*XDG_CACHE"):
        corpora.read_time_machine()


def test_full_disk(cache, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(corpora, "open", lambda *_: open("/dev/full", "wb"), raising=False)
        with pytest.raises(CorpusError, match="timemachine.txt: No space left on device. Free"):
            corpora.read_time_machine()
    assert files(cache) == []
    assert corpora.read_time_machine() == TEXT


# ---------------------------------------------------------------------------- several processes


def start_process(server, **options):
    """Start another Python that reads the corpus into the cache folder of this test."""
    code = f"""if True:
        import hashlib
        from d2l_utils import corpora
        corpora.MIRRORS = [{server.url!r}]
        corpora.TIME_MACHINE = corpora.Remote(*{tuple(corpora.TIME_MACHINE)!r})
        print(hashlib.sha256(corpora.read_time_machine().encode()).hexdigest())"""
    run = [sys.executable, "-W", "error", "-c", code]
    return subprocess.Popen(run, cwd=ROOT, stdout=subprocess.PIPE, text=True, **options)


def test_kill_in_the_middle(server, cache):
    server.behave = stalled
    with start_process(server) as process:
        while not any(path.stat().st_size for path in cache.glob("tmp*")):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    (leftover,) = cache.iterdir()  # the bad file, under a name that nobody reads
    server.behave = good
    assert corpora.read_time_machine() == TEXT
    assert leftover.exists()  # for it might still be another process's
    os.utime(leftover, times=(0, time.time() - 2 * corpora.LEFTOVER_SECONDS))
    (cache / "timemachine.txt").unlink()
    assert corpora.read_time_machine() == TEXT
    assert files(cache) == ["timemachine.txt"]


def test_eight_processes_at_once(server, cache):
    together = threading.Barrier(8, timeout=10)

    def hesitant(handler):
        half = len(BODY) // 2
        handler.send(BODY[:half], length=len(BODY))
        try:
            together.wait()  # until all eight are in the middle
        except threading.BrokenBarrierError:
            pass
        handler.wfile.write(BODY[half:])

    server.behave = hesitant
    processes = [start_process(server) for _ in range(8)]
    answers = {process.communicate(timeout=30)[0].strip() for process in processes}
    assert answers == {corpora.TIME_MACHINE.sha256}
    assert 1 <= len(server.hits) <= 8
    assert files(cache) == ["timemachine.txt"]
