/**
 * How often a computation calls the GPU.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** Calls of the GPU. */
export interface Calls {
  /** Kernels started. */
  readonly dispatches: number;
  /** Lists of commands handed over. */
  readonly submits: number;
}

/** What of tfjs's WebGPU backend every kernel goes through. */
interface Backend {
  recordAndSubmit: (...args: unknown[]) => unknown;
  readonly queue: { submit(commands: unknown): void };
}

/** Counts the calls while `run` runs on the webgpu backend. */
export async function countCalls(run: () => Promise<unknown>): Promise<Calls> {
  const backend = tf.backend() as unknown as Backend, { queue } = backend;
  const record = backend.recordAndSubmit, submit = queue.submit;
  let dispatches = 0, submits = 0;
  backend.recordAndSubmit = function (...args) {
    dispatches++;
    return record.apply(this, args);
  };
  queue.submit = function (commands) {
    submits++;
    return submit.call(this, commands);
  };
  try {
    await run();
    return { dispatches, submits };
  } finally {
    backend.recordAndSubmit = record;
    queue.submit = submit;
  }
}
