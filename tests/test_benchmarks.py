"""The record of the benchmarks, the pictures and the page that are made of it. No time is asserted."""

import json
import math
import re
import subprocess
from pathlib import Path

from d2l_utils.rnn_scratch import train_epoch

import language_models
import made_pages
import numpy as onp
import pytest
import results
import speed
from mxnet import autograd, np

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.usefixtures("numpy_mode", "seeded")
RECORD = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))


def test_every_part_is_recorded_with_its_machine_and_no_other_name():
    assert set(RECORD) == {"torch", "scratch", "loop", "cost", "quality"}
    for part in RECORD.values():
        assert re.fullmatch(r"[a-z0-9_]+, \d+ cores(, [A-Z0-9]+)?", part["machine"])


@pytest.mark.parametrize("name", ["torch", "scratch"])
def test_ratios_are_those_of_the_columns_beside_them(name):
    for row in RECORD[name]["rows"].values():
        *values, ratio = row.values()
        expected = max(values[:2]) / max(values[2:]) if name == "torch" else values[1] / values[0]
        assert ratio == pytest.approx(expected, rel=0.02)  # the columns are rounded


@pytest.mark.parametrize("cell", ["RNN", "GRU", "LSTM"])
def test_arithmetic_of_a_forward_pass_against_the_shapes_of_the_weights(cell):
    """Each weight is used once for each row and step; backward costs twice as much again."""
    layers = [speed.gluon_layer(cell, 6, size) for size in (speed.VOCAB, 6, 6)]
    entries = speed.VOCAB * 6  # the output layer
    for layer in layers:
        layer.initialize()
        entries += sum(p.data().size for name, p in layer.collect_params().items() if "weight" in name)
    assert speed.multiplications(cell, 6, 5, layers=3) == 3 * entries * speed.BATCH * 5


def test_no_measurement_lies_below_the_arithmetic_bound():
    points = [point for rows in RECORD["cost"]["rows"].values() for point in rows]
    bounded = [(measured, bound) for _, measured, bound in points if bound is not None]
    assert len(bounded) >= 12 and all(measured > bound > 0 for measured, bound in bounded)


def test_curves_run_forward_in_time():
    for name, points in RECORD["quality"]["rows"].items():
        seconds, perplexities = zip(*points, strict=True)
        assert list(seconds) == sorted(seconds), name
        assert all(1 < value < math.inf for value in perplexities), name


@pytest.mark.parametrize("name", language_models.SETTINGS)
def test_network_of_the_benchmark_drops_units_in_training_alone(name):
    settings = language_models.SETTINGS[name] | {"num_layers": 2, "num_hiddens": 6, "state_drop": 0.5}
    net, ids = language_models.new_model(settings, 5), onp.arange(12).reshape(2, 6) % 5
    assert len(net.begin_state(2)) == (4 if settings["cell"] == "lstm" else 2)
    state = [s + 1 for s in net.begin_state(2)]
    first, second = (net(ids, state)[0] for _ in range(2))
    assert (first == second).all()
    with autograd.train_mode():
        assert not np.array_equal(net(ids, state)[0], net(ids, state)[0])
    before = train_epoch(net, [(ids, ids)], lambda: None)
    step = language_models.adam_step(net)
    for _ in range(30):
        after = train_epoch(net, [(ids, ids)], lambda: step(0.02))
    assert after < before


def test_a_part_is_kept_beside_the_others_and_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "FILE", tmp_path / "results.json")
    results.keep("one", {"rows": {"a": 1}})
    results.keep("two", {"rows": {"b": 2}})
    results.keep("one", {"rows": {"c": 3}})
    kept = json.loads(results.FILE.read_text(encoding="utf-8"))
    assert {name: part["rows"] for name, part in kept.items()} == {"one": {"c": 3}, "two": {"b": 2}}
    with pytest.raises(TypeError):
        results.keep("two", {"rows": object()})
    assert json.loads(results.FILE.read_text(encoding="utf-8")) == kept


def test_pictures_are_those_of_the_record(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "IMAGES", tmp_path)
    results.draw()
    drawn = sorted(path.name for path in tmp_path.iterdir())
    assert drawn == ["bench-cost.svg", "bench-quality.svg"]
    for name in drawn:
        committed = (ROOT / "chapter_rnn" / "img" / name).read_bytes()
        assert (tmp_path / name).read_bytes() == committed, f"python benchmarks/results.py draws {name} anew"


def test_page_says_of_each_aim_whether_it_was_met():
    rows = {"RNN": {"a": 1, "ratio": 2.6}, "GRU": {"a": 1200, "ratio": 4.0}}
    part = {"rows": rows, "aim": "at most", "aims": {"RNN": 2.5, "GRU": 4.0}, "machine": "x"}
    lines = made_pages.comparison_table(part)
    assert lines[2:4] == [
        "| RNN | 1 | 2.6 | at most 2.5: missed |",
        "| GRU | 1,200 | 4.0 | at most 4.0: met |",
    ]
    lines = made_pages.comparison_table(part | {"aim": "at least"})
    assert [line.split(": ")[-1] for line in lines[2:4]] == ["met |", "met |"]


def test_page_fills_every_mark():
    text = (ROOT / "chapter_rnn" / "benchmarks.md").read_text(encoding="utf-8")
    marks = re.findall(r"<!-- table: (\w+) -->", text)
    filled = made_pages.fill_benchmarks(text, RECORD, {"a.ipynb": 60, "solutions/a.ipynb": 90})
    assert sorted(marks) == sorted([*RECORD, "chapter"]) and "<!-- table" not in filled
    assert "| Sections | 1.0 minutes |" in filled and "| Solutions | 1.5 minutes |" in filled
    for part in RECORD.values():
        assert all(name in filled for name in part["rows"])


def test_the_comparison_with_pytorch_says_where_to_get_it(monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "", "No module named 'torch'")
    monkeypatch.setattr(speed.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(SystemExit, match="pip install torch"):
        speed.compare_with_torch(rounds=1)
