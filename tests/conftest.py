"""What the tests share: MXNet without its warnings, the built book, a browser.

MXNet is loaded before warnings become errors: its import alone raises a dozen deprecation warnings.
"""

import functools
import os
import shutil
import subprocess
import sys
import threading
import warnings
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from agreement import Agreement
from playwright.sync_api import sync_playwright

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from d2l_utils.sequence import set_seed  # before MXNet: d2l_utils sets the thread count

    from mxnet import npx

ROOT = Path(__file__).resolve().parent.parent
CHAPTER = ROOT / "chapter_rnn"
RECORDING = os.environ.get("AGREEMENT") == "record"
AGREEMENT = Agreement(ROOT / "book" / "agreement.json", RECORDING)
AXE = ROOT / "book" / "node_modules" / "axe-core" / "axe.min.js"
# Formulas and code are not laid out until they come near (book.css); axe is to see all of a page.
LAID_OUT = ".bd-article section * { content-visibility: visible !important; }"
# Only what violates is listed one by one: to list all that passes takes about as long as the check.
AXE_RUN = "axe.run({runOnly: ['wcag2a', 'wcag2aa'], preload: false, resultTypes: ['violations']})"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def pytest_collection_modifyitems(config, items):
    """While `make evidence` records, leave out every test that has nothing to say to it."""
    if RECORDING:
        assert not hasattr(config, "workerinput"), "AGREEMENT=record needs one process: leave out -n"
        others = [item for item in items if "agreement" not in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


def pytest_sessionfinish(exitstatus):
    if RECORDING and exitstatus == 0:  # all of the tests ran and passed
        AGREEMENT.write()


@pytest.fixture(scope="module")  # for what a module makes once as well
def numpy_mode():
    """MXNet's NumPy mode, for a module with `pytestmark = pytest.mark.usefixtures("numpy_mode")`."""
    npx.set_np()
    yield
    npx.reset_np()


@pytest.fixture
def seeded():
    set_seed(0)


@pytest.fixture(scope="session")
def agreement():
    """A function of what was checked, against what, and the difference: see agreement.py."""
    return AGREEMENT


def build(sources, out):
    """Build the book as `make book` does; return the finished process."""
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-n", "-W", "--keep-going", "-q"]
    command += ["-c", ROOT / "book", "-d", out / "doctrees", sources, out / "html"]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "0"}
    return subprocess.run(command, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    out = tmp_path_factory.mktemp("book")
    run = build(CHAPTER, out)
    assert run.returncode == 0 and run.stdout + run.stderr == "", run.stdout + run.stderr
    return out / "html"


@pytest.fixture
def served(book):
    """The address of the book on a server of its own."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=book))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def chromium():
    """The path of the browser."""
    if CHROMIUM is None:
        assert not os.environ.get("CI"), "CI must have a browser: .ci/run installs Chromium"
        pytest.skip("no Chromium found; install it for the tests of the pages (Debian: apt install chromium)")
    return CHROMIUM


@pytest.fixture(scope="module")  # not longer: while Playwright runs, no notebook can
def browser(chromium):
    with sync_playwright() as playwright:
        options = ["--disable-background-networking", "--disable-component-update"]
        options += ["--no-sandbox"] if os.geteuid() == 0 else []
        yield playwright.chromium.launch(executable_path=chromium, args=options)


@pytest.fixture
def open_page(browser):
    """A function that opens an address and returns the page; what it complains of is in `page.log`."""
    contexts = []

    def open_page(address, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.log = []
        page.on("console", lambda message: page.log.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: page.log.append(f"error: {error}"))
        page.on("requestfailed", lambda request: page.log.append(f"failed: {request.url}"))
        page.on("request", lambda request: note_strangers(page, request.url, address))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()


def note_strangers(page, url, address):
    home = "file://" if address.startswith("file") else "http://127.0.0.1:"
    if not url.startswith((home, "data:")):
        page.log.append(f"request: {url}")
