"""Where the benchmarks keep what they measured, results.json, and the pictures of it for benchmarks.md.

python benchmarks/results.py    draw the pictures anew, into chapter_rnn/img/
"""

import argparse
import json
import math
import os
import platform
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from d2l_utils import plotting

from matplotlib import pyplot as plt

FILE = Path(__file__).resolve().parent / "results.json"
IMAGES = FILE.parent.parent / "chapter_rnn" / "img"
plt.rcParams["svg.hashsalt"] = "rnn"  # two drawings of the same figures are equal


def machine():
    """Return a short, generic name of the machine."""
    info = Path("/proc/cpuinfo")
    flags = info.read_text(encoding="utf-8") if info.is_file() else ""
    instructions = next((name for name in ("avx512f", "avx2", "avx") if name in flags), "")
    parts = [platform.machine(), f"{os.cpu_count()} cores", instructions.upper().removesuffix("F")]
    return ", ".join(part for part in parts if part)


def keep(part, values):
    """Write the values of one part, whole or not at all; the other parts stay as they are."""
    known = json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}
    known[part] = {"machine": machine(), **values}
    part_file = FILE.with_name(FILE.name + ".part")
    part_file.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n", encoding="utf-8")
    os.replace(part_file, FILE)


def write_picture(figure, name):
    figure.savefig(IMAGES / name, format="svg", metadata={"Date": None})
    plt.close(figure)


def draw_cost(rows):
    """Time against each size, with the arithmetic bound where there is one; both axes logarithmic."""
    figure, axes = plt.subplots(2, 2, figsize=(plotting.WIDTH, 5.2))
    for axis, (name, points) in zip(axes.flat, rows.items(), strict=True):
        sizes, measured, bounds = zip(*points, strict=True)
        axis.plot(sizes, measured, marker="o", label="measured")
        if None not in bounds:
            axis.plot(sizes, bounds, marker="s", label="arithmetic bound")
            axis.legend()
        axis.set(xlabel=name, xscale="log", yscale="log", xticks=sizes)
        axis.minorticks_off()
        axis.xaxis.set_major_formatter("{x:.0f}")
        low, high = (
            f(math.log10(g(v for v in (*measured, *bounds) if v)))
            for f, g in ((math.floor, min), (math.ceil, max))
        )
        axis.set(ylim=(10.0**low, 10.0**high), ylabel="ms a sentence" if "beam" in name else "ms a step")
    write_picture(figure, "bench-cost.svg")


COLOURS = {"RNN": "C0", "GRU": "C1", "LSTM": "C2", "Two LSTM layers": "C3", "Kneser–Ney": "0.2"}
STYLES = {"recipe": "-.", "from scratch": ":", "Section 6": "--", "tuned": "-"}


def draw_quality(rows):
    """Perplexity against training seconds: a curve for each network, a star for each counting model."""
    figure, axis = plt.subplots(figsize=(plotting.WIDTH, 5.4))
    for name, points in rows.items():
        model, kind = name.split(", ")
        style = (
            {"marker": ".", "linestyle": STYLES[kind]} if kind in STYLES else {"marker": "*", "linestyle": ""}
        )
        axis.plot(*zip(*points, strict=True), label=name, color=COLOURS[model], **style)
    axis.set(xlabel="training seconds", ylabel="validation perplexity", xscale="log", ylim=(3.4, 9))
    axis.xaxis.set_major_formatter("{x:g}")
    axis.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.45, -0.14), fontsize=9)
    write_picture(figure, "bench-quality.svg")


def draw():
    results = json.loads(FILE.read_text(encoding="utf-8"))
    draw_cost(results["cost"]["rows"])
    draw_quality(results["quality"]["rows"])


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    draw()
