"""The interactive figures: what they show equals MXNet and NumPy, and everybody can operate them."""

import base64
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from d2l_utils import beam_search, interactive
from d2l_utils.corpora import read_story, read_sunspots
from d2l_utils.lang_model import count_ngrams, normalize, split_text
from d2l_utils.lang_model_dataset import load_corpus
from d2l_utils.rnn_gluon import LMGluon, initialized
from d2l_utils.rnn_scratch import LMScratch, RNNScratch, evaluate, generate

import nbformat
import numpy as np
import pytest
from conftest import AXE, CHAPTER, ROOT
from matplotlib import pyplot as plt
from mxnet import np as mxnp
from mxnet import npx
from mxnet.gluon import rnn
from nbformat.sign import NotebookNotary

pytestmark = pytest.mark.usefixtures("numpy_mode")
FIGURES = {  # section: script
    "sequence": "forecast_explorer",
    "lang-model": "ngram_sampler",
    "rnn": "unrolled_rnn",
    "rnn-scratch": "character_model",
    "bptt": "gradient_lags",
    "gru": "character_model",
    "beam-search": "beam_explorer",
}
LAPTOP = {"width": 1280, "height": 900}
HOST = "[data-lm-suppress-shortcuts]"  # the element around a figure
WORST = 0.51e-4  # what rounding to four digits may do


def figure_cell(section):
    """Return the code cell of a section that shows its figure, and the output's HTML."""
    cells = nbformat.read(CHAPTER / f"{section}.ipynb", as_version=4).cells
    found = [
        (cell, output.data["text/html"])
        for cell in cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if HOST.strip("[]") in output.get("data", {}).get("text/html", "")
    ]
    assert len(found) == 1, section
    return found[0]


def decode(value):
    """Undo interactive.encode in data that JSON gave back."""
    if isinstance(value, list):
        return [decode(v) for v in value]
    if not isinstance(value, dict):
        return value
    if "numbers" not in value:
        return {key: decode(v) for key, v in value.items()}
    content = base64.b64decode(value["numbers"].split(",")[1])
    return np.frombuffer(content, value["type"]).reshape(value["shape"])


def figure_data(section):
    """Return what a figure carries."""
    text = re.search(r'<script type="application/json">(.*?)</script>', figure_cell(section)[1], re.S)[1]
    return decode(json.loads(text))


def printed(section, start):
    """Return the first line printed by a notebook that begins with `start`."""
    cells = nbformat.read(CHAPTER / f"{section}.ipynb", as_version=4).cells
    texts = [o.text for c in cells if c.cell_type == "code" for o in c.outputs if o.output_type == "stream"]
    return next(line for text in texts for line in text.splitlines() if line.startswith(start))


class Figure:
    """A figure on an open page, operated as a reader does it."""

    def __init__(self, page, number=0):
        self.page, self.root = page, page.locator(HOST).nth(number)
        self.root.scroll_into_view_if_needed()  # that makes it start
        self.root.get_by_role("status").wait_for()

    def status(self):
        return self.root.get_by_role("status").inner_text().replace("−", "-")

    def numbers(self):
        """Return all numbers of the result in words."""
        return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", self.status())]

    def slider(self, name):
        return self.root.get_by_role("slider", name=name, exact=False)

    def set(self, **values):
        """Give sliders a value; `_` in a name stands for a blank."""
        for name, value in values.items():
            self.slider(name.replace("_", " ")).fill(str(value))

    def rows(self):
        """Return the table of bars as [(label, texts)]."""
        rows = self.root.locator("tr:has(td.bar)")
        cells = rows.evaluate_all("rows => rows.map(r => [...r.cells].map(c => c.textContent))")
        return [(label, text.replace("−", "-").split()) for label, _, text in cells]


@pytest.fixture
def open_figure(book, open_page):
    def open_figure(section, **options):
        return Figure(open_page((book / f"{section}.html").as_uri(), **options))

    return open_figure


def standalone(tmp_path, script, data):
    """Return the address of a page that holds nothing but a figure."""
    page = interactive.interactive_html(b"", "A picture of nothing.", (640, 280), script, data)
    path = tmp_path / "figure.html"
    head = "<!doctype html><html lang=en><meta name=viewport content='width=device-width'><title>t</title>"
    head += "<meta name=color-scheme content='light dark'>"
    path.write_text(f"{head}<main>{page}</main></html>", encoding="utf-8")
    return path.as_uri()


# What holds for every figure


@pytest.mark.parametrize("section", FIGURES)
def test_figure_is_small_and_keeps_to_itself(book, section):
    assert (book / f"{section}.html").stat().st_size < 600_000
    script = interactive.SCRIPTS / f"{FIGURES[section]}.js"
    assert len(script.read_text(encoding="utf-8").splitlines()) < 200
    page = figure_cell(section)[1]
    assert script.read_text(encoding="utf-8") in page
    assert not re.search(r"\sid=|type=.module|import\(|fetch\(|console\.", page)
    assert set(re.findall(r"\w+://[\w./]+", page)) <= {"http://www.w3.org/2000/svg"}


# For each figure: a control, and a key that changes it.
CONTROLS = {
    "sequence": ("Order", "ArrowLeft"),
    "lang-model": ("Order", "ArrowRight"),
    "rnn": ("Weight", "Home"),
    "rnn-scratch": ("Unit", "ArrowRight"),
    "bptt": ("Spectral radius", "ArrowRight"),
    "gru": ("Unit", "ArrowRight"),
    "beam-search": ("Length penalty", "End"),
}


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("section", FIGURES)
def test_figure_works_by_mouse_and_by_keyboard(open_figure, section, scheme, width):
    figure = open_figure(section, color_scheme=scheme, viewport={"width": width, "height": 900})
    operate_and_inspect(figure, *CONTROLS[section], width)


def operate_and_inspect(figure, name, key, width):
    """Operate one control of a figure by mouse, then by key; let axe look at it."""
    page = figure.page
    assert not figure.root.locator("img").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = figure.root.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width and 200 < box["height"] < 1000

    first = figure.status()
    control = figure.slider(name)
    control.scroll_into_view_if_needed()
    box = control.bounding_box()
    page.mouse.click(box["x"] + 0.8 * box["width"], box["y"] + box["height"] / 2)
    second = figure.status()
    assert second != first
    page.keyboard.press(key)
    assert figure.status() != second
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")  # back to the control, by keyboard alone
    assert control.evaluate("c => c.getRootNode().activeElement === c")
    assert control.evaluate("c => parseFloat(getComputedStyle(c).outlineWidth)") >= 2
    assert control.get_attribute("aria-valuetext")

    page.add_script_tag(path=AXE)
    options = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'], preload: false}"
    result = page.evaluate(f"axe.run('{HOST}', {options})")
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in result["violations"]] == []
    assert any(check["id"] == "color-contrast" for check in result["passes"])
    assert page.log == []


def luminance(colour):
    channels = [int(c) / 255 for c in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lines_and_focus_stand_out_from_the_ground(open_figure, scheme):
    """WCAG 1.4.11: graphics have a contrast of at least 3; axe does not look at them."""
    figure = open_figure("bptt", color_scheme=scheme)
    ground = figure.root.locator(".interactive").evaluate("f => getComputedStyle(f).backgroundColor")
    lines = figure.root.locator("path").evaluate_all("ps => ps.map(p => getComputedStyle(p).stroke)")
    figure.slider("Spectral radius").focus()
    figure.page.keyboard.press("ArrowLeft")
    lines.append(figure.slider("Spectral radius").evaluate("c => getComputedStyle(c).outlineColor"))
    assert len(set(lines)) == 3  # blue, orange, the colour of the text; the focus is orange as well
    for line in lines:
        dark, light = sorted((luminance(line), luminance(ground)))
        assert (light + 0.05) / (dark + 0.05) >= 3, (line, ground)


@pytest.mark.parametrize("section", FIGURES)
def test_without_scripts_and_on_paper_the_picture_stands(book, open_page, open_figure, section):
    page = open_page((book / f"{section}.html").as_uri(), java_script_enabled=False)
    assert page.locator(f"{HOST} img").is_visible()
    figure = open_figure(section)
    figure.page.emulate_media(media="print")
    assert figure.root.locator("img").is_visible()
    assert not figure.root.get_by_role("status").is_visible()


# What the figures show


def fit_ar(x, p):
    X = np.column_stack([np.ones(len(x) - p), *(x[p - j : len(x) - j] for j in range(1, p + 1))])
    return np.linalg.lstsq(X, x[p:], rcond=None)[0]


def forecasts(x, origin, predict, num_steps=22):
    seen = list(x[: origin + 1])
    for _ in range(num_steps):
        seen.append(predict(np.array(seen[::-1])))
    return np.array(seen[origin + 1 :])


def test_forecasts_equal_numpy(open_figure):
    figure = open_figure("sequence")
    data = figure_data("sequence")
    years, x = read_sunspots()
    train = x[years <= 1924]
    (W1, b1), (W2, b2) = data["mlp"]
    mean, std = train.mean(), train.std()
    rivals = {
        "mean of the training years": lambda recent: mean,
        "persistence": lambda recent: recent[0],
        "seasonal naive": lambda recent: recent[10],
        "MLP, seed 0": lambda r: (W2 @ np.tanh(W1 @ ((r[:11] - mean) / std) + b1) + b2)[0] * std + mean,
    }
    origins = range(224, 287)
    for p, k, year, (name, rival) in zip(
        (1, 2, 11, 15), (22, 5, 11, 1), (1924, 1957, 1986, 1960), rivals.items(), strict=True
    ):
        figure.set(Order=p, Horizon=k, Origin=year - 1700)
        figure.root.get_by_role("combobox", name="Rival").select_option(name)
        c, *phi = fit_ar(train, p)
        models = (lambda recent, c=c, phi=phi: c + phi @ recent[: len(phi)]), rival
        shown = [forecasts(x, year - 1700, model)[k - 1] for model in models]
        errors = [[forecasts(x, i, model)[k - 1] - x[i + k] for i in origins] for model in models]
        rmse = [np.sqrt(np.mean(np.square(row))) for row in errors]
        status = figure.status()
        assert f"Made in {year} for {year + k}: AR({p}) " in status and f", {name} " in status
        values = re.findall(rf"(?:AR\({p}\)|{re.escape(name)}|observed) (-?\d+\.\d)", status)
        assert np.allclose([float(v) for v in values], [*shown, x[year - 1700 + k], *rmse], atol=0.0501)
    # And the page's own table says the same.
    for name in ("MLP, seed 0", "persistence", "seasonal naive"):
        figure.root.get_by_role("combobox", name="Rival").select_option(name)
        for column, k in ((0, 1), (2, 5), (5, 22)):
            figure.set(Horizon=k)
            table = [float(v) for v in printed("sequence", name)[16:].split()]
            assert abs(figure.numbers()[-1] - table[column]) <= 0.55


def mulberry32(seed):
    """The random numbers of common.js, in Python."""
    while True:
        seed = (seed + 0x6D2B79F5) & 0xFFFFFFFF
        t = ((seed ^ seed >> 15) * (seed | 1)) & 0xFFFFFFFF
        t ^= (t + (t ^ t >> 7) * (t | 61)) & 0xFFFFFFFF
        yield (t ^ t >> 14) / 2**32


def write_by_counts(text, n, temperature, seed, length):
    grams = [count_ngrams(text, m) for m in range(1, n + 1)]
    sample, uniform = "", mulberry32(seed)
    while len(sample) < length:
        history = sample[max(0, len(sample) + 1 - n) :]
        counts = [grams[len(history)][history + x] for x in " abcdefghijklmnopqrstuvwxyz"]
        weights = (np.array(counts) / max(counts)) ** (1 / temperature)
        index = np.searchsorted(weights.cumsum(), next(uniform) * weights.sum(), side="right")
        sample += " abcdefghijklmnopqrstuvwxyz"[index]
    return sample


@pytest.mark.parametrize(("n", "temperature", "seed"), [(1, 1, 1), (3, 0.5, 7), (4, 2, 50), (6, 1, 2)])
def test_samples_and_counts_equal_those_of_the_story(open_figure, n, temperature, seed):
    figure = open_figure("lang-model")
    train = split_text(normalize(read_story()))[0]
    figure.set(Order=n, Temperature=temperature, Seed=seed, Look_at_letter=9)
    sample = figure.root.locator("p.letters").evaluate("p => p.textContent")
    assert sample == write_by_counts(train, n, temperature, seed, 300)

    mark = figure.root.locator("mark").evaluate("m => m.textContent")
    longest = max(m for m in range(1, 60) if any(sample[i : i + m] in train for i in range(301 - m)))
    assert mark in train and len(mark) == longest and f"{longest} of 300" in figure.status()

    history = sample[9 - n : 8]
    grams = count_ngrams(train, n)
    weights = {g[-1]: c ** (1 / temperature) for g, c in grams.items() if g[:-1] == history}
    rows = figure.rows()
    assert len(rows) >= min(7, len(weights))
    for label, (count, p) in rows:
        x = label.replace("␣", " ")
        assert int(count) == grams[history + x]
        assert abs(float(p) - weights[x] / sum(weights.values())) < 0.51e-3
    boxed = figure.root.locator("p.letters b").evaluate("b => b.textContent")
    assert boxed == sample[8] == figure.root.locator("tr.marked th").inner_text().replace("␣", " ")


def test_high_order_recites(open_figure):
    figure = open_figure("lang-model")
    copied = []
    for n in (2, 5, 8, 12):
        figure.set(Order=n)
        copied.append(figure.numbers()[0])
    assert copied == sorted(copied) and copied[-1] > 3 * copied[0]


def test_the_word_is_spelt_as_by_hand(open_figure):
    figure = open_figure("rnn")
    back, forward = (figure.root.get_by_role("button", name=name) for name in ("Back", "Next step"))
    W_xh, h = {"b": -2, "e": 1.5, "l": 1}, 0.0
    for t, (x, target) in enumerate(zip("bell", "ell.", strict=True), start=1):
        line = printed("rnn", f"{x}: state" if t < 4 else "l: state  0.881")
        before, a = h, W_xh[x] + 2 * h
        h = np.tanh(a)
        scores = {"b": -10, "e": -10 * h - 7, "l": 0, ".": 10 * h - 5}
        total = sum(np.exp(list(scores.values())))
        P = {y: np.exp(o) / total for y, o in scores.items()}
        assert f"Step {t}: reads {x}, state {h:.3f}, P({target}) = {P[target]:.3f}" in figure.status()
        assert f"state {h:6.3f}, P({target}) = {P[target]:.3f}" in line
        working = figure.root.locator("div.letters p").all_inner_texts()
        working = [line.replace("−", "-") for line in working]
        assert f"h{t - 1} = {before:.3f}" in working[0]
        assert working[2].endswith(f"= {a:.3f}") and f"= {h:.3f}" in working[3]
        assert working[4].endswith(f"= {-np.log(P[target]):.3f}")
        assert {y: [float(v) for v in row] for y, row in figure.rows()} == {
            y: [round(scores[y], 1) + 0.0, round(P[y], 3)] for y in scores
        }
        columns = figure.root.locator(".unrolled tr:nth-child(2) td").all_inner_texts()
        assert [bool(text.strip()) for text in columns] == [i < t for i in range(4)]
        forward.focus()
        figure.page.keyboard.press("Enter")
    assert "Perplexity of the whole word with this weight: 1.048" in figure.status()
    assert printed("rnn", "perplexity") == "perplexity 1.048"
    back.click()
    assert "Step 3" in figure.status()


def test_without_memory_the_two_l_are_alike(open_figure):
    figure = open_figure("rnn")
    figure.set(Weight=0, Step=3)
    third = figure.rows()
    figure.set(Step=4)
    assert figure.rows() == third
    perplexity, floor = re.findall(r"\d+\.\d{3}", figure.status())[-2:]
    assert float(perplexity) > float(floor) == 1.414


def jacobian_sizes(W, inputs, num_lags):
    h, J, sizes = np.zeros(len(W)), np.eye(len(W)), []
    for t, u in enumerate(inputs):
        h = np.tanh(h @ W + u)
        if t >= len(inputs) - num_lags:
            J = J @ (W * (1 - h**2))
            sizes.append(np.linalg.norm(J) / np.sqrt(len(W)))
    return np.array(sizes)


def test_gradient_equals_numpy(open_figure):
    figure = open_figure("bptt")
    data = figure_data("bptt")
    rng = np.random.default_rng(0)  # the first matrix of the page
    W = rng.normal(size=(64, 64))
    W /= abs(np.linalg.eigvals(W)).max()
    inputs = rng.normal(size=(150, 64))
    for name, real in (("W", W), ("inputs", inputs)):  # whole numbers of a unit: rounded by half of it
        unit = data["units"][name]
        assert abs(data[name] * unit - real).max() <= unit / 2
    W, inputs = (data[name] * data["units"][name] for name in ("W", "inputs"))
    for radius, scale in ((1, 0), (0.5, 0.3), (1.1, 1), (1.5, 0.1), (2, 0.3)):
        figure.set(Spectral_radius=radius, Size_of_the_inputs=scale)
        linear = jacobian_sizes(radius * W, 0 * inputs, 50)
        tanh = jacobian_sizes(radius * W, scale * inputs, 50)
        factors = re.findall(r"(?:linear|tanh) (\d+\.\d\d)(?=[,.])", figure.status().split("Mean")[1])
        assert [float(f) for f in factors] == [round(s[-1] ** (1 / 50), 2) for s in (linear, tanh)]
        # The curves themselves, read back from the drawing.
        for curve, sizes in zip(figure.root.locator("svg svg path").all()[1:], (linear, tanh), strict=True):
            points = np.array([p.split(",") for p in curve.get_attribute("d")[1:].split("L")], dtype=float)
            depth = 280 - 48  # pixels for 18 powers of ten
            assert np.allclose(points[:, 1], (9 - np.log10(sizes)) / 18 * depth, atol=0.06)
    figure.set(Spectral_radius=1, Size_of_the_inputs=0)
    shown = figure.status()
    assert re.search(r"linear (\S+), tanh \1\. Mean", shown), shown  # no input: all slopes are one


TEXTS = ["the clock ", "q", "she said that the boats came in before th", "Zq7!x  é"]


def visible(text):
    return text.replace(" ", "␣")


def check_character_model(figure, tokens, run, text, units=(1, 40, 128)):
    """Compare a figure with run(ids) -> (log-probabilities (T, V), {view: states (T, H)})."""
    figure.root.get_by_role("textbox", name="Type a text").fill(text)
    read = re.sub("[^a-z]+", " ", text[:40].lower())
    log_probs, views = run([tokens.index(x) for x in read])
    for place in sorted({1, (len(read) + 1) // 2, len(read)}):
        figure.set(Look_at_letter=place)
        P = np.exp(log_probs[place - 1])
        best = np.argsort(-P)[:8]
        rows = figure.rows()
        assert [float(row[0]) for _, row in rows] == pytest.approx(P[best], abs=1e-4)
        assert all(abs(P[tokens.index(x.replace("␣", " "))] - float(row[0])) < 1e-4 for x, row in rows)
        for name, states in views.items():
            if len(views) > 1:
                figure.root.get_by_role("combobox", name="Show").select_option(name)
            for unit in units:
                figure.set(Unit=unit)
                value = re.search(r"stands at (-?\d\.\d{4})", figure.status())[1]
                assert abs(float(value) - states[place - 1, unit - 1]) < 1e-4, (name, unit, place)
    if len(read) > 1:
        loss = -np.mean([log_probs[t, tokens.index(x)] for t, x in enumerate(read[1:])])
        shown = re.search(r"Perplexity of the text: (\d+\.\d\d)", figure.status())[1]
        assert float(shown) == pytest.approx(np.exp(loss), rel=1e-4, abs=0.006)


def page_model():
    """Return the model of the page, loaded with the weights that the figure carries, and its data."""
    data = figure_data("rnn-scratch")
    model = LMScratch(RNNScratch(*data["W_xh"].shape), len(data["tokens"]))
    for param, name in zip(model.params, ("W_xh", "W_hh", "b_h", "W_hq", "b_q"), strict=True):
        param[:] = mxnp.array(data[name])
    return model, data


@pytest.mark.parametrize("text", TEXTS)
def test_character_model_equals_mxnet(open_figure, text):
    model, data = page_model()

    def run(ids):
        logits, _ = model(np.array([ids]), model.begin_state(1))
        inputs = npx.one_hot(mxnp.array([ids]).T, len(data["tokens"]))
        states, _ = model.rnn(inputs, model.begin_state(1))
        return npx.log_softmax(logits[:, 0]).asnumpy(), {"hidden state": states[:, 0].asnumpy()}

    check_character_model(open_figure("rnn-scratch"), data["tokens"], run, text)


def test_character_model_is_the_one_that_the_page_trained():
    model, data = page_model()
    _, valid_ids, vocab = load_corpus(normalize(read_story()))
    assert data["tokens"] == vocab.idx_to_token
    score = re.search(r"validation (\d+\.\d\d)", printed("rnn-scratch", "network: training"))[1]
    assert abs(evaluate(model, valid_ids) - float(score)) < 0.006


def test_character_model_writes_as_mxnet_does(open_figure):
    model, _ = page_model()
    vocab = load_corpus(normalize(read_story()))[2]
    figure = open_figure("rnn-scratch")
    field = figure.root.get_by_role("textbox", name="Type a text")
    field.fill("the clock ")
    figure.set(Temperature=0)
    for _ in range(12):
        figure.root.get_by_role("button", name="Add a letter").press("Enter")
    assert field.input_value() == "".join(generate(model, vocab, "the clock ", 12, temperature=0))
    field.fill("")
    assert figure.status() == "Type a letter."
    field.press_sequentially("th")
    assert figure.rows()[0][0] == "e"
    assert figure.page.log == []


def test_character_model_draws_by_the_temperature(open_figure):
    model, data = page_model()
    logits = model(np.array([[data["tokens"].index(x) for x in "the clock "]]), model.begin_state(1))[0]
    figure = open_figure("rnn-scratch")
    for temperature in (0.5, 2.0):
        figure.set(Temperature=temperature)
        P = npx.softmax(logits[-1, 0] / temperature).asnumpy()
        assert [float(row[0]) for _, row in figure.rows()] == pytest.approx(np.sort(P)[:-9:-1], abs=1e-4)
    field = figure.root.get_by_role("textbox", name="Type a text")
    drawn = []
    for _ in range(40):  # at a high temperature not always the same letter
        field.fill("the clock ")
        figure.root.get_by_role("button", name="Add a letter").click()
        drawn.append(field.input_value()[-1])
    assert len(set(drawn)) > 10


def test_map_answers_a_click(open_figure):
    figure = open_figure("rnn-scratch")
    box = figure.root.locator("canvas").bounding_box()
    figure.root.locator("canvas").click(position={"x": box["width"] * 0.45, "y": box["height"] * 0.5})
    assert figure.slider("Look at letter").input_value() == "5"
    assert figure.slider("Unit").input_value() in ("64", "65")
    assert figure.status().startswith("Unit 6")


def page_gru():
    """Return a Gluon model with the weights that the figure of the page carries, and its data."""
    data = figure_data("gru")
    H, V = data["W_hq"].shape
    net = initialized(LMGluon(rnn.GRU(H), V), H)
    second = np.concatenate([np.zeros(2 * H), data["b_hh"]])
    values = {"i2h_weight": data["W_xh"].T, "h2h_weight": data["W_hh"].T, "i2h_bias": data["b_h"]}
    for name, value in (values | {"h2h_bias": second}).items():
        getattr(net.rnn, f"l0_{name}").set_data(mxnp.array(value, dtype="float32"))
    net.output.weight.set_data(mxnp.array(data["W_hq"].T, dtype="float32"))
    net.output.bias.set_data(mxnp.array(data["b_q"]))
    return net, data


@pytest.mark.parametrize("text", TEXTS)
def test_gru_of_the_page_equals_mxnet(open_figure, text):
    """States and probabilities are those of the layer; the gates those of its equations."""
    net, data = page_gru()
    H, V = data["W_hq"].shape

    def run(ids):
        inputs = npx.one_hot(mxnp.array([ids]).T, V)
        states = net.rnn(inputs, net.begin_state(1))[0][:, 0]
        before = mxnp.concatenate([mxnp.zeros((1, H)), states[:-1]])
        x = mxnp.array(data["W_xh"][ids], dtype="float32") + mxnp.array(data["b_h"])
        h = mxnp.dot(before, mxnp.array(data["W_hh"], dtype="float32"))
        reset, update = mxnp.split(npx.sigmoid((x + h)[:, : 2 * H]), 2, axis=1)
        memory = reset * (h[:, 2 * H :] + mxnp.array(data["b_hh"]))
        views = {"hidden state": states, "reset gate": reset, "update gate": update}
        views["candidate"] = mxnp.tanh(x[:, 2 * H :] + memory)
        log_probs = npx.log_softmax(net(np.array([ids]), net.begin_state(1))[0][:, 0])
        return log_probs.asnumpy(), {name: values.asnumpy() for name, values in views.items()}

    figure = open_figure("gru")
    check_character_model(figure, data["tokens"], run, text, units=(1, 70, H))
    shown = figure.root.get_by_role("combobox", name="Show").locator("option").all_inner_texts()
    assert shown == ["hidden state", "reset gate", "update gate", "candidate"]


def test_gru_of_the_page_is_the_one_that_was_trained():
    net, data = page_gru()
    _, valid_ids, vocab = load_corpus(normalize(read_story()))
    assert data["tokens"] == vocab.idx_to_token
    rounded = printed("gru", "GRU, weights of 16 bits:").split()[-1]
    assert printed("gru", "GRU: training").split()[-1] == rounded  # as good as before
    assert abs(evaluate(net, valid_ids) - float(rounded)) < 0.006


def gated_weights(rng, cell, H, V):
    """Return random float32 weights in the figure's form."""
    G = {"gru": 3, "lstm": 4}[cell]
    shapes = {"W_xh": (V, G * H), "W_hh": (H, G * H), "b_h": (G * H,), "W_hq": (H, V), "b_q": (V,)}
    return {name: rng.normal(0, 0.5, shape).astype("float32") for name, shape in shapes.items()}


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_gated_cells_equal_gluon(open_page, tmp_path, cell):
    tokens, H, rng = ["<unk>", *" abcdefghijklmnopqrstuvwxyz"], 16, np.random.default_rng(3)
    data = gated_weights(rng, cell, H, len(tokens))
    layer = {"gru": rnn.GRU, "lstm": rnn.LSTM}[cell](H, input_size=len(tokens))
    layer.initialize()
    layer.l0_i2h_weight.set_data(mxnp.array(data["W_xh"].T))
    layer.l0_h2h_weight.set_data(mxnp.array(data["W_hh"].T))
    layer.l0_i2h_bias.set_data(mxnp.array(data["b_h"]))
    if cell == "gru":  # the biases of its gates add up, those of the candidate do not
        second = rng.normal(0, 0.5, 3 * H).astype("float32")
        layer.l0_h2h_bias.set_data(mxnp.array(second))
        data["b_h"][: 2 * H] += second[: 2 * H]
        data["b_hh"] = second[2 * H :]

    def run(ids):
        state, outputs, cells = layer.begin_state(1), [], []
        for i in ids:
            output, state = layer(npx.one_hot(mxnp.array([[i]]), len(tokens)), state)
            outputs.append(output[0, 0].asnumpy())
            cells.append(state[-1][0, 0].asnumpy())
        states = np.array(outputs)
        logits = mxnp.array(states @ data["W_hq"] + data["b_q"])
        views = {"hidden state": states} | ({"memory cell": np.array(cells)} if cell == "lstm" else {})
        return npx.log_softmax(logits).asnumpy(), views

    data |= {"cell": cell, "tokens": tokens, "level": "char", "text": "the clock "}
    figure = Figure(open_page(standalone(tmp_path, "character_model", data)))
    options = figure.root.get_by_role("combobox", name="Show").locator("option").all_inner_texts()
    gates = ["reset gate", "update gate"] if cell == "gru" else ["input gate", "forget gate", "output gate"]
    assert set(gates) < set(options)
    check_character_model(figure, tokens, run, "the clock struck", units=(1, 7, 16))
    for gate in gates:  # a gate lies between 0 and 1
        figure.root.get_by_role("combobox", name="Show").select_option(gate)
        assert 0 < float(re.search(r"stands at (-?\d\.\d{4})", figure.status())[1]) < 1
    assert figure.page.log == []


def test_gru_with_one_bias_resets_before_the_product(open_page, tmp_path):
    tokens, H, rng = ["<unk>", *" abcdefghijklmnopqrstuvwxyz"], 16, np.random.default_rng(4)
    data = gated_weights(rng, "gru", H, len(tokens))

    def sigmoid(a):
        return 1 / (1 + np.exp(-a))

    def run(ids):
        h, views = np.zeros(H), {"hidden state": [], "reset gate": [], "update gate": [], "candidate": []}
        (U_r, U_z, U_n), h_all = np.split(data["W_hh"], 3, axis=1), []
        for i in ids:
            x_r, x_z, x_n = np.split(data["W_xh"][i] + data["b_h"], 3)
            r, z = sigmoid(x_r + h @ U_r), sigmoid(x_z + h @ U_z)
            n = np.tanh(x_n + (r * h) @ U_n)
            h = z * h + (1 - z) * n
            h_all.append(h)
            for view, value in zip(views, (h, r, z, n), strict=True):
                views[view].append(value)
        logits = np.array(h_all) @ data["W_hq"] + data["b_q"]
        log_probs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return log_probs, {view: np.array(values) for view, values in views.items()}

    data |= {"cell": "gru", "tokens": tokens, "level": "char", "text": "a"}
    figure = Figure(open_page(standalone(tmp_path, "character_model", data)))
    check_character_model(figure, tokens, run, "the clock struck", units=(1, 7, 16))


def test_half_precision_is_read_in_the_page(open_page):
    """All 16-bit patterns but those of infinity and NaN, subnormal numbers included."""
    source = (interactive.SCRIPTS / "common.js").read_text(encoding="utf-8")
    half = re.search(r"^function half\(.*?^}", source, re.S | re.M)[0]
    all_of_them = "Array.from({length: 65536}, (_, bits) => half(bits))"
    read = open_page("about:blank").evaluate(f"() => {{ {half}; return {all_of_them}; }}")
    values = np.arange(65536, dtype="uint16").view("float16").astype(float)
    finite = np.isfinite(values)
    assert (np.array(read)[finite] == values[finite]).all() and finite.sum() == 63488


BOS, EOS, LIMIT, WIDEST = 1, 2, 6, 5  # of the toy that the beam search explorer searches


@pytest.fixture(scope="module")
def toys():
    """Two models: the next token depends on the last one, by a table; the second one ends more readily."""
    tables = [np.random.default_rng(5).normal(0, 1.5, (9, 9)) for _ in range(2)]
    for table, readiness in zip(tables, (0, 2), strict=True):
        table[:, BOS] = -np.inf
        table[:, EOS] += readiness - np.arange(9) / 4
    return [table - np.log(np.exp(table).sum(axis=1, keepdims=True)) for table in tables]


@pytest.fixture(scope="module")
def explorer_data(toys):
    """What the figure needs, gathered by a wrapper around the step as in the section on beam search."""
    sentences = []
    for number, table in enumerate(toys):
        seen = {}

        def step(tokens, state, table=table, seen=seen):
            prefixes = np.concatenate([state[0], tokens[:, None]], axis=1)
            for path in prefixes.tolist():
                seen[tuple(path)] = table[path[-1]]
            return table[tokens], [prefixes]

        for width in range(1, WIDEST + 1):
            beam_search.beam_search(step, [np.empty((1, 0), int)], 1, BOS, EOS, width, LIMIT, 0.0, 1000)
        rows = {path: i for i, path in enumerate(seen)}
        best = np.argsort(-np.array([*seen.values()]), axis=1, kind="stable")[:, :WIDEST]
        tree = {"parent": [rows.get(path[:-1], -1) for path in seen], "token": [path[-1] for path in seen]}
        tree = {name: np.array(value, "int16") for name, value in (tree | {"best": best}).items()}
        tree["values"] = np.take_along_axis(np.array([*seen.values()]), best, axis=1)
        tree["end"] = np.array([log_probs[EOS] for log_probs in seen.values()])
        sentences.append(tree | {"source": f"sentence {number}", "references": []})
    words = ["a", "<bos>", "<eos>", "b", "c", "d", "e", "f", "g"]
    sentences[0]["references"] = [" ".join(words[i] for i in toy_search(toys[0], WIDEST, 0)[0].tokens)]
    return {"sentences": sentences, "words": words, "eos": EOS, "max_len": LIMIT, "widths": WIDEST}


def toy_search(table, width, alpha, limit=LIMIT):
    def step(tokens, state):
        return table[tokens], state

    return beam_search.beam_search(step, [], 1, BOS, EOS, width, limit, alpha)[0]


@pytest.fixture
def explorer(open_page, tmp_path, explorer_data):
    return Figure(open_page(standalone(tmp_path, "beam_explorer", explorer_data)))


def test_beam_search_explorer_equals_the_search(explorer, toys, explorer_data):
    names, best = explorer_data["words"], set()
    for number, table in enumerate(toys):
        explorer.root.get_by_role("combobox", name="Sentence").select_option(f"sentence {number}")
        for width in range(1, WIDEST + 1):
            for alpha in (0, 0.75, 2):
                explorer.set(Width=width, Length_penalty=alpha)
                found = toy_search(table, width, alpha)
                rows = explorer.root.locator("tr:has(td.output)")
                cells = rows.evaluate_all("rows => rows.map(r => [...r.cells].map(c => c.textContent))")
                assert len(cells) >= len(found) > 0
                for h, (text, log_prob, length, score) in zip(found, cells, strict=False):
                    assert text == " ".join(names[i] for i in h.tokens) or not h.tokens
                    assert float(log_prob.replace("−", "-")) == pytest.approx(h.log_prob, abs=6e-4)
                    assert float(score.replace("−", "-")) == pytest.approx(h.score, abs=6e-5)
                    assert int(length) == len(h.tokens) + 1
                (greedy,), P = toy_search(table, 1, 0), np.exp(found[0].log_prob)
                status = explorer.status()
                assert f"Best: “{cells[0][0]}”, score {found[0].score:.4f}, probability {P:.4f}" in status
                assert status.endswith(f"probability {np.exp(greedy.log_prob):.4f}.")
                assert ("no output is likelier" in status) == (P > 1 / (width + 1))
                right = cells[0][0] in explorer_data["sentences"][number]["references"]
                assert ("equal to a reference" in status) == right
                best.add((number, cells[0][0]))
    assert len(best) > 3  # else width and penalty would not matter
    assert explorer.page.log == []


@pytest.mark.parametrize("number", [0, 1])
def test_beam_search_explorer_shows_each_step(explorer, toys, explorer_data, number):
    """The continuations of a step are those of the kept prefixes of the step before."""
    names, table, width = explorer_data["words"], toys[number], 3
    explorer.root.get_by_role("combobox", name="Sentence").select_option(f"sentence {number}")
    explorer.set(Width=width)
    live, finished = [((BOS,), 0.0)], []
    for t in range(1, int(explorer.slider("Look at step").get_attribute("max")) + 1):
        explorer.set(Look_at_step=t)
        every = []
        for path, p in live:
            tokens = [EOS] if t == LIMIT + 1 else np.argsort(-table[path[-1]])[:width]
            every += [((*path, int(i)), p + table[path[-1], i]) for i in tokens]
        every.sort(key=lambda pair: -pair[1])
        rows = explorer.rows()
        for (label, (P,)), (path, log_prob) in zip(rows, every[: len(rows)], strict=True):
            assert label.strip() == " ".join(names[i] for i in path[1:][-3:])
            assert float(P) == pytest.approx(np.exp(log_prob), abs=6e-5)
        marked = explorer.root.locator("tr.marked")
        assert marked.count() == min(width, len(every))
        chips = explorer.root.locator(".beam li").nth(t - 1).locator("span")
        shown = [text.split() for text in chips.all_inner_texts()]
        kept = every[:width]
        assert [word for word, _ in shown] == [names[path[-1]] for path, _ in kept]
        assert [float(P) for _, P in shown] == pytest.approx([np.exp(p) for _, p in kept], rel=0.06)
        finished += [p for path, p in kept if path[-1] == EOS]
        bar = sorted(finished)[-width] if len(finished) >= width else -np.inf  # (15.5)
        live = [(path, p) for path, p in kept if path[-1] != EOS and p > bar]
    assert live == [] and (t == LIMIT + 1) == (number == 0)  # the second search stops early
    explorer.root.locator(".beam li").nth(1).click()
    assert explorer.slider("Look at step").input_value() == "2"


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_beam_search_explorer_for_everybody(open_page, tmp_path, explorer_data, scheme, width):
    address = standalone(tmp_path, "beam_explorer", explorer_data)
    figure = Figure(open_page(address, color_scheme=scheme, viewport={"width": width, "height": 900}))
    operate_and_inspect(figure, "Length penalty", "Home", width)


def test_word_model_reads_words(open_page, tmp_path):
    tokens, H = ["<unk>", "the", "clock", "struck"], 3
    rng = np.random.default_rng(0)
    shapes = {"W_xh": (4, H), "W_hh": (H, H), "b_h": (H,), "W_hq": (H, 4), "b_q": (4,)}
    data = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    data |= {"cell": "rnn", "tokens": tokens, "level": "word", "text": "the clock"}
    figure = Figure(open_page(standalone(tmp_path, "character_model", data)))
    figure.root.get_by_role("textbox", name="Type a text").fill("The clock, striking ")
    assert figure.slider("Look at word").get_attribute("max") == "3"
    assert figure.status().startswith("Unit 1 after “<unk>”")


# The helper


@pytest.fixture
def shown(monkeypatch):
    """Collect what show_interactive() displays."""
    calls = []
    monkeypatch.setattr(interactive, "display", lambda data, raw: calls.append(data))
    return calls


def test_show_interactive_closes_the_figure_and_repeats_byte_by_byte(shown):
    for _ in range(2):
        figure, axes = plt.subplots()
        axes.plot([1, 2], [3, 4])
        interactive.show_interactive(figure, 'A "rising" line.', "unrolled_rnn", {"a": np.ones(3)})
    assert shown[0] == shown[1] and shown[0]["text/plain"] == 'A "rising" line.'
    picture = 'alt="A &quot;rising&quot; line." width="640" height="280" src="data:image/png;base64,'
    assert picture in shown[0]["text/html"]
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("alt", "script", "data", "error", "named"),
    [
        (" ", "unrolled_rnn", {}, ValueError, "alternative text"),
        ("A line.", "common", {}, ValueError, "unrolled_rnn"),
        ("A line.", "nosuch", {}, ValueError, "unrolled_rnn"),
        ("A line.", "unrolled_rnn", {"a": np.array([1, np.nan])}, ValueError, "NaN"),
        ("A line.", "unrolled_rnn", {"a": float("inf")}, ValueError, "Out of range"),
        ("A line.", "unrolled_rnn", {"a": np.array(["x"])}, TypeError, "only numbers"),
        ("A line.", "unrolled_rnn", {"a": {1, 2}}, TypeError, "set in the data"),
    ],
)
def test_show_interactive_names_the_fault(shown, alt, script, data, error, named):
    figure, _ = plt.subplots()
    with pytest.raises(error, match=named):
        interactive.show_interactive(figure, alt, script, data)
    plt.close("all")
    assert shown == []


def test_data_come_back_and_cannot_end_the_script():
    data = {"f": np.array([[0.1, -2]]), "i": np.array([1, 70000]), "b": b"\x00\xff", "s": np.int64(3)}
    data |= {"u": np.array([40000], dtype="uint16"), "h": np.array([-300], dtype="int16")}
    data |= {"e": np.array([1.5, -6e-8], dtype="float16")}
    data |= {"n": np.array([-128, 127], dtype="int8"), "t": "</script><b>", "l": [None, {"x": np.zeros(0)}]}
    page = interactive.interactive_html(b"", "alt", (1, 1), "unrolled_rnn", data)
    text = re.search(r'json">(.*?)</script>', page, re.S)[1]
    back = decode(json.loads(text))
    assert back["f"].dtype == "float32" and np.allclose(back["f"], data["f"])
    assert back["e"].dtype == "float16" and (back["e"] == data["e"]).all()
    assert (back["i"] == data["i"]).all() and (back["n"] == data["n"]).all() and (back["b"] == [0, 255]).all()
    assert back["u"][0] == 40000 and back["h"][0] == -300 and back["h"].dtype == "int16"
    assert back["t"] == "</script><b>" and back["s"] == 3
    assert back["l"][0] is None and back["l"][1]["x"].size == 0
    assert page.count("</script>") == 2


def test_comparison_of_outputs_passes_over_numbers_only():
    rules = (ROOT / "tests" / "nbval_sanitize.cfg").read_text(encoding="utf-8")
    pairs = re.findall(r"^regex: (.*)$\n^replace: (.*)$", rules, flags=re.M)

    def page(value, alt="alt", script="unrolled_rnn"):
        text = interactive.interactive_html(bytes([value]), alt, (1, 1), script, {"W": np.array([value])})
        for pattern, replacement in pairs:
            text = re.sub(pattern, replacement, text)
        return text

    assert page(1) == page(2)
    assert page(1) != page(1, alt="other") and page(1) != page(1, script="gradient_lags")


# JupyterLab


def wait_for(address):
    """Return once an address answers; give up after a minute."""
    for _ in range(120):
        try:
            return urllib.request.urlopen(address).close()
        except urllib.error.URLError:
            time.sleep(0.5)
    pytest.fail(f"no answer from {address}")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab of its own, and the folder that it serves."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "d2l_utils").symlink_to(ROOT / "d2l_utils")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "settings" / "@jupyterlab" / "apputils-extension").mkdir(parents=True)
    own = {"JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime", "JUPYTER_CONFIG_DIR": "config"}
    own |= {"JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces"}
    environment = {**os.environ, **{name: str(folder / path) for name, path in own.items()}}
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--ip=127.0.0.1", f"--port={port}"]
    command += ["--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}", "--allow-root"]
    command += ["--IdentityProvider.token=reader", "--LabApp.extension_manager=readonly"]
    command += [f"--LabApp.app_settings_dir={ROOT / 'tools' / 'lab_settings'}"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True, **quiet) as process:
        wait_for(f"http://127.0.0.1:{port}/api/status?token=reader")
        yield f"http://127.0.0.1:{port}", folder
        os.killpg(process.pid, signal.SIGKILL)


def write_notebook(folder, name, cells):
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata.kernelspec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(notebook, folder / f"{name}.ipynb")
    return notebook


@pytest.fixture
def open_notebook(lab, open_page):
    """A function that opens a notebook in JupyterLab, light or dark."""
    address, folder = lab

    def open_notebook(name, theme="Light"):
        settings = folder / "settings" / "@jupyterlab" / "apputils-extension" / "themes.jupyterlab-settings"
        settings.write_text(json.dumps({"theme": f"JupyterLab {theme}"}), encoding="utf-8")
        page = open_page(f"{address}/lab/tree/{name}.ipynb?token=reader&reset", viewport=LAPTOP)
        page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for(timeout=60_000)
        return page

    return open_notebook


def test_lab_shows_pictures_of_an_untrusted_notebook(lab, open_notebook):
    cells = [figure_cell(section)[0] for section in FIGURES]
    write_notebook(lab[1], "untrusted", cells)
    page = open_notebook("untrusted")
    for cell in cells:
        picture = page.locator(".jp-OutputArea").get_by_alt_text(cell.outputs[0].data["text/plain"])
        picture.scroll_into_view_if_needed()
        assert picture.is_visible() and picture.evaluate("i => i.naturalWidth") == 960
    assert page.locator(".jp-OutputArea [role=status]").count() == 0
    assert [line for line in page.log if line.startswith("request:")] == []


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_lab_shows_figures_of_a_trusted_notebook(lab, open_notebook, theme):
    folder = lab[1]
    cells = [figure_cell(section)[0] for section in FIGURES]
    notebook = write_notebook(folder, "trusted", cells)
    NotebookNotary(data_dir=str(folder / "data")).sign(nbformat.read(folder / "trusted.ipynb", as_version=4))
    page = open_notebook("trusted", theme)
    page.add_script_tag(path=AXE)
    for i, section in enumerate(FIGURES):
        figure = Figure(page, i)
        name, key = CONTROLS[section]
        control, first = figure.slider(name), figure.status()
        control.focus()
        page.keyboard.press(key)
        assert figure.status() != first
        options = "{runOnly: ['wcag2a', 'wcag2aa'], preload: false}"
        result = figure.root.evaluate(f"host => axe.run(host, {options})")
        assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in result["violations"]] == []
    # What is typed stays in the figure: no shortcut of JupyterLab deletes a cell ("dd") or adds one ("b").
    field = page.get_by_role("textbox", name="Type a text").first
    field.click()
    field.fill("")
    page.keyboard.type("add bab")
    assert field.input_value() == "add bab"
    assert page.locator(".jp-Notebook .jp-Cell").count() == len(notebook.cells)
    assert [line for line in page.log if line.startswith("request:")] == []


def test_lab_shows_the_figure_after_a_run(lab, open_notebook):
    cells = nbformat.read(CHAPTER / "rnn.ipynb", as_version=4).cells
    cells = [cell for cell in cells if cell.cell_type == "code"]
    last = next(i for i, cell in enumerate(cells) if "show_interactive(" in cell.source)
    for cell in cells:
        cell.outputs, cell.execution_count = [], None
    write_notebook(lab[1], "run", cells[: last + 1])
    page = open_notebook("run")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)  # else it asks for a kernel
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.locator(HOST).wait_for(timeout=60_000)
    figure = Figure(page)
    figure.root.get_by_role("button", name="Next step").click()
    assert figure.status().startswith("Step 2: reads e, state -0.404")
