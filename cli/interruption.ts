/**
 * Being asked to stop.
 * @module
 */

const SIGNALS: readonly Deno.Signal[] = ["SIGINT", "SIGTERM"]; // Ctrl-C; and what batch systems send before they kill

/** Listens until it is disposed of. */
export interface Interruption extends Disposable {
  /** Aborts, or is aborted, when the work should be saved and end. */
  readonly controller: AbortController;
}

/** Starts listening: from then on a signal aborts instead of ending the process. */
export function interruption(): Interruption {
  const controller = new AbortController(), interrupt = () => controller.abort();
  for (const signal of SIGNALS) Deno.addSignalListener(signal, interrupt);
  return {
    controller,
    [Symbol.dispose]: () => SIGNALS.forEach((signal) => Deno.removeSignalListener(signal, interrupt)),
  };
}
