/**
 * Means over seeds.
 * @module
 */

/** A mean and how well it is known. */
export interface Mean {
  readonly mean: number;
  /** s/√n with s² = Σ(x − mean)²/(n − 1); null for one value. */
  readonly standardError: number | null;
  /** n. */
  readonly count: number;
}

/** The mean of values; undefined of none. */
export function meanOf(values: readonly number[]): Mean | undefined {
  const count = values.length;
  if (count === 0) return undefined;
  const mean = values.reduce((sum, x) => sum + x, 0) / count;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, standardError: count > 1 ? Math.sqrt(squares / (count - 1) / count) : null, count };
}

/** exp of the mean of logarithms. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
