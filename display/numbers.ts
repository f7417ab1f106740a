/**
 * Numbers as people read them.
 * @module
 */

/** The learned quantities in a few words: `η 0.123`, or a few of many. */
export function learnedLine(learned: Readonly<Record<string, number>>, fixedRate?: number): string {
  const entries = Object.entries(learned);
  if (entries.length === 0) return fixedRate === undefined ? "" : `η ${short(fixedRate)}`;
  if (entries.every(([name]) => name === "rate" || name.startsWith("rate/"))) {
    const rates = entries.map(([, rate]) => rate).sort((a, b) => a - b);
    return rates.length === 1 ? `η ${short(rates[0])}` : `η ${short(rates[0])}…${short(rates[rates.length - 1])}`;
  }
  return entries.map(([name, value]) => `${name} ${short(value)}`).join(" ");
}

/** Three digits. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

/** Accuracies as percentages, everything else in three digits. */
export function percentage(metric: string, value: number): string {
  return metric === "accuracy" ? `${(100 * value).toFixed(1)} %` : short(value);
}
