/**
 * What the host asks of the device: for benchmarks.
 * @module
 */
import { flush, webgpuBackend } from "./backend.ts";
import { shadowed } from "../shadow.ts";

/** What was asked. */
export interface DeviceWork {
  /** Programs that were started, those of replayed captures too. */
  readonly dispatches: number;
  /** Submissions to the queue. */
  readonly submits: number;
}

/**
 * Counts what `run`, such as one step, asks of the WebGPU device. What tfjs has pending before does not count, what is pending at the
 * end is submitted and does. Other backends: nothing of both.
 */
export function countDispatches(run: () => void): DeviceWork {
  const backend = webgpuBackend();
  if (!backend) {
    run();
    return { dispatches: 0, submits: 0 };
  }
  flush(backend);
  let dispatches = 0, submits = 0;
  const { dispatchWorkgroups } = GPUComputePassEncoder.prototype, { submit } = GPUQueue.prototype;
  const pass: Partial<GPUComputePassEncoder> = {
    dispatchWorkgroups(this: GPUComputePassEncoder, ...workgroups) {
      dispatches++;
      dispatchWorkgroups.apply(this, workgroups);
    },
  };
  const queue: Partial<GPUQueue> = {
    submit(this: GPUQueue, commands) {
      submits++;
      submit.call(this, commands);
    },
  };
  shadowed(GPUComputePassEncoder.prototype, pass, () =>
    shadowed(GPUQueue.prototype, queue, () => {
      run();
      flush(backend);
    }));
  return { dispatches, submits };
}
