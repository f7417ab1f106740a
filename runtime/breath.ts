/**
 * A turn for what waits.
 * @module
 */

const BREATH_MS = 30; // seldom enough to cost nothing, often enough for a progress bar

/**
 * Gives signals, timers and progress bars their turn amidst long work, at most every 30 ms: on cpu and wasm nothing waits, and they
 * would never run.
 *
 * @returns To be called between pieces of the work. @throws The signal's reason where it has aborted.
 */
export function breathing(signal?: AbortSignal): () => Promise<void> {
  let breath = performance.now();
  return async () => {
    if (performance.now() - breath > BREATH_MS) {
      await new Promise((resolve) => setTimeout(resolve));
      breath = performance.now();
    }
    signal?.throwIfAborted();
  };
}
