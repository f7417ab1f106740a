/**
 * Waiting for several runs.
 * @module
 */

/** All results, or the first error once everything has ended: no process outlives the command. */
export async function allEnded<T extends readonly unknown[] | []>(
  work: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(work);
  return await Promise.all(work);
}
