// A recurrent network of one state number, unrolled over a word, with every number of every step.
// data: word, its last letter being a target only; vocab, a string; W_xh (V,), W_hh (1,), b_h (1,),
// W_hq (V,), b_q (V,); floor: the lowest perplexity without memory.

const { word, vocab } = data;
const steps = word.length - 1;
const three = (value) => fixed(value, 3);
const inBrackets = (value, digits = 3) => (value < 0 ? `(${fixed(value, digits)})` : fixed(value, digits));
const plain = (value) => String(value).replace("-", "−");

/** Run the network; return what it computes at each step. */
function run(weight) {
  let h = 0;
  return Array.from(word.slice(0, steps), (letter, t) => {
    const before = h;
    const input = data.W_xh[vocab.indexOf(letter)];
    const a = input + before * weight + data.b_h[0];
    h = Math.tanh(a);
    const scores = data.W_hq.map((w, i) => h * w + data.b_q[i]);
    const weights = scores.map((o) => Math.exp(o - Math.max(...scores)));
    const total = weights.reduce((x, y) => x + y);
    const P = weights.map((w) => w / total);
    return { letter, before, input, a, h, scores, P, target: word[t + 1], p: P[vocab.indexOf(word[t + 1])] };
  });
}

const back = button("Back", () => { step.value -= 1; });
const next = button("Next step", () => { step.value += 1; });
const step = slider("Step t", { min: 1, max: steps, value: 1, format: (t) => `${t} of ${steps}` });
const weight = slider("Weight W_hh", { min: 0, max: 3, step: 0.1, value: data.W_hh[0], format: (w) => w.toFixed(1) });
const net = make("table", { class: "unrolled" });
const working = make("div", { class: "letters" });
const scores = bars(vocab.length);

/** Draw one column a step; steps that are not reached yet are empty. */
function drawNet(run, now) {
  const line = (title, kind, write) => make("tr", {}, make("th", { scope: "row" }, title), ...run.map((s, t) => {
    const text = t < now ? write(s) : make("i", { style: "visibility: hidden" }, write(s));
    return make("td", { class: `${kind}${t === now - 1 ? " now" : ""}` }, make("span", {}, text));
  }));
  net.replaceChildren(
    make("caption", {}, "The network unrolled, one column a step; read from the bottom up"),
    line("output", "output", (s) => `P(${s.target})\n${three(s.p)}`),
    line("state", "state", (s) => three(s.h)),
    line("input", "input", (s) => s.letter));
}

present("The unrolled network, step by step", [back, next, step, weight],
  [{ node: net }, { node: make("div", {}, working, scores.node) }], () => {
    const all = run(weight.value);
    const s = all[step.value - 1];
    const t = step.value;
    drawNet(all, t);
    const lines = [
      `before    h${t - 1} = ${three(s.before)}`,
      `input     ${s.letter}, whose row of W_xh is ${plain(s.input)}`,
      `argument  ${plain(s.input)} + ${weight.value.toFixed(1)}·${inBrackets(s.before)} = ${three(s.a)}`,
      `state     h${t} = tanh(${three(s.a)}) = ${three(s.h)}`,
      `loss      −ln P(${s.target}) = −ln ${three(s.p)} = ${three(-Math.log(s.p))}`,
    ];
    working.replaceChildren(...lines.map((text) => make("p", {}, text)));
    scores.draw(["Score o and probability P of each letter; the target is marked"], Array.from(vocab, (label, i) => ({
      label, value: s.P[i], text: `${fixed(s.scores[i], 1)}  ${three(s.P[i])}`, marked: label === s.target,
    })));
    const loss = all.reduce((sum, { p }) => sum - Math.log(p), 0) / steps;
    return `Step ${t}: reads ${s.letter}, state ${three(s.h)}, P(${s.target}) = ${three(s.p)}. ` +
      `Perplexity of the whole word with this weight: ${three(Math.exp(loss))}; ` +
      `no model without memory gets below ${three(data.floor)}.`;
  });
