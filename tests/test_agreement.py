"""The record of how closely independent calculations agree."""

import json
import math

import numpy as np
import pytest
from agreement import Agreement, apart, rounded_up
from conftest import ROOT
from mxnet import np as mnp

ROWS = [{"what": "GRU", "against": "PyTorch", "at_most": 1e-6}]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "agreement.json"
    path.write_text(json.dumps(ROWS), encoding="utf-8")
    return path


def test_within_the_record(path):
    Agreement(path)("GRU", "PyTorch", 9e-7)
    with pytest.raises(AssertionError, match="GRU against PyTorch: 1.1e-06 apart, recorded 1e-06"):
        Agreement(path)("GRU", "PyTorch", 1.1e-6)


@pytest.mark.parametrize("difference", [math.nan, math.inf, -1e-9])
@pytest.mark.parametrize("record", [False, True])
def test_what_is_no_difference_is_refused(path, difference, record):
    with pytest.raises(AssertionError, match="the difference is"):
        Agreement(path, record)("GRU", "PyTorch", difference)


def test_a_row_that_is_missing(path, tmp_path):
    with pytest.raises(AssertionError, match=r"no row \('LSTM', 'PyTorch'\): run `make evidence`"):
        Agreement(path)("LSTM", "PyTorch", 0)
    with pytest.raises(AssertionError, match="nothing.json has no row .* run `make evidence`"):
        Agreement(tmp_path / "nothing.json")("GRU", "PyTorch", 0)


def test_recording_keeps_the_largest_difference_and_this_runs_rows_alone(path):
    agreement = Agreement(path, record=True)
    for difference in (2e-9, 2e-8, 0):
        agreement("search", "enumeration", difference)
    agreement("LSTM", "PyTorch", 0)
    assert json.loads(path.read_text(encoding="utf-8")) == ROWS
    agreement.write()
    assert json.loads(path.read_text(encoding="utf-8")) == [
        {"what": "LSTM", "against": "PyTorch", "at_most": 0},
        {"what": "search", "against": "enumeration", "at_most": 1e-7},
    ]
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    Agreement(path)("search", "enumeration", 2e-8)


def test_rounding_leaves_room():
    found = [rounded_up(difference) for difference in (0, 1e-30, 3e-9, 3.4e-9, 0.2)]
    assert found == [0, 1e-16, 1e-8, 1e-7, 1]


def test_differences_are_relative_to_the_largest_entry_of_the_reference():
    assert apart([[1.0, 2.0]], [[1.0, 4.0]]) == 0.5
    assert apart([0.25], [0.0]) == 0.25
    assert apart(mnp.array([2.0]), np.array([1.0])) == 1
    assert math.isnan(apart([math.nan], [1.0]))
    assert apart([1, 2], [1, 2]) == 0
    assert 1e-8 < apart(mnp.array([2.0]), np.array([2.0])) < 1e-7
    assert 1e-17 < apart([2.0], [2.0]) < 1e-15
    with pytest.raises(AssertionError):
        apart([1.0], [1.0, 1.0])


def test_the_record_of_the_book_is_well_formed():
    rows = json.loads((ROOT / "book" / "agreement.json").read_text(encoding="utf-8"))
    assert len(rows) == len({(row["what"], row["against"]) for row in rows}) > 40
    for row in rows:
        assert row["at_most"] == 0 or 1e-16 <= row["at_most"] <= 0.1
        assert row["at_most"] == 0 or math.log10(row["at_most"]) == round(math.log10(row["at_most"]))
