"""How far apart two independent calculations of one thing are: compared with a record, or recorded.

`make evidence` writes the record, book/agreement.json, which the page checks.md shows.
"""

import json
import math
import os
from pathlib import Path

import d2l_utils  # noqa: F401  (sets the processor type for NumPy, so it comes first)

import numpy as np

FLOOR = 1e-16
ROOM = 3  # other processors and other drawn examples add numbers in another order


def to_numpy(array):
    """Return an array of MXNet, PyTorch or NumPy, or a number, as one row in NumPy."""
    for name in ("detach", "asnumpy"):
        array = getattr(array, name, lambda array=array: array)()
    return np.asarray(array).ravel()


def apart(ours, reference):
    """Return the largest difference of two arrays, divided by the largest entry of the reference.

    Where the arrays are floats it is never 0, but at least half a unit in the last place of the
    coarser of them: that two ways of adding numbers give the same bits is luck.
    """
    ours, reference = to_numpy(ours), to_numpy(reference)
    assert ours.shape == reference.shape
    floats = [array.dtype for array in (ours, reference) if array.dtype.kind == "f"]
    unit = max((np.finfo(dtype).eps / 2 for dtype in floats), default=0)
    ours, reference = ours.astype("float64"), reference.astype("float64")
    difference = np.abs(ours - reference).max() / (np.abs(reference).max() or 1)
    return float(np.maximum(difference, unit))  # not a number stays so


def rounded_up(difference):
    """Return a power of ten with room above a difference, at least FLOOR; 0 for 0."""
    return max(FLOOR, float(f"1e{math.ceil(math.log10(ROOM * difference))}")) if difference else 0


class Agreement:
    """Call it with what was checked, against what, and the difference that was found.

    It asserts that the difference is within the record; with `record` it notes the largest one,
    and `write` replaces the record.
    """

    def __init__(self, path, record=False):
        self.path, self.record, self.largest = Path(path), record, {}
        rows = json.loads(self.path.read_text(encoding="utf-8")) if self.path.is_file() else []
        self.at_most = {(row["what"], row["against"]): row["at_most"] for row in rows}

    def __call__(self, what, against, difference):
        row, difference = (what, against), float(difference)
        assert 0 <= difference < math.inf, f"{what} against {against}: the difference is {difference}"
        if self.record:
            self.largest[row] = max(difference, self.largest.get(row, 0.0))
            return
        assert row in self.at_most, f"{self.path.name} has no row {row}: run `make evidence`"
        limit = self.at_most[row]
        assert difference <= limit, f"{what} against {against}: {difference:.3g} apart, recorded {limit:g}"

    def write(self):
        """Replace the record, whole or not at all, by the rows of this run."""
        rows = [
            {"what": what, "against": against, "at_most": rounded_up(difference)}
            for (what, against), difference in sorted(self.largest.items())
        ]
        part = self.path.with_name(self.path.name + ".part")
        part.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(part, self.path)
