"""Measures the pages of the built book with Lighthouse, as a phone on a slow network would load them.

    python benchmarks/lighthouse.py [PAGE ...] [--book build/html] [--runs 1] [--json FOLDER]

PAGE is a name such as gru or solutions/gru; without one, all pages. The book is served compressed on the
loopback address, as web servers do it. Prints a table: the score from 0 to 100 for performance,
accessibility and best practices (the median of the runs), first contentful paint, layout shift, and
what cost points; ends with an error where a score is below 95. Needs `make book`, Chromium, and the npm
registry once: npx fetches Lighthouse. Measured times depend on the machine: keep it quiet.
"""

import argparse
import gzip
import json
import mimetypes
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
LIGHTHOUSE = "lighthouse@13.5.0"
CATEGORIES = ("performance", "accessibility", "best-practices")
PASS = 95


def serve(folder):
    """Return a server of the files below `folder` on a free port: compressed, kept by the browser."""
    packed = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_GET(self):
            path = (folder / unquote(urlsplit(self.path).path).lstrip("/")).resolve()
            if not path.is_relative_to(folder) or not path.is_file():
                self.send_error(404)
                return
            if path not in packed:
                packed[path] = gzip.compress(path.read_bytes(), 9)
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            text = kind.startswith(("text/", "image/svg", "application/javascript", "application/json"))
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8" if text else kind)
            if text:
                self.send_header("Content-Encoding", "gzip")
            content = packed[path] if text else path.read_bytes()
            self.send_header("Content-Length", str(len(content)))
            if path.suffix != ".html":
                self.send_header("Cache-Control", "public, max-age=31536000")
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def measure(address, chromium):
    """Return Lighthouse's report on an address."""
    beside = Path(sys.executable).parent  # the environment brings a Node that is new enough
    environment = {**os.environ, "CHROME_PATH": chromium, "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}"}
    flags = "--headless=new --no-first-run" + (" --no-sandbox" if os.geteuid() == 0 else "")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "report.json")
        command = [shutil.which("npx", path=environment["PATH"]) or "npx", "--yes", LIGHTHOUSE, address]
        command += ["--quiet", "--output=json", f"--output-path={out}", f"--chrome-flags={flags}"]
        command += [f"--only-categories={','.join(CATEGORIES)}"]
        run = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
        if not out.is_file():
            sys.exit(f"lighthouse: no report on {address}: {run.stderr.strip()[-400:]}")
        report = json.loads(out.read_text(encoding="utf-8"))
    if error := report.get("runtimeError", {}).get("message"):
        sys.exit(f"lighthouse: no score of {address}: {error}")
    return report


def faults(report):
    """Return the names of the audits that cost points."""
    names = []
    for category in report["categories"].values():
        for audit in category["auditRefs"]:
            score = report["audits"][audit["id"]]["score"]
            if audit["weight"] > 0 and score is not None and score < 0.9:
                names.append(audit["id"])
    return names


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="such as gru; default: all")
    parser.add_argument("--book", type=Path, default=ROOT / "build" / "html", help="folder of the book")
    parser.add_argument("--runs", type=int, default=1, help="measure each page so often")
    parser.add_argument("--json", type=Path, help="a folder for the full reports")
    options = parser.parse_args()
    folder = options.book.resolve()
    if not (folder / "index.html").is_file():
        sys.exit(f"lighthouse: no book in {folder}: run `make book`, or name its folder with --book.")
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        sys.exit("lighthouse: no Chromium found; install it (Debian: apt install chromium).")
    found = sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.html"))
    found = [page for page in found if not page.startswith("_")]
    if unknown := set(options.pages) - set(found):
        sys.exit(f"lighthouse: no page {', '.join(sorted(unknown))}; there are {', '.join(found)}.")
    server, low = serve(folder), []
    print(
        f"{'page':34}{'performance':>13}{'accessibility':>15}{'best practices':>16}{'paint':>8}{'shift':>8}"
    )
    for page in options.pages or found:
        address = f"http://127.0.0.1:{server.server_port}/{page}.html"
        reports = [measure(address, chromium) for _ in range(max(1, options.runs))]
        if options.json:
            path = options.json / f"{page}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(reports[-1]), encoding="utf-8")
        scores = [
            round(statistics.median(100 * r["categories"][name]["score"] for r in reports))
            for name in CATEGORIES
        ]
        audits = reports[-1]["audits"]
        paint, shift = (
            audits[n]["numericValue"] for n in ("first-contentful-paint", "cumulative-layout-shift")
        )
        line = f"{page:34}{scores[0]:13}{scores[1]:15}{scores[2]:16}{paint / 1000:6.1f} s{shift:8.3f}"
        print(line, "", ", ".join(faults(reports[-1])), flush=True)
        if min(scores) < PASS:
            low.append(page)
    server.shutdown()
    if low:
        sys.exit(f"lighthouse: below {PASS}: {', '.join(low)}")


if __name__ == "__main__":
    main()
