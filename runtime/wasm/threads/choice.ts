/**
 * How many threads compute.
 * @module
 */
import { UserError } from "../../errors.ts";

/** How many one can ask for. */
export const MOST_THREADS = 256;

const MOST_BY_ITSELF = 16;

/**
 * The number of threads that is wanted.
 *
 * @param threads A whole number, or `"auto"`: as many as the machine has cores, 16 at most.
 * @param cores Those that there are.
 * @throws `UserError` for any other value.
 */
export function chooseThreads(
  threads: number | "auto",
  cores: number = globalThis.navigator?.hardwareConcurrency || 1,
): number {
  if (threads === "auto") return Math.min(MOST_BY_ITSELF, cores);
  if (Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS) return threads;
  throw new UserError({
    argument: "threads",
    value: threads,
    remedy: `give a whole number from 1 to ${MOST_THREADS}, or auto`,
  });
}

/** A number of threads in words, and why it is not the one that was wanted. */
export function threadsText(threads: number, wanted: number): string {
  const text = `${threads} thread${threads === 1 ? "" : "s"}`;
  return threads === wanted ? text : `${text}, as threads cannot share memory here`;
}
