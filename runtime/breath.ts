/**
 * A turn for what waits.
 * @module
 */
import { UserError } from "./errors.ts";

const BREATH_MS = 30; // seldom enough to cost nothing, often enough for a progress bar

/**
 * Gives signals, timers and progress bars their turn amidst long work, at most every 30 ms: on cpu and wasm nothing waits, and they
 * would never run.
 *
 * @returns To be called between pieces of the work. @throws The signal's reason where it has aborted.
 * @throws `UserError` for what is no signal.
 */
export function breathing(signal?: AbortSignal): () => Promise<void> {
  checkSignal(signal);
  let breath = performance.now();
  return async () => {
    if (performance.now() - breath > BREATH_MS) {
      await new Promise((resolve) => setTimeout(resolve));
      breath = performance.now();
    }
    signal?.throwIfAborted();
  };
}

/** @throws `UserError` for what is no signal, such as the controller that has it: it would never abort. */
export function checkSignal(signal?: AbortSignal): void {
  if (signal === undefined || signal instanceof AbortSignal) return;
  const remedy = "give the signal of an AbortController, const stop = new AbortController(), stop.signal";
  throw new UserError({ argument: "signal", value: signal, remedy });
}
