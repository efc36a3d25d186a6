"""One style for all plots of the chapter, and figures that carry a description in words.

Takes and returns NumPy arrays and Matplotlib objects; knows nothing of MXNet.
"""

import io

from cycler import cycler
from IPython.display import display
from matplotlib import pyplot as plt

# Okabe and Ito's palette, safe for colour-blind readers. Each colour goes with a dash pattern of
# its own, so that lines can be told apart in print as well.
COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000"]
DASHES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2))]
WIDTH = 6.4  # inches: the width of the text column
DPI = 100

plt.rcParams.update(
    {
        "figure.figsize": (WIDTH, 2.8),
        "figure.constrained_layout.use": True,
        "figure.facecolor": "white",
        "axes.prop_cycle": cycler(color=COLORS, linestyle=DASHES),
        "axes.grid": True,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlesize": 10,
        "grid.alpha": 0.3,
        "font.size": 10,
        "image.cmap": "cividis",
        "legend.fontsize": 9,
        "legend.frameon": False,
        "lines.linewidth": 1.6,
    }
)


def show(figure, alt):
    """Display a figure as a PNG picture that carries alternative text, and close it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    alt : str
        What the picture shows, in a sentence or two, for readers who do not see it. It is also the
        output's plain text, so that a change of it is noticed when outputs are compared.

    Raises
    ------
    ValueError
        If `alt` is empty.
    """
    if not alt.strip():
        raise ValueError("A figure needs alternative text: say in a sentence what it shows.")
    width = round(figure.get_figwidth() * DPI)
    buffer = io.BytesIO()
    # Twice the pixels for sharp screens; no software version, so that the bytes repeat.
    figure.savefig(buffer, format="png", dpi=2 * DPI, metadata={"Software": None})
    plt.close(figure)
    display(
        {"image/png": buffer.getvalue(), "text/plain": alt},
        metadata={"image/png": {"alt": alt, "width": width}},
        raw=True,
    )


def plot_band(axes, x, lower, middle, upper, label):
    """Draw a line and a shaded band around it in the axes' next colour; arrays of shape (n,)."""
    (line,) = axes.plot(x, middle, label=label)
    axes.fill_between(x, lower, upper, color=line.get_color(), alpha=0.15, linewidth=0)
