"""Figures that the reader can operate: a picture, and a script in the page that takes its place.

The output is one piece of HTML that needs neither network nor kernel. Where scripts run (in the book,
in JupyterLab after the cell was run or the notebook trusted) the figure is alive; elsewhere, and on
paper, the picture stands.

To add a figure:

1. Write `d2l_utils/figures/NAME.js`. It finds what the notebook passed in `data`, arrays as typed
   arrays with a `shape`, and builds on `figures/common.js`, which stands before it in the page: make
   controls (`slider`, `choice`, `textField`, `button`) and views (`plot`, `bars`, `make`), then call
   `present(title, controls, views, update)`. `update()` reads the controls, draws the views and
   returns the result in words; it is called at the start and after every change.
2. In the notebook, draw one state of the figure with Matplotlib and call `show_interactive(figure, alt,
   "NAME", data)`. `data` holds what JSON can hold, and NumPy arrays.

A gated model needs no script of its own: `character_model.js` takes the cells "rnn", "gru" and
"lstm" and shows every gate that the cell has. With a trained `LMScratch(GRUScratch(...))`:

    names = ["W_xh", "W_hh", "b_h", "W_hq", "b_q"]
    data = dict(zip(names, (param.asnumpy() for param in model.params), strict=True))
    data |= {"cell": "gru", "level": "char", "text": "the clock ", "tokens": vocab.idx_to_token}
    show_interactive(figure, alt, "character_model", data)

Takes NumPy arrays and Matplotlib objects; knows nothing of MXNet. The scripts stand beside this file,
not in the chapter, because they travel with it wherever it is imported from.
"""

import base64
import html
import io
import json
from pathlib import Path

from d2l_utils.plotting import DPI

import numpy as np
from IPython.display import display
from matplotlib import pyplot as plt
from PIL import Image

SCRIPTS = Path(__file__).resolve().parent / "figures"
CAPTION = "A still picture. Run the cell or trust the notebook, and it becomes a figure to operate."


def data_url(content, kind):
    """Return bytes as a data URL. The comparison of outputs passes over what stands in one."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def encode(value):
    """Return what stands for a NumPy array or for bytes in JSON; `json` calls it where it is at a loss.

    Floating-point numbers become float32 unless they are float16, integers int32 unless they are int8,
    uint8 or int16.
    """
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, bytes):
        value = np.frombuffer(value, dtype="uint8")
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{type(value).__name__} in the data of a figure: pass lists or NumPy arrays")
    if value.dtype.kind == "f":
        value = value if value.dtype == "<f2" else value.astype("<f4")
        if not np.isfinite(value).all():
            raise ValueError("the data of a figure hold an infinite number or NaN: leave it out")
    elif value.dtype.kind in "iu":
        value = value if value.dtype in ("int8", "uint8", "<i2") else value.astype("<i4")
    else:
        raise TypeError(f"an array of {value.dtype} in the data of a figure: only numbers can be carried")
    numbers = data_url(value.tobytes(), "application/octet-stream")
    return {"type": value.dtype.name, "shape": value.shape, "numbers": numbers}


def interactive_html(picture, alt, size, script, data):
    """Return the HTML of a figure: `picture`, PNG bytes, shown as `size`, two pixel numbers; its script.

    The script starts when the reader comes near, so that a page is not slower to open for its figures.
    The build of the book puts large data into a file of their own, named by `data-src`: see
    book/fast_pages.py.
    """
    path = SCRIPTS / f"{script}.js"
    if script == "common" or not path.is_file():
        names = sorted(p.stem for p in SCRIPTS.glob("*.js") if p.stem != "common")
        raise ValueError(f"no figure is called {script!r}; there are {', '.join(names)}")
    content = json.dumps(data, default=encode, allow_nan=False).replace("<", "\\u003c")
    style, common, own = (
        (SCRIPTS / name).read_text(encoding="utf-8") for name in ("common.css", "common.js", path.name)
    )
    width, height = size
    # The attribute tells JupyterLab that keys pressed in here are not its shortcuts.
    return f"""<div data-lm-suppress-shortcuts="true"><figure>
<img alt="{html.escape(alt)}" width="{width}" height="{height}" src="{data_url(picture, "image/png")}">
<figcaption>{CAPTION}</figcaption></figure>
<script type="application/json">{content}</script>
<script>
((host) => {{
"use strict";
function start() {{
const STYLE = {json.dumps(style)};
{common}
{own}}}
new IntersectionObserver((entries, observer) => {{
  if (!entries.some((entry) => entry.isIntersecting)) return;
  observer.disconnect();
  const data = host.querySelector("script[type='application/json']");
  if (!data.dataset.src) return start();
  const script = document.createElement("script"); // fills in the element before it
  script.src = data.dataset.src;
  script.onload = start;
  data.after(script);
}}, {{ rootMargin: "800px" }}).observe(host);
}})(document.currentScript.parentElement);
</script></div>"""


def show_interactive(figure, alt, script, data):
    """Display a figure that the reader can operate; where no script runs, its picture.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        A picture of the figure in one state; it is closed.
    alt : str
        What the picture shows, in a sentence or two. It is also the output's plain text.
    script : str
        The name of a file in `d2l_utils/figures`, without `.js`.
    data : dict
        What the script needs: numbers, strings, lists, dicts, bytes, NumPy arrays.

    Raises
    ------
    ValueError
        If `alt` is empty, `script` is unknown, or a number is not finite.
    TypeError
        If `data` holds something else.
    """
    if not alt.strip():
        raise ValueError("A figure needs alternative text: say in a sentence what it shows.")
    picture, buffer = io.BytesIO(), io.BytesIO()
    figure.savefig(picture, format="png", dpi=1.5 * DPI)
    size = [round(DPI * inches) for inches in figure.get_size_inches()]
    plt.close(figure)
    # The picture travels inside the page: 64 colours make it a third as large.
    colours = Image.open(picture).convert("RGB").quantize(64, dither=Image.Dither.NONE)
    colours.save(buffer, format="png", optimize=True)
    page = interactive_html(buffer.getvalue(), alt, size, script, data)
    display({"text/html": page, "text/plain": alt}, raw=True)
