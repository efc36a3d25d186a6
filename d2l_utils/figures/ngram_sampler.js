// Text drawn from the counts of a training text, and the counts behind each letter.
// data: text, the training text in UTF-8, compressed by zlib; orders: the largest order;
// length: how many letters to write.

/** Return a string from bytes that zlib compressed. */
function inflate(bytes) {
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
}

inflate(data.text).then((text) => {
  const counted = new Map();

  /** Return what follows `history` in the text as [[letter, count], ...] in order of the alphabet. */
  function followers(history) {
    if (!counted.has(history)) {
      const counts = {};
      for (let at = text.indexOf(history); at >= 0; at = text.indexOf(history, at + 1)) {
        const next = text[at + history.length];
        if (next === undefined) break; // the text ends here
        counts[next] = (counts[next] ?? 0) + 1;
      }
      counted.set(history, Object.entries(counts).sort());
    }
    return counted.get(history);
  }

  /** The latest order - 1 letters; fewer where the text ends with them and nothing follows. */
  function historyOf(sample, n) {
    let history = sample.slice(Math.max(0, sample.length + 1 - n));
    while (!followers(history).length) history = history.slice(1);
    return history;
  }

  const tempered = (row, temperature) => {
    const top = Math.max(...row.map(([, count]) => count));
    return row.map(([, count]) => (count / top) ** (1 / temperature));
  };

  function write(n, temperature, seed) {
    const uniform = random(seed);
    let sample = "";
    while (sample.length < data.length) {
      const row = followers(historyOf(sample, n));
      sample += row[pick(tempered(row, temperature), uniform())][0];
    }
    return sample;
  }

  /** Return start and end of the longest piece of `sample` that stands in the text. */
  function longestCopy(sample) {
    let [start, end] = [0, 0];
    for (let i = 0; i < sample.length; i++) {
      while (i + end - start < sample.length && text.includes(sample.slice(i, i + end - start + 1))) {
        [start, end] = [i, i + end - start + 1];
      }
    }
    return [start, end];
  }

  const order = slider("Order n", { min: 1, max: data.orders, value: 4 });
  const temperature = slider("Temperature", { min: 0.2, max: 2, step: 0.1, value: 1, format: (t) => t.toFixed(1) });
  const seed = slider("Seed", { min: 1, max: 50, value: 1 });
  const letter = slider("Look at letter", { min: 1, max: data.length, value: 12 });
  const page = make("p", { class: "letters" });
  const counts = bars(8);

  present("N-gram sampler", [order, temperature, seed, letter], [{ node: page }, counts], () => {
    const sample = write(order.value, temperature.value, seed.value);
    const [start, end] = longestCopy(sample);
    const at = letter.value - 1;
    const marked = (from, to) => { // the letter in question is boxed
      const piece = sample.slice(from, to);
      if (at < from || at >= to) return [piece];
      return [piece.slice(0, at - from), make("b", {}, sample[at]), piece.slice(at - from + 1)];
    };
    page.replaceChildren(...marked(0, start), make("mark", {}, ...marked(start, end)), ...marked(end));
    const history = historyOf(sample.slice(0, at), order.value);
    const row = followers(history);
    const weights = tempered(row, temperature.value);
    const total = weights.reduce((a, b) => a + b, 0);
    const seen = row.reduce((sum, [, count]) => sum + count, 0);
    const rows = row.map(([label, count], i) => ({
      label: label === " " ? "␣" : label,
      value: weights[i] / total,
      text: `${count}  ${(weights[i] / total).toFixed(3)}`,
      marked: label === sample[at],
    }));
    rows.sort((a, b) => b.value - a.value);
    const shown = rows.filter((r, i) => i < 7 || r.marked);
    counts.draw([`Letter ${at + 1}: the history `, make("code", {}, `“${history.replaceAll(" ", "␣")}”`),
      ` stands in the text ${seen} times and goes on with (count, probability)`], shown);
    return `Marked: the longest piece copied from the text, ${end - start} of ${sample.length} letters.`;
  });
});
