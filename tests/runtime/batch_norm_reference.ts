/**
 * Batch normalization and its gradients in float64, by definition, by finite differences and in closed form.
 */

/** Arrays by name: inputs, or gradients in them. */
export type Arrays = Record<"x" | "scale" | "shift" | "addend", number[]>;

/** What is normalized, and how. */
export interface Case {
  readonly rows: number;
  readonly channels: number;
  readonly relu: boolean;
  readonly added: boolean;
}

export const EPSILON = 1e-3;
/** Numbers of both signs. */
export const wave = (size: number, phase: number) => Array.from({ length: size }, (_, i) => Math.sin(i * 1.37 + phase));

/** No output is so near 0 that a finite difference steps over relu's edge. */
export function inputsOf({ rows, channels }: Case): Arrays {
  const size = rows * channels, x = wave(size, 0), addend = wave(size, 1);
  return { x, scale: wave(channels, 2), shift: wave(channels, 3), addend };
}

/** In float64: [y, mean, variance]. */
export function exact({ x, scale, shift, addend }: Arrays, { rows, channels, relu, added }: Case): number[][] {
  const column = (j: number) => Array.from({ length: rows }, (_, i) => x[i * channels + j]);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const mean = Array.from({ length: channels }, (_, j) => sum(column(j)) / rows);
  const variance = mean.map((m, j) => sum(column(j).map((value) => (value - m) ** 2)) / rows);
  const y = x.map((value, i) => {
    const j = i % channels, own = (value - mean[j]) / Math.sqrt(variance[j] + EPSILON) * scale[j] + shift[j];
    return added ? own + addend[i] : own;
  });
  return [relu ? y.map((value) => value < 0 ? 0 : value) : y, mean, variance];
}

/** What the loss Σ w y + Σ u mean + Σ v variance weighs with. */
export const weightsOf = ({ rows, channels }: Case) => [wave(rows * channels, 4), wave(channels, 5), wave(channels, 6)];
const loss = (results: number[][], weights: number[][]) =>
  results.flat().reduce((sum, value, i) => sum + value * weights.flat()[i], 0);

/** The gradients of the loss in every input, by central differences. */
export function finiteDifferences(inputs: Arrays, test: Case): Arrays {
  const weights = weightsOf(test), step = 1e-5;
  return Object.fromEntries(
    Object.entries(inputs).map(([name, values]) => [
      name,
      values.map((_, i) => {
        const moved = (by: number) => {
          const at = { ...inputs, [name]: values.map((value, k) => k === i ? value + by : value) };
          return loss(exact(at, test), weights);
        };
        return (moved(step) - moved(-step)) / (2 * step);
      }),
    ]),
  ) as Arrays;
}

/** The gradients of the loss in closed form (Ioffe & Szegedy 2015, section 3). */
export function closedGradients(inputs: Arrays, test: Case): Arrays {
  const { rows, channels, relu, added } = test, [y, mean, variance] = exact(inputs, test), [w, u, v] = weightsOf(test);
  const dz = w.map((weight, i) => relu && y[i] <= 0 ? 0 : weight), shift = mean.map(() => 0), scale = mean.map(() => 0);
  const centred = inputs.x.map((x, i) => x - mean[i % channels]);
  const normal = centred.map((x, i) => x / Math.sqrt(variance[i % channels] + EPSILON));
  dz.forEach((slope, i) => shift[i % channels] += slope);
  dz.forEach((slope, i) => scale[i % channels] += slope * normal[i]);
  const x = dz.map((slope, i) => {
    const j = i % channels, factor = inputs.scale[j] / Math.sqrt(variance[j] + EPSILON);
    return factor * (slope - shift[j] / rows - normal[i] * scale[j] / rows) + (u[j] + 2 * centred[i] * v[j]) / rows;
  });
  return { x, scale, shift, addend: added ? dz : dz.map(() => 0) };
}
