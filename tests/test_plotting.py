import base64

from d2l_utils import plotting

import numpy as np
import pytest
from matplotlib import pyplot as plt


@pytest.fixture
def shown(monkeypatch):
    """Collects what show() displays as (data, metadata)."""
    calls = []
    monkeypatch.setattr(plotting, "display", lambda data, metadata, raw: calls.append((data, metadata)))
    return calls


def draw():
    figure, axes = plt.subplots()
    axes.plot([1, 2], [3, 4])
    return figure


def test_show_gives_a_picture_with_alternative_text_and_closes_the_figure(shown):
    plotting.show(draw(), "A rising line.")
    data, metadata = shown[0]
    assert data["image/png"].startswith(b"\x89PNG") and data["text/plain"] == "A rising line."
    assert metadata["image/png"] == {"alt": "A rising line.", "width": 640}
    assert plt.get_fignums() == []


def test_show_repeats_byte_by_byte(shown):
    plotting.show(draw(), "A rising line.")
    plotting.show(draw(), "A rising line.")
    assert base64.b64encode(shown[0][0]["image/png"]) == base64.b64encode(shown[1][0]["image/png"])


def test_show_without_alternative_text_is_an_error(shown):
    with pytest.raises(ValueError, match="alternative text"):
        plotting.show(draw(), "  ")
    plt.close("all")
    assert shown == []


def test_lines_differ_in_colour_and_in_dashes():
    styles = list(plt.rcParams["axes.prop_cycle"])
    assert len({s["color"] for s in styles}) == len({str(s["linestyle"]) for s in styles}) == len(styles) == 7


def test_band_has_the_colour_of_its_line():
    _, axes = plt.subplots()
    x = np.arange(3)
    plotting.plot_band(axes, x, x - 1, x, x + 1, "name")
    line, band = axes.lines[0], axes.collections[0]
    assert line.get_label() == "name"
    assert np.allclose(band.get_facecolor()[0, :3], plt.matplotlib.colors.to_rgb(line.get_color()))
    assert band.get_paths()[0].get_extents().height == pytest.approx(4)
    plt.close("all")
