"""The mutation command, on a small project, and its list, on ours."""

import json
import runpy
import subprocess
import sys

import mutate
import pytest
from conftest import ROOT

WHAT = "something is wrong"
MUTANT = """
[[mutant]]
name = "{name}"
what = "something is wrong"
file = "code.py"
old = '''{old}'''
new = '''{new}'''
tests = ["test_code.py"]
"""


def mutant(name, old, new):
    return MUTANT.format(name=name, old=old, new=new)


BARE = " ".join(f"-p no:{plugin}" for plugin in ("nbval", "xdist", "hypothesispytest", "anyio"))
NOTICED = mutant("sign", "a - b", "b - a")
SURVIVOR = mutant("unit", "return 100", "return 10")
GONE = mutant("gone", "a * b", "a")
TWICE = mutant("twice", "return", "yield")
NO_TESTS = mutant("elsewhere", "a - b", "a + b").replace("test_code", "test_other")
ENDLESS = mutant("endless", "return a - b", "while True: pass")
BROKEN = mutant("import", "def less", "def more")


@pytest.fixture
def project(tmp_path):
    for folder in ("tools", "book", ".git", "__pycache__"):
        (tmp_path / folder).mkdir()
    code = "def less(a, b):\n    return a - b\n\n\ndef large():\n    return 100\n"
    (tmp_path / "code.py").write_text(code)
    test = "from code import large, less\n\ndef test_less():\n    assert less(3, 1) == 2 and large() > 1\n"
    (tmp_path / "test_code.py").write_text(test)
    (tmp_path / "pytest.ini").write_text(f"[pytest]\npythonpath = .\naddopts = {BARE}\n")

    def run(*mutants, arguments=()):
        (tmp_path / "tools" / "mutants.toml").write_text("".join(mutants))
        try:
            return mutate.main(["--root", str(tmp_path), *arguments])
        finally:
            assert (tmp_path / "code.py").read_text() == code

    run.record = tmp_path / "book" / "mutants.json"
    return run


def test_every_outcome_is_reported_and_recorded(project, capsys, monkeypatch):
    right = mutate.run_tests

    def run_tests(*arguments, seconds=0):
        return right(*arguments, seconds=60 if seconds else limit)

    limit = 60
    monkeypatch.setattr(mutate, "run_tests", run_tests)
    assert project(NOTICED, SURVIVOR, TWICE, GONE, BROKEN) == 1
    output = capsys.readouterr().out
    for line in (
        "noticed  sign",
        "survived unit",
        "failed   twice",
        "'return' occurs 2 times in code.py",
        "failed   gone",
        "'a * b' occurs 0 times in code.py",
        "failed   import",  # the test cannot even be loaded
        "1 of 5",
    ):
        assert line in output
    results = json.loads(project.record.read_text())
    assert results[0] == {"name": "sign", "what": WHAT, "noticed by": "test_code.py::test_less"}
    assert [result["noticed by"] for result in results[1:]] == [None] * 4

    limit = 5
    assert project(ENDLESS, SURVIVOR, arguments=["--only", "endless"]) == 0
    output = capsys.readouterr().out
    assert "noticed  endless" in output and "the time limit" in output and "1 of 1" in output
    # The row of another mutant stays, those of mutants that are no more are dropped.
    found = [(result["name"], result["noticed by"]) for result in json.loads(project.record.read_text())]
    assert found == [("endless", "the time limit"), ("unit", None)]


def test_tests_that_fail_before_anything_is_broken_are_no_success(project, capsys):
    assert project(NO_TESTS) == 2
    assert "fail before anything is broken" in capsys.readouterr().err and not project.record.exists()


def test_names_that_are_not_one_mutants_are_refused(project, capsys):
    with pytest.raises(ValueError, match="several mutants are called sign"):
        project(NOTICED, NOTICED)
    with pytest.raises(SystemExit):
        project(NOTICED, arguments=["--only", "nothing"])
    assert "no mutant is called nothing" in capsys.readouterr().err


def test_our_mutants_can_be_applied_and_break_every_module_of_the_sections():
    mutants = mutate.load(ROOT)
    for mutant in mutants:
        compile(mutant.apply(ROOT), mutant.file, "exec")  # raises where the code has changed
    sections = runpy.run_path(str(ROOT / "book" / "conf.py"))["SECTIONS"]
    modules = {f"d2l_utils/{section.replace('-', '_')}.py" for section in sections}
    saved = {module for module in modules if (ROOT / module).is_file()}
    assert {mutant.file for mutant in mutants} == saved | {"d2l_utils/corpora.py"}
    assert len(mutants) >= 45


def test_the_record_is_that_of_our_mutants_and_nearly_all_are_noticed():
    results = json.loads((ROOT / "book" / "mutants.json").read_text(encoding="utf-8"))
    recorded = [(result["name"], result["what"]) for result in results]
    assert recorded == [(m.name, m.what) for m in mutate.load(ROOT)], "run `make mutants`"
    noticed = [result for result in results if result["noticed by"]]
    assert len(noticed) >= mutate.SHARE * len(results)


def test_listing_runs_nothing():
    run = [sys.executable, ROOT / "tools" / "mutate.py", "--list"]
    lines = subprocess.check_output(run, text=True).splitlines()
    assert len(lines) == len(mutate.load(ROOT)) and all("d2l_utils/" in line for line in lines)
