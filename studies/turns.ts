/**
 * A few at a time.
 * @module
 */

/** Runs `work` when it is its turn. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>;

/** Turns in the order in which they are asked for, at most `places` at a time. */
export function turns(places: number): Turn {
  let free = places;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}

/** All results, or the first error once everything has ended: no process outlives the command. */
export async function allEnded<T extends readonly unknown[] | []>(
  work: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(work);
  return await Promise.all(work);
}
