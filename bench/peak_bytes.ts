/**
 * How much memory tensors need.
 * @module
 */
import { watchedBytes } from "../runtime/watched_bytes.ts";

/** The most bytes that the data of tensors took at a time while `run` ran, beyond those from before. */
export async function peakBytes(run: () => Promise<unknown>): Promise<number> {
  using watched = watchedBytes();
  await run();
  return watched.peak;
}
