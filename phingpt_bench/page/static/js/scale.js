// Scales of a plot: from values to pixels, and the values that get a tick.

/** {at(value), ticks: [[value, whether it gets a label]]} of costs on a logarithmic axis. `low` and `high` are above 0. */
export function logScale(low, high, from, to) {
  let [start, end] = [Math.log10(low), Math.log10(high)];
  const margin = Math.max(0.06 * (end - start), 0.15);
  [start, end] = [start - margin, end + margin];
  const at = (value) => from + ((Math.log10(value) - start) / (end - start)) * (to - from);
  const ticks = [];
  for (let power = Math.floor(start); power <= Math.ceil(end); power += 1) {
    for (const digit of [1, 2, 5]) {
      const value = Number(`${digit}e${power}`);
      const place = Math.log10(value);
      if (place >= start && place <= end) ticks.push([value, digit === 1 || end - start < 2]);
    }
  }
  return { at, ticks };
}

/** The same of scores on a linear axis, with ticks at round numbers. */
export function linearScale(low, high, from, to) {
  const span = high - low || 0.1;
  const [start, end] = [low - 0.08 * span, high + 0.08 * span];
  const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5].find((one) => (end - start) / one <= 7) ?? (end - start) / 5;
  const ticks = [];
  for (let i = Math.ceil(start / step); i * step <= end; i += 1) ticks.push([i * step, true]);
  return { at: (value) => from + ((value - start) / (end - start)) * (to - from), ticks };
}
