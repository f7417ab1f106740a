/**
 * Few lengths in the place of many.
 * @module
 */

/**
 * Each length rounded up to one of at most `count`, which are chosen so that as little as possible is padding.
 *
 * @param lengths Whole numbers from 1.
 */
export function roundedLengths(lengths: readonly number[], count: number): number[] {
  const distinct = [...new Set(lengths)].sort((a, b) => a - b), often = new Map<number, number>();
  for (const length of lengths) often.set(length, (often.get(length) ?? 0) + 1);
  const up = ends(distinct, distinct.map((length) => often.get(length)!), count);
  const rounded = new Map(distinct.map((length) => [length, up.find((end) => end >= length)!]));
  return lengths.map((length) => rounded.get(length)!);
}

/** Where the classes end: by dynamic programming, the least sum of padded lengths of the first j lengths in k classes. */
function ends(distinct: readonly number[], often: readonly number[], count: number): number[] {
  const n = distinct.length, before = [0];
  for (const times of often) before.push(before.at(-1)! + times);
  let best = Array.from({ length: n + 1 }, (_, j) => j === 0 ? 0 : Infinity);
  const from: number[][] = [];
  for (let k = 0; k < Math.min(count, n); k++) {
    const next = new Array<number>(n + 1).fill(Infinity), start = new Array<number>(n + 1).fill(0);
    for (let j = 1; j <= n; j++) {
      for (let i = 0; i < j; i++) {
        const sum = best[i] + (before[j] - before[i]) * distinct[j - 1];
        if (sum < next[j]) [next[j], start[j]] = [sum, i];
      }
    }
    best = next;
    from.push(start);
  }
  const found: number[] = [];
  for (let k = from.length - 1, j = n; k >= 0; j = from[k--][j]) found.unshift(distinct[j - 1]);
  return found;
}
