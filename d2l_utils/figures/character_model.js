// A trained recurrent language model: what it expects next, and its state and gates over the text.
// data: cell, "rnn", "gru" or "lstm"; tokens, the vocabulary, "<unk>" at 0; level, "char" or "word";
// text, to begin with; W_xh (V, G H), W_hh (H, G H), b_h (G H,), W_hq (H, V), b_q (V,).
// G blocks of columns stand side by side: for a GRU reset, update, candidate; for an LSTM input,
// forget, candidate, output (Gluon's order, its matrices transposed, the biases of gates added up). With
// b_hh (H,), a second bias of the candidate, the reset gate of a GRU acts after the product, as in Gluon.

const { tokens } = data;
const V = tokens.length;
const H = data.W_hh.shape[0];
const [piece, between, longest] = data.level === "word" ? ["word", " ", 120] : ["letter", "", 40];
const sigmoid = (x) => 1 / (1 + Math.exp(-x));

/** Return row vector times matrix, plus bias: the columns from `from` up to `to`. */
function times(row, matrix, bias, from = 0, to = matrix.shape[1]) {
  const width = matrix.shape[1];
  const result = Float64Array.from({ length: to - from }, (_, j) => (bias ? bias[from + j] : 0));
  row.forEach((value, i) => {
    for (let j = from; j < to; j++) result[j - from] += value * matrix[i * width + j];
  });
  return result;
}

const inputRow = (id) => data.W_xh.slice(id * data.W_xh.shape[1], (id + 1) * data.W_xh.shape[1]);
const block = (a, g, f) => a.slice(g * H, (g + 1) * H).map(f);

// Each cell maps a token and what it returned for the token before to all that it shows.
const cells = {
  rnn(id, { h }) {
    const [x, u] = [inputRow(id), times(h, data.W_hh, data.b_h)];
    return { h: u.map((value, i) => Math.tanh(x[i] + value)) };
  },
  gru(id, { h }) {
    const after = data.b_hh !== undefined;
    const x = inputRow(id).map((value, i) => value + data.b_h[i]);
    const gates = times(h, data.W_hh, undefined, 0, 2 * H).map((value, i) => sigmoid(x[i] + value));
    const [r, z] = [gates.slice(0, H), gates.slice(H)];
    const recalled = times(after ? h : r.map((ri, i) => ri * h[i]), data.W_hh, undefined, 2 * H, 3 * H);
    const recall = after ? recalled.map((value, i) => r[i] * (value + data.b_hh[i])) : recalled;
    const n = recall.map((value, i) => Math.tanh(x[2 * H + i] + value));
    return { h: n.map((ni, i) => z[i] * h[i] + (1 - z[i]) * ni), "reset gate": r, "update gate": z, candidate: n };
  },
  lstm(id, { h, "memory cell": c }) {
    const x = inputRow(id);
    const a = times(h, data.W_hh, data.b_h).map((value, i) => value + x[i]);
    const [i, f, o] = [0, 1, 3].map((g) => block(a, g, sigmoid));
    const n = block(a, 2, Math.tanh);
    const memory = n.map((nk, k) => f[k] * c[k] + i[k] * nk);
    return { h: memory.map((m, k) => o[k] * Math.tanh(m)), "memory cell": memory,
      "input gate": i, "forget gate": f, "output gate": o, candidate: n };
  },
};

function softmax(logits, temperature) {
  const top = Math.max(...logits);
  const weights = Array.from(logits, (o) => Math.exp((o - top) / temperature));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / total);
}

/** Cut a text into tokens as the notebook does, but keep a space at its end. */
function tokenize(text) {
  const clean = text.toLowerCase().replace(/[^a-z]+/g, " ");
  return between ? clean.split(" ").filter(Boolean) : Array.from(clean);
}

/** Run the model over ids; return what the cell shows and the logits at each of them. */
function run(ids) {
  let last = { h: new Float64Array(H), "memory cell": new Float64Array(H) };
  return ids.map((id) => {
    last = cells[data.cell](id, last);
    return { ...last, id, logits: times(last.h, data.W_hq, data.b_q) };
  });
}

const visible = (token) => token.replaceAll(" ", "␣");
const known = (token) => Math.max(0, tokens.indexOf(token));
const uniform = random(1);
const field = textField("Type a text", data.text, longest);
const temperature = slider("Temperature", { min: 0, max: 2, step: 0.1, value: 1, format: (t) => t.toFixed(1) });
const place = slider(`Look at ${piece}`, { min: 1, max: 1, value: 1 });
const unit = slider("Unit", { min: 1, max: H, value: 1 });
const views = Object.keys(cells[data.cell](0, run([0])[0])); // the state first
const view = choice("Show", views.map((name) => (name === "h" ? "hidden state" : name)));
const append = button(`Add a ${piece}`, () => {
  const { logits } = run(tokenize(field.value).map(known)).at(-1);
  const chosen = temperature.value === 0 ? logits.indexOf(Math.max(...logits))
    : pick(softmax(logits, temperature.value), uniform());
  field.value = [...tokenize(field.value), tokens[chosen]].join(between).slice(-longest);
});

const expected = bars(8);
const map = make("canvas", { role: "img", "aria-label": `One column a ${piece}, one row a unit` });
const cursor = make("div", { class: "cursor" });
const letters = make("div", { class: "strip letters" });
const key = make("div");
const heat = make("div", {}, make("div", { class: "heat" }, map, cursor), letters);
const looks = make("div", { class: "row" }, place.node, unit.node, ...(views.length > 1 ? [view.node] : []));
heat.addEventListener("click", ({ target, offsetX, offsetY }) => {
  if (target !== map) return;
  place.value = Math.ceil((offsetX / map.clientWidth) * map.width);
  unit.value = Math.ceil((offsetY / map.clientHeight) * H);
  heat.dispatchEvent(new Event("input", { bubbles: true }));
});

/** Colour for -1 (blue) over 0 (clear) to 1 (orange), as [r, g, b, alpha from 0 to 255]. */
const colour = (value) => [...(value < 0 ? [0, 114, 178] : [213, 94, 0]), 255 * Math.min(1, Math.abs(value))];

function drawMap(trace, steps, at, row) {
  const image = new ImageData(steps.length, H);
  steps.forEach((step, t) => step[trace].forEach((value, i) => image.data.set(colour(value), 4 * (i * steps.length + t))));
  [map.width, map.height] = [steps.length, H];
  map.getContext("2d").putImageData(image, 0, 0);
  const share = 100 / steps.length;
  heat.style.maxWidth = `${1.6 * steps.length}rem`;
  cursor.style.cssText = `left: ${at * share}%; width: ${share}%; top: ${(100 * row) / H}%; height: ${100 / H}%`;
  letters.replaceChildren(...steps.map((step, t) => make("span", {
    class: t === at ? "now" : "",
    style: `background: rgb(${colour(step[trace][row]).slice(0, 3)}, ${0.5 * Math.min(1, Math.abs(step[trace][row]))})`,
  }, visible(tokens[step.id]))));
}

let before = "";
present("Character model", [field, append, temperature],
  [{ node: make("div", {}, key, heat, looks) }, expected], () => {
    const text = tokenize(field.value);
    const steps = run(text.map(known));
    place.max = Math.max(1, steps.length);
    if (field.value !== before) place.value = steps.length;
    before = field.value;
    if (!steps.length) {
      letters.replaceChildren();
      expected.draw([`The model needs a ${piece} to read.`], []);
      return `Type a ${piece}.`;
    }
    const [at, row, trace] = [place.value - 1, unit.value - 1, view.value === "hidden state" ? "h" : view.value];
    key.textContent = `The ${view.value}: a column for each ${piece}, a row for each of the ${H} units; ` +
      "blue is −1, orange is 1.";
    drawMap(trace, steps, at, row);
    const P = softmax(steps[at].logits, temperature.value || 1e-6);
    const order = P.map((p, id) => [p, id]).sort((a, b) => b[0] - a[0]).slice(0, 8);
    expected.draw(["After ", make("code", {}, `“${visible(text.slice(0, at + 1).join(between))}”`), " comes"],
      order.map(([p, id]) => ({ label: visible(tokens[id]), value: p, text: fixed(p, 4), marked: tokens[id] === text[at + 1] })));
    const loss = steps.slice(1).reduce((sum, step, t) => sum - Math.log(softmax(steps[t].logits, 1)[step.id]), 0);
    const score = steps.length > 1 ? ` Perplexity of the text: ${fixed(Math.exp(loss / (steps.length - 1)), 2)}.` : "";
    return `Unit ${row + 1} after “${visible(tokens[steps[at].id])}” stands at ${fixed(steps[at][trace][row], 4)}.${score}`;
  });
