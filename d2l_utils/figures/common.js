// What the interactive figures share: controls, views, and the exchange of picture and figure.
// d2l_utils/interactive.py puts this file and the file of one figure into one function; `host` is the
// element around the picture. The figure lives in a shadow root, where no style of the page reaches it.

// The styles of lines. Each colour has a contrast of 3 on white and on near-black; dashes tell more.
const COLORS = ["#0072b2", "#d55e00", "#009e73", "currentColor", "currentColor"];
const DASHES = ["", "6 3", "8 3 2 3", "", "1 4"];

/** Make an element; functions among the attributes become listeners: make("p", {class: "a"}, "text"). */
function make(name, attributes = {}, ...children) {
  const drawing = ["svg", "g", "path", "line", "text", "circle", "rect"].includes(name);
  const node = drawing
    ? document.createElementNS("http://www.w3.org/2000/svg", name)
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(key, value);
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

/** Write a number with a true minus sign and never as minus zero. */
function fixed(value, digits) {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

/** Write a power of ten. */
function power(k) {
  return "10" + String(k).replace(/./g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit] ?? "⁻");
}

/** A slider with its value in words; `value` and `max` can be read and set. */
function slider(label, { min, max, step = 1, value, format = String }) {
  const input = make("input", { type: "range", min, max, step, value });
  const shown = make("span", { class: "value", "aria-hidden": "true" });
  const refresh = () => {
    shown.textContent = format(Number(input.value));
    input.setAttribute("aria-valuetext", shown.textContent);
  };
  input.addEventListener("input", refresh);
  refresh();
  return {
    node: make("div", { class: "control" }, make("label", {}, label, " ", shown, input)),
    get value() { return Number(input.value); },
    set value(number) { input.value = number; refresh(); },
    set max(number) { input.max = number; refresh(); },
  };
}

/** A list to choose from; `value` is the chosen one of the names. */
function choice(label, names) {
  const input = make("select", {}, ...names.map((name) => make("option", {}, name)));
  return {
    node: make("div", { class: "control" }, make("label", {}, label, input)),
    get value() { return input.value; },
  };
}

function textField(label, value, length) {
  const input = make("input", { type: "text", maxlength: length, autocomplete: "off", spellcheck: "false" });
  input.value = value;
  return {
    node: make("div", { class: "control" }, make("label", {}, label, input)),
    get value() { return input.value; },
    set value(text) { input.value = text; },
  };
}

/** A button; after `act` the figure is updated as after any other change. */
function button(label, act) {
  const click = ({ target }) => { act(); target.dispatchEvent(new Event("input", { bubbles: true })); };
  return { node: make("button", { type: "button", click }, label) };
}

/** Return round numbers between low and high, about `count` of them. */
function ticks([low, high], count) {
  const power = 10 ** Math.floor(Math.log10((high - low) / count));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s * count >= high - low);
  const first = Math.ceil(low / step - 1e-9);
  const number = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: number }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** A chart of lines: draw(x range, [{name, points: [[x, y], ...], style: 0-4, dots}]). With `log`, y is a power of 10. */
function plot({ label, xLabel, yLabel, y, log = false, height = 230 }) {
  const drawing = make("svg", { role: "img", "aria-label": label, height });
  const legend = make("p", { class: "legend", "aria-hidden": "true" });
  const node = make("div", {}, legend, drawing);
  const [left, bottom, top] = [52, 40, 8];
  let x = [0, 1];
  let lines = [];
  const stroke = ({ style, width = 2 }) => ({
    stroke: COLORS[style], "stroke-dasharray": DASHES[style], "stroke-width": width,
  });
  function redraw() {
    const width = node.getBoundingClientRect().width - left - 8;
    const depth = height - top - bottom;
    if (width < 50) return;
    const atX = (value) => ((value - x[0]) / (x[1] - x[0])) * width;
    const atY = (value) => ((y[1] - (log ? Math.log10(value) : value)) / (y[1] - y[0])) * depth;
    const gridLine = { stroke: "currentColor", "stroke-opacity": 0.2 };
    const axes = make("g", { transform: `translate(${left}, ${top})` });
    for (const tick of ticks(x, width / 60)) {
      axes.append(make("line", { x1: atX(tick), x2: atX(tick), y2: depth, ...gridLine }));
      axes.append(make("text", { x: atX(tick), y: depth + 16, "text-anchor": "middle" }, String(tick)));
    }
    for (const tick of ticks(y, 5)) {
      const at = log ? atY(10 ** tick) : atY(tick);
      axes.append(make("line", { x2: width, y1: at, y2: at, ...gridLine }));
      const text = log ? power(tick) : String(tick).replace("-", "−");
      axes.append(make("text", { x: -6, y: at + 4, "text-anchor": "end" }, text));
    }
    axes.append(make("text", { x: width / 2, y: depth + 34, "text-anchor": "middle" }, xLabel));
    axes.append(make("text", { transform: `translate(-42, ${depth / 2}) rotate(-90)`, "text-anchor": "middle" }, yLabel));
    const field = make("svg", { width, height: depth, style: `overflow: hidden; width: ${width}px` });
    for (const line of lines) {
      const points = line.points.map(([px, py]) => [atX(px).toFixed(1), atY(py).toFixed(1)]);
      if (line.dots) for (const [cx, cy] of points) field.append(make("circle", { cx, cy, r: 4, fill: COLORS[line.style] }));
      else field.append(make("path", { d: `M${points.join("L")}`, ...stroke(line) }));
    }
    axes.append(field);
    drawing.replaceChildren(axes);
  }
  new ResizeObserver(redraw).observe(node);
  return {
    node,
    draw(range, newLines) {
      [x, lines] = [range, newLines];
      const named = lines.filter((line) => line.name);
      const sample = (line) => make("svg", {}, make("path", { d: "M0 6H32", ...stroke(line) }));
      legend.replaceChildren(...named.map((line) => make("span", {}, sample(line), line.name)));
      redraw();
    },
  };
}

/** A table of at most `count` bars: draw(caption, [{label, value from 0 to 1, text, marked}]). */
function bars(count) {
  const node = make("table");
  const row = ({ label, value, text, marked }) =>
    make("tr", marked ? { class: "marked" } : {},
      make("th", { scope: "row" }, make("code", {}, label)),
      make("td", { class: "bar" }, make("span", { style: `width: ${100 * value}%` })),
      make("td", {}, text));
  return {
    node: make("div", { style: `min-height: ${1.5 * (count + 2)}em` }, node),
    draw(caption, rows) { node.replaceChildren(make("caption", {}, ...caption), ...rows.map(row)); },
  };
}

/** Return a function that draws numbers from 0 to 1 (mulberry32), the same ones for the same seed. */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Return the first index at which the running sum of `weights` passes `u`, a share of the total. */
function pick(weights, u) {
  let left = u * weights.reduce((a, b) => a + b, 0);
  const index = weights.findIndex((weight) => (left -= weight) < 0);
  return index < 0 ? weights.length - 1 : index;
}

/** Put the figure in the picture's place. `update` draws all and returns what to say. */
function present(title, controls, views, update) {
  const status = make("p", { role: "status" });
  const figure = make("div", { class: "interactive", role: "group", "aria-label": title },
    make("div", { class: "row" }, ...controls.map((control) => control.node)),
    make("div", { class: "views" }, ...views.map((view) => view.node)), status);
  const refresh = () => { status.textContent = update(); };
  figure.addEventListener("input", refresh);
  refresh();
  const root = host.attachShadow({ mode: "open" });
  root.append(make("style", {}, STYLE), make("slot"), figure);
  // The theme of the book puts a light ground behind outputs in dark mode; this one has its own.
  host.closest(".text_html")?.setAttribute("style", "background: none; padding: 0");
}

/** Return the number whose 16 bits, as half-precision floating point, are `bits`. */
function half(bits) {
  const [exponent, fraction] = [(bits >> 10) & 31, (bits & 1023) / 1024];
  return (bits >> 15 ? -1 : 1) * (exponent ? (1 + fraction) * 2 ** (exponent - 15) : fraction * 2 ** -14);
}

/** Replace the arrays that Python encoded by typed arrays with a shape. */
function decode(value) {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(decode);
  if (!("numbers" in value)) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, decode(v)]));
  const bytes = Uint8Array.from(atob(value.numbers.split(",")[1]), (c) => c.charCodeAt(0));
  const types = { float32: Float32Array, int32: Int32Array, int16: Int16Array, int8: Int8Array, uint8: Uint8Array };
  const numbers = value.type === "float16" ? Float32Array.from(new Uint16Array(bytes.buffer), half)
    : new types[value.type](bytes.buffer);
  return Object.assign(numbers, { shape: value.shape });
}

const data = decode(JSON.parse(host.querySelector("script[type='application/json']").textContent));
