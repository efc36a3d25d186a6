"""Break the code in small ways, one at a time, in a copy of the repository; report what the tests notice.

tools/mutants.toml lists the ways: a name, what is broken, the file, the text to replace, which must
occur in it exactly once, the new text, and the tests that ought to notice. A run writes its results
to book/mutants.json, which the book shows; a run of some of them replaces their results alone. The
exit code is 0 if at least 95 % are noticed.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = (".*", "build", "node_modules", "__pycache__", "*.part", "drafts")
SHARE, SECONDS = 0.95, 300  # of the mutants to notice; for the tests of one of them


class Mutant(NamedTuple):
    name: str
    what: str
    file: str
    old: str
    new: str
    tests: list

    def apply(self, folder):
        """Return the broken text of the file; ValueError where the old one does not occur once."""
        path = Path(folder, self.file)
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if (count := text.count(self.old)) != 1 or self.old == self.new:
            raise ValueError(f"{self.old!r} occurs {count} times in {self.file}, not once, or is not changed")
        return text.replace(self.old, self.new)


def load(root):
    """Return the mutants of a repository; ValueError where two have one name."""
    table = tomllib.loads(Path(root, "tools", "mutants.toml").read_text(encoding="utf-8"))
    mutants = [Mutant(**entry) for entry in table["mutant"]]
    names = [mutant.name for mutant in mutants]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"several mutants are called {', '.join(sorted(twice))}")
    return mutants


def run_tests(folder, tests, *options, seconds=SECONDS):
    """Run tests in a folder; return pytest's exit code, None after the time limit, and the output."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *tests]
    left_out = ("PYTEST", "AGREEMENT", "COV")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    # Python takes a compiled file for the one of a source of equal size and second.
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True, **streams)
    try:
        output, _ = process.communicate(timeout=seconds)
        return process.returncode, output
    except subprocess.TimeoutExpired:
        return None, ""
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # the tests' own processes as well
            process.communicate()


def try_mutant(mutant, folder):
    """Return what became of a mutant in a copy, "noticed", "survived" or "failed", and by what or why."""
    try:
        broken = mutant.apply(folder)
    except ValueError as error:
        return "failed", f"could not be applied: {error}"
    path = Path(folder, mutant.file)
    whole = path.read_text(encoding="utf-8")
    path.write_text(broken, encoding="utf-8")
    try:
        code, output = run_tests(folder, mutant.tests, "-x")
    finally:
        path.write_text(whole, encoding="utf-8")
    if code is None:
        return "noticed", "the time limit"
    if code == 0:
        return "survived", ", ".join(mutant.tests)
    found = re.search(r"^(?:FAILED|ERROR) ([^\s\[]+)", output, re.MULTILINE)
    if code == 1 and found:
        return "noticed", found[1]
    return "failed", f"the tests did not run, exit code {code}:\n{output[-2000:]}"


def record(results, mutants, path):
    """Write results to a JSON file, whole or not at all, with those that it has of the other mutants."""
    old = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    known = {result["name"]: result for result in [*old, *results]}
    kept = [known[mutant.name] for mutant in mutants if mutant.name in known]
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(part, path)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="list the mutants and run nothing")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="try these alone")
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository, if it is another one")
    options = parser.parse_args(arguments)
    mutants = everything = load(options.root)
    if options.list:
        for mutant in mutants:
            print(f"{mutant.name:32} {mutant.file}: {mutant.what}")
        return 0
    if unknown := set(options.only or ()) - {mutant.name for mutant in mutants}:
        parser.error(f"no mutant is called {', '.join(sorted(unknown))}: see --list")
    mutants = [mutant for mutant in mutants if not options.only or mutant.name in options.only]

    results = []
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary, "copy")
        shutil.copytree(options.root, copy, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
        tests = sorted({test for mutant in mutants for test in mutant.tests})
        code, output = run_tests(copy, tests, "-x", seconds=20 * SECONDS)
        if code != 0:
            print(f"{output[-4000:]}\nThe tests fail before anything is broken: see above.", file=sys.stderr)
            return 2
        for mutant in mutants:
            start = time.monotonic()
            state, by = try_mutant(mutant, copy)
            print(f"{state:8} {mutant.name} ({time.monotonic() - start:.0f} s): {by}", flush=True)
            noticed_by = by if state == "noticed" else None
            results.append({"name": mutant.name, "what": mutant.what, "noticed by": noticed_by})

    noticed = sum(result["noticed by"] is not None for result in results)
    print(f"{noticed} of {len(results)} mutants were noticed, {noticed / len(results):.1%}")
    record(results, everything, options.root / "book" / "mutants.json")
    return int(noticed < SHARE * len(results))


if __name__ == "__main__":
    sys.exit(main())
