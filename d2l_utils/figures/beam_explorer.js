// Beam search on what a trained model really said, step by step, and the ranking of what it finished.
// data: words, the tokens by index; eos, the index of the token that ends an output; max_len; widths, the
// largest width; sentences: source, references (strings) and, for each prefix that a beam of any of the
// widths asks for, a row of parent (R,), the row of the prefix without its last token; token (R,), that
// token; best (R, widths), the likeliest next tokens; values (R, widths), their log-probabilities; end (R,),
// the log-probability of eos. Row 0 is the empty prefix, whose parent is -1.

const { words, eos, max_len: maxLen, widths } = data;
const trees = data.sentences.map(({ parent, token }) => {
  const rows = new Map();
  parent.forEach((p, row) => rows.set(p * words.length + token[row], row));
  return rows;
});

const score = (h, alpha) => h.logProb / h.tokens.length ** alpha;
const rank = (finished, alpha) => [...finished].sort(
  (a, b) => score(b, alpha) - score(a, alpha) || a.tokens.length - b.tokens.length);

/** Search as the section's function does; return the finished outputs, best first, and all steps. */
function search(number, k, alpha) {
  const { best, values, end } = data.sentences[number];
  const [finished, steps] = [[], []];
  let live = [{ row: 0, tokens: [], logProb: 0 }];
  for (let t = 0; t <= maxLen && live.length; t++) {
    const all = live.flatMap(({ row, tokens, logProb }) => {
      const go = (token, value) => ({ from: row, tokens: [...tokens, token], logProb: logProb + value });
      if (t === maxLen) return [go(eos, end[row])]; // as long as it may be: it can only end
      return Array.from({ length: k }, (_, i) => go(best[row * widths + i], values[row * widths + i]));
    }).sort((a, b) => b.logProb - a.logProb);
    const kept = all.slice(0, k);
    steps.push({ all, kept });
    finished.push(...kept.filter(({ tokens }) => tokens.at(-1) === eos));
    const last = rank(finished, alpha)[k - 1]; // what cannot come before it is dropped
    const bar = last ? score(last, alpha) : -Infinity;
    live = kept.filter(({ tokens, logProb }) => tokens.at(-1) !== eos && logProb / (maxLen + 1) ** alpha > bar);
    for (const prefix of live) prefix.row = trees[number].get(prefix.from * words.length + prefix.tokens.at(-1));
  }
  return { ranked: rank(finished, alpha), steps };
}

const text = (tokens) => tokens.filter((token) => token !== eos).map((token) => words[token]).join(" ") || "(nothing)";
const startsWith = (tokens, prefix) => prefix.every((token, i) => tokens[i] === token);

const sources = data.sentences.map(({ source }) => source);
const sentence = choice("Sentence", sources);
const width = slider("Width k", { min: 1, max: widths, value: Math.min(3, widths) });
const penalty = slider("Length penalty α", { min: 0, max: 2, step: 0.25, value: 0, format: (a) => a.toFixed(2) });
const step = slider("Look at step", { min: 1, max: 1, value: 1 });
const beam = make("ol", { class: "beam" });
const considered = bars(widths + 2);
const hypotheses = make("table");
beam.addEventListener("click", ({ target }) => {
  const line = target.closest("li");
  if (!line) return;
  step.value = [...beam.children].indexOf(line) + 1;
  beam.dispatchEvent(new Event("input", { bubbles: true }));
});

/** One line a step: what was kept, with the probability of the whole path. */
function drawBeam(steps, now, winner) {
  beam.replaceChildren(...steps.map(({ kept }, t) => make("li", t === now ? { class: "now" } : {},
    ...kept.map(({ tokens, logProb }) => {
      const kinds = [startsWith(winner, tokens) ? "best" : "", tokens.at(-1) === eos ? "end" : ""];
      return make("span", { class: kinds.join(" ") }, `${words[tokens.at(-1)]} `, make("i", {}, Math.exp(logProb).toPrecision(2)));
    }))));
}

/** What the step had to choose from: the likeliest first, what was kept marked. */
function drawStep({ all, kept }, t) {
  considered.draw([`Step ${t}: the continuations, the probability of each path; marked: kept`],
    all.slice(0, widths + 2).map(({ tokens, logProb }, i) => ({
      label: tokens.slice(-3).map((token) => words[token]).join(" "), value: Math.exp(logProb),
      text: fixed(Math.exp(logProb), 4), marked: i < kept.length,
    })));
}

function drawRanking(ranked) {
  const row = (name, ...cells) => make("tr", {}, ...cells.map((cell, i) => make(name, i ? {} : { class: "output" }, cell)));
  hypotheses.replaceChildren(
    make("caption", {}, `Finished outputs, best score first: ${ranked.length}`),
    row("th", "output", "log P", "L", "score"),
    ...ranked.slice(0, widths).map((h) => row("td", text(h.tokens), fixed(h.logProb, 3), String(h.tokens.length),
      fixed(score(h, penalty.value), 4))));
}

present("Beam search explorer", [sentence, width, penalty, step],
  [{ node: make("div", {}, make("p", {}, "What the beam keeps at each step:"), beam) }, considered, { node: hypotheses }], () => {
    const number = sources.indexOf(sentence.value);
    const [k, alpha] = [width.value, penalty.value];
    const { ranked, steps } = search(number, k, alpha);
    const [best] = ranked;
    step.max = steps.length;
    drawBeam(steps, step.value - 1, best ? best.tokens : []);
    drawStep(steps[step.value - 1], step.value);
    drawRanking(ranked);
    if (!best) return "No output was finished.";
    const P = Math.exp(best.logProb);
    const [greedy] = search(number, 1, 0).ranked;
    const proof = P > 1 / (k + 1) ? ` Above 1/${k + 1}: no output is likelier.` : "";
    const right = data.sentences[number].references.includes(text(best.tokens)) ? "a reference" : "no reference";
    return `Best: “${text(best.tokens)}”, score ${fixed(score(best, alpha), 4)}, probability ${fixed(P, 4)}, equal to ${right}.${proof} ` +
      `Greedy search: “${text(greedy.tokens)}”, probability ${fixed(Math.exp(greedy.logProb), 4)}.`;
  });
