// How the derivative of the state by an earlier one grows or fades with the lag.
// data: W (H, H), a recurrent matrix of spectral radius 1, and inputs (T, H), Gaussian numbers, both whole
// numbers of their `units`; num_lags: K. The network runs for T - K steps first, then the derivative is
// followed for K.

const H = data.W.shape[0];
const steps = data.inputs.shape[0];
const W = Float64Array.from(data.W, (w) => w * data.units.W);
const inputs = Float64Array.from(data.inputs, (x) => x * data.units.inputs);

/** Return |dh_t / dh_{t-k}|_F / sqrt(H) for k = 1 to K of the network with W times radius. */
function sizes(radius, scale) {
  let h = new Float64Array(H);
  let J = Float64Array.from({ length: H * H }, (_, i) => (i % (H + 1) ? 0 : 1));
  const result = [];
  for (let t = 0; t < steps; t++) {
    const a = new Float64Array(H);
    for (let i = 0; i < H; i++) {
      for (let j = 0; j < H; j++) a[j] += h[i] * radius * W[i * H + j];
    }
    for (let j = 0; j < H; j++) h[j] = Math.tanh(a[j] + scale * inputs[t * H + j]);
    if (t < steps - data.num_lags) continue;
    const product = new Float64Array(H * H); // J W diag(1 - h^2)
    for (let i = 0; i < H; i++) {
      for (let m = 0; m < H; m++) {
        const factor = J[i * H + m] * radius;
        for (let j = 0; j < H; j++) product[i * H + j] += factor * W[m * H + j];
      }
      for (let j = 0; j < H; j++) product[i * H + j] *= 1 - h[j] ** 2;
    }
    J = product;
    result.push(Math.sqrt(J.reduce((sum, x) => sum + x * x, 0) / H));
  }
  return result;
}

// Without tanh the derivative is a power of the matrix, and the radius a power of its own.
const linear = sizes(1, 0);

/** Write a positive number with two digits, as a power of ten where it is far from one. */
function short(value) {
  if (value >= 0.01 && value < 100) return value.toPrecision(2);
  const exponent = Math.floor(Math.log10(value));
  return `${(value / 10 ** exponent).toFixed(1)} · ${power(exponent)}`;
}

const radius = slider("Spectral radius", { min: 0.5, max: 2, step: 0.05, value: 1, format: (r) => r.toFixed(2) });
const scale = slider("Size of the inputs", { min: 0, max: 1, step: 0.05, value: 0.3, format: (s) => s.toFixed(2) });
const chart = plot({
  label: "Size of the derivative against the lag, logarithmic, for the linear and the tanh network",
  xLabel: "lag k", yLabel: "size of the derivative", y: [-9, 9], log: true, height: 280,
});

present("Gradient against lag", [radius, scale], [chart], () => {
  const [r, K] = [radius.value, data.num_lags];
  const tanh = sizes(r, scale.value);
  const straight = linear.map((size, i) => size * r ** (i + 1));
  const curve = (row) => row.map((size, i) => [i + 1, Math.max(size, 1e-30)]);
  chart.draw([1, K], [
    { name: "radius to the power k", points: curve(straight.map((_, i) => r ** (i + 1))), style: 4, width: 1.5 },
    { name: "linear", points: curve(straight), style: 0 },
    { name: "tanh", points: curve(tanh), style: 1 },
  ]);
  const factor = (row) => fixed(row[K - 1] ** (1 / K), 2);
  return `Size at lag ${K}: linear ${short(straight[K - 1])}, tanh ${short(tanh[K - 1])}. ` +
    `Mean factor a step: linear ${factor(straight)}, tanh ${factor(tanh)}.`;
});
