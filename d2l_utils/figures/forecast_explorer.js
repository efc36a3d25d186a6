// Forecasts of a series by an autoregression, iterated from any origin, beside a rival and what came.
// data: years, values (T,); first, last: the origins, indices of values; num_steps: horizons;
// order, origin: where to begin; coefficients (P, P + 1): row p - 1 holds c, phi_1, ..., phi_p, zeros;
// mlp, [[W1 (m, q), b1 (m,)], [W2 (1, m), b2 (1,)]]: a network on q standardized values, newest first;
// scale: mean and standard deviation of the training years.

const { years, values, first, last, coefficients } = data;
const [[W1, b1], [W2, b2]] = data.mlp;
const [mean, std] = data.scale;
const maxOrder = coefficients.shape[0];
const maxHorizon = data.num_steps;

/** Forecast all horizons from an origin, feeding each forecast back; predict(recent) sees all so far. */
function iterate(predict, origin) {
  const seen = values.slice(0, origin + 1);
  for (let k = 0; k < maxHorizon; k++) seen.push(predict(seen));
  return seen.slice(origin + 1);
}

function autoregression(p) {
  const row = coefficients.subarray((p - 1) * (maxOrder + 1), p * (maxOrder + 1));
  return (seen) => {
    let sum = row[0];
    for (let j = 1; j <= p; j++) sum += row[j] * seen[seen.length - j];
    return sum;
  };
}

function network(seen) {
  const [units, q] = W1.shape;
  let output = b2[0];
  for (let i = 0; i < units; i++) {
    let a = b1[i];
    for (let j = 0; j < q; j++) a += W1[i * q + j] * ((seen[seen.length - 1 - j] - mean) / std);
    output += W2[i] * Math.tanh(a);
  }
  return output * std + mean;
}

const rivals = {
  "seasonal naive": (seen) => seen[seen.length - 11],
  "persistence": (seen) => seen[seen.length - 1],
  "mean of the training years": () => mean,
  "MLP, seed 0": network,
};

/** Return the root mean square error over all origins at the horizons 1 to the longest. */
function errors(predict) {
  const sums = new Array(maxHorizon).fill(0);
  for (let origin = first; origin <= last; origin++) {
    iterate(predict, origin).forEach((forecast, k) => { sums[k] += (forecast - values[origin + 1 + k]) ** 2; });
  }
  return sums.map((sum) => Math.sqrt(sum / (last - first + 1)));
}

const order = slider("Order p", { min: 1, max: maxOrder, value: data.order });
const horizon = slider("Horizon k", { min: 1, max: maxHorizon, value: 11, format: (k) => `${k} ${k === 1 ? "year" : "years"}` });
const start = slider("Origin", { min: first, max: last, value: data.origin, format: (i) => String(years[i]) });
const rival = choice("Rival", Object.keys(rivals));
const series = plot({
  label: "The series, the forecast and the rival's forecast by year",
  xLabel: "year", yLabel: "sunspot number", y: [-20, 200],
});
const error = plot({
  label: "Error of the model and of its rival by horizon, over all origins",
  xLabel: "horizon k in years", yLabel: "RMSE, all origins", y: [0, 110],
});

present("Forecast explorer", [order, horizon, start, rival], [series, error], () => {
  const [origin, k, name] = [start.value, horizon.value, `AR(${order.value})`];
  const at = (i, value) => [years[i], value];
  const model = autoregression(order.value);
  const forecast = iterate(model, origin);
  const other = iterate(rivals[rival.value], origin);
  const path = (steps) => [at(origin, values[origin]), ...steps.slice(0, k).map((v, i) => at(origin + 1 + i, v))];
  const truth = values.map((v, i) => at(i, v));
  series.draw([years[origin - 33], years[origin + maxHorizon]], [
    { name: "seen", points: truth.slice(origin - 33, origin + 1), style: 3, width: 1.5 },
    { name: "came later", points: truth.slice(origin, origin + maxHorizon + 1), style: 4, width: 2 },
    { name, points: path(forecast), style: 0 },
    { name: rival.value, points: path(other), style: 1 },
    { points: [at(origin + k, values[origin + k])], style: 3, dots: true },
    { points: [at(origin + k, forecast[k - 1])], style: 0, dots: true },
    { points: [at(origin + k, other[k - 1])], style: 1, dots: true },
  ]);
  const [ours, theirs] = [errors(model), errors(rivals[rival.value])];
  const curve = (row) => row.map((e, i) => [i + 1, e]);
  error.draw([1, maxHorizon], [
    { name, points: curve(ours), style: 0 },
    { name: rival.value, points: curve(theirs), style: 1 },
    { points: [[k, ours[k - 1]]], style: 0, dots: true },
    { points: [[k, theirs[k - 1]]], style: 1, dots: true },
  ]);
  return `Made in ${years[origin]} for ${years[origin + k]}: ${name} ${fixed(forecast[k - 1], 1)}, ` +
    `${rival.value} ${fixed(other[k - 1], 1)}, observed ${fixed(values[origin + k], 1)}. ` +
    `RMSE at this horizon over all ${last - first + 1} origins: ` +
    `${name} ${fixed(ours[k - 1], 1)}, ${rival.value} ${fixed(theirs[k - 1], 1)}.`;
});
