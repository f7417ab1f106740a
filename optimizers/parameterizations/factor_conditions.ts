/**
 * What one wants to watch of Kronecker factors.
 * @module
 */
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import type { Learned } from "../optimizer.ts";
import { conditionNumber } from "./condition.ts";

const WATCHED = 8; // blocks a side: a condition number takes some milliseconds, and a line of logs should not

/**
 * Of the factors `A/…` and `B/…` the worst condition number (of up to 8 blocks, evenly spaced) and the mean diagonal (1 at the
 * start).
 *
 * @param sizeOf The size of a factor by its name: the last of its blocks may reach beyond.
 */
export async function factorConditions(phi: Tensors, sizeOf: (name: string) => number): Promise<Learned> {
  const learned: Record<string, number> = {};
  for (const side of ["A", "B"]) {
    const factors = Object.entries(phi).filter(([name]) => name.startsWith(`${side}/`));
    if (factors.length === 0) continue;
    const blocks = (await Promise.all(factors.map(([name, factor]) => squareBlocks(factor, sizeOf(name))))).flat();
    const size = blocks.reduce((sum, block) => sum + block.n, 0);
    const watched = blocks.filter((_, i) => i % Math.ceil(blocks.length / WATCHED) === 0);
    learned[`${side} condition`] = Math.max(...watched.map(({ values, n }) => conditionNumber(values, n)));
    learned[`${side} trace/n`] = blocks.reduce((sum, { values, n }) => sum + trace(values, n), 0) / size;
  }
  return learned;
}

/** The diagonal blocks of a factor of size n; of the last one only what lies inside. */
async function squareBlocks(factor: Tensor, n: number): Promise<{ values: ArrayLike<number>; n: number }[]> {
  const values = await factor.data(), size = factor.shape[factor.rank - 1];
  return Array.from({ length: Math.ceil(n / size) }, (_, block) => {
    const whole = values.subarray(block * size * size, (block + 1) * size * size);
    const inside = Math.min(size, n - block * size);
    if (inside === size) return { values: whole, n: size };
    const cut = Float32Array.from(
      { length: inside * inside },
      (_, i) => whole[Math.floor(i / inside) * size + i % inside],
    );
    return { values: cut, n: inside };
  });
}

function trace(values: ArrayLike<number>, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i * n + i];
  return sum;
}
