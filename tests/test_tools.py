"""The commands behind `make`: set-up, execution of notebooks, saved cells."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import check_import
import nbformat
import pytest
import run_notebooks
import save_cells

ROOT = Path(__file__).resolve().parent.parent
LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)


def run_set_up(tmp_path, commands):
    """Run set_up.sh in a bare copy of the repository with `commands`, shell scripts, on the PATH."""
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "set_up.sh", tmp_path / "tools")
    (tmp_path / "requirements.txt").write_text("", encoding="utf-8")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "dirname", "cmp", "rm", "cp", "mv", "env"):
        (programs / name).symlink_to(shutil.which(name))
    for name, text in commands.items():
        script(programs / name, text)
    command = [str(programs / "bash"), "tools/set_up.sh"]
    return subprocess.run(command, cwd=tmp_path, env={"PATH": str(programs)}, capture_output=True, text=True)


def set_up(tmp_path, **commands):
    """Return the last line that set_up.sh says where it fails."""
    run = run_set_up(tmp_path, commands)
    assert run.returncode != 0
    assert not (tmp_path / ".venv" / "ready").exists()
    return run.stderr.strip().splitlines()[-1]


def run_tool(*arguments):
    """Run a Python script of tools/ from the repository; return the finished process."""
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True)


LINUX = 'if [ "$1" = -s ]; then echo Linux; else echo x86_64; fi'


@pytest.mark.parametrize(
    ("system", "machine", "remedy"),
    [
        ("Darwin", "arm64", "linux/amd64 container"),
        ("Linux", "aarch64", "linux/amd64 container"),
        ("MINGW64_NT-10.0", "x86_64", "WSL"),
        ("FreeBSD", "amd64", "use Linux on x86_64"),
    ],
)
def test_set_up_names_a_remedy_where_there_is_no_package(tmp_path, system, machine, remedy):
    line = set_up(tmp_path, uname=f'if [ "$1" = -s ]; then echo {system}; else echo {machine}; fi')
    assert line.startswith("set-up: MXNet 1.9.1 has no package") and remedy in line


def test_set_up_without_python_and_uv(tmp_path):
    assert "no python3 and no uv" in set_up(tmp_path, uname=LINUX)


def test_set_up_without_pip(tmp_path):
    assert "has no pip" in set_up(tmp_path, uname=LINUX, python3="exit 1")


def test_set_up_where_python_3_11_cannot_be_had(tmp_path):
    assert "Python 3.11 was neither found nor fetched" in set_up(tmp_path, uname=LINUX, uv="exit 2")


def test_set_up_where_the_install_fails_leaves_no_mark_of_success(tmp_path):
    line = set_up(tmp_path, uname=LINUX, uv='[ "$1" = venv ]')
    assert "run make again" in line


def test_a_second_set_up_does_nothing(tmp_path):
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "ready").write_text("", encoding="utf-8")  # equal to requirements.txt
    run = run_set_up(tmp_path, {})  # neither python3 nor uv is there to be called
    assert (run.returncode, run.stdout + run.stderr) == (0, "")


@pytest.mark.parametrize("library", ["libgomp", "libquadmath"])
def test_missing_system_library_is_named_with_its_package(library):
    line = check_import.explain(OSError(f"{library}.so.1: cannot open shared object file"))
    assert "\n" not in line and f"system library {library}" in line and "apt install" in line


def test_every_direct_dependency_is_locked_and_every_package_has_a_hash():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    for requirement in [*project["dependencies"], *(r for extra in extras for r in extra)]:
        name, _, version = requirement.partition("==")
        name = re.split(r"[<>]", name)[0]
        pinned = version or r"\S+"
        assert re.search(rf"^{re.escape(name)}=={pinned}( ;.*)? \\$", LOCK, re.MULTILINE), requirement
    packages = re.findall(r"^[a-z].*", LOCK, re.MULTILINE)
    with_hash = re.findall(r"^[a-z].* \\\n +--hash=sha256:", LOCK, re.MULTILINE)
    assert len(packages) == len(with_hash) > 100


def test_makefile_lists_its_commands():
    text = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for command in ("help", "lab", "book", "pdf", "test", "run", "lib", "references", "lock"):
        assert re.search(rf"^{command} +\S", text, re.MULTILINE)


def test_modules_are_in_step_with_their_notebooks():
    run = run_tool("tools/save_cells.py", "--check")
    assert run.returncode == 0, run.stderr


def notebook(tmp_path, *sources, name="toy-section.ipynb"):
    """Write a notebook of code cells and return its path."""
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    path = tmp_path / name
    nbformat.write(nb, path)
    return path


def test_saved_cells_become_a_module(tmp_path):
    path = notebook(
        tmp_path,
        "#@save\nimport numpy as np\nimport math\n\n\ndef half(x):\n    import sys\n    return x / 2",
        "print('not saved')",
        "#@save\nimport math\n\n\ndef area(r):\n    return math.pi * r * r",
    )
    text = save_cells.module_text(path)
    assert "not saved" not in text
    assert text.count("import math\n") == 1 and text.index("import math") < text.index("import numpy as np")
    assert "    import sys" in text  # an import inside a function stays where it is
    scope = {}
    exec(text, scope)
    assert scope["half"](3) == 1.5 and abs(scope["area"](1) - 3.14159) < 1e-5


def test_imports_of_one_module_are_merged(tmp_path):
    cells = "#@save\nfrom math import tau", "#@save\nfrom math import e, tau", "#@save\nx = tau / e"
    text = save_cells.module_text(notebook(tmp_path, *cells))
    assert text.count("import") == 1 and "from math import e, tau\n" in text


def test_a_notebook_without_saved_cells_makes_no_module(tmp_path):
    assert save_cells.module_text(notebook(tmp_path, "x = 1\n#@save not at the top")) is None


def test_notebooks_are_in_their_committed_form():
    run = run_tool("tools/run_notebooks.py", "--check")
    assert run.returncode == 0, run.stderr


def test_check_finds_a_notebook_in_another_form(tmp_path):
    path = notebook(tmp_path, "1 + 1")
    assert run_tool("tools/run_notebooks.py", "--check", path).returncode == 1
    assert run_tool("tools/run_notebooks.py", path).returncode == 0
    assert run_tool("tools/run_notebooks.py", "--check", path).returncode == 0
    assert json.loads(path.read_text())["cells"][0]["outputs"][0]["data"]["text/plain"] == ["2"]


def test_a_failing_cell_leaves_the_notebook_as_it_was(tmp_path):
    path = notebook(tmp_path, "1 / 0")
    before = path.read_bytes()
    run = run_tool("tools/run_notebooks.py", path)
    assert run.returncode != 0 and "ZeroDivisionError" in run.stderr
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_name_that_does_not_exist_is_one_clear_line():
    run = run_tool("tools/run_notebooks.py", "no.ipynb")
    assert run.returncode != 0 and run.stderr.count("\n") == 1 and "no file no.ipynb" in run.stderr


def nbval(path):
    """Compare one notebook with the settings of the project; return the finished process."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["-c", "pyproject.toml", "--rootdir=.", path]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "COV"))}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.fixture
def executed(tmp_path):
    """A small executed notebook, one printed number in it."""
    path = notebook(tmp_path, "x = 0.82", "print(f'correlation {x:.2f}')", "x > 0")
    run_notebooks.write_whole(path, run_notebooks.normal_form(run_notebooks.execute(path)))
    return path


def test_comparison_passes_an_honest_notebook(executed):
    run = nbval(executed)
    assert run.returncode == 0 and "3 passed" in run.stdout, run.stdout + run.stderr


def test_comparison_fails_where_a_committed_number_was_changed(executed):
    text = executed.read_text()
    assert "correlation 0.82" in text
    executed.write_text(text.replace("correlation 0.82", "correlation 0.83"))
    run = nbval(executed)
    assert run.returncode == 1 and "1 failed, 2 passed" in run.stdout, run.stdout + run.stderr


def test_comparison_fails_where_a_cell_raises(executed):
    text = executed.read_text()
    executed.write_text(text.replace('"x > 0"', '"x > nothing"'))
    run = nbval(executed)
    assert run.returncode == 1 and "NameError" in run.stdout, run.stdout + run.stderr


def test_comparison_bites_on_the_first_section(tmp_path):
    """The same on a copy of a real section: one digit of one committed number."""
    folder = tmp_path / "chapter_rnn"
    folder.mkdir()
    (folder / "d2l_utils").symlink_to(ROOT / "d2l_utils")
    copy = folder / "sequence.ipynb"
    text = (ROOT / "chapter_rnn" / "sequence.ipynb").read_text(encoding="utf-8")
    assert text.count("phi_1 = 1.336,") == 1
    copy.write_text(text.replace("phi_1 = 1.336,", "phi_1 = 1.337,"), encoding="utf-8")
    run = nbval(copy)
    assert run.returncode == 1 and "1 failed" in run.stdout, run.stdout + run.stderr


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda path: path.stem)
def test_a_benchmark_starts_from_any_folder(path, tmp_path):
    """It finds the packages of this repository, and MXNet is told how to run before it loads."""
    run = subprocess.run([sys.executable, path, "--help"], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0 and "usage:" in run.stdout, run.stderr
