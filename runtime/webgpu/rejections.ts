/**
 * Operations that the device rejects. tfjs lets them pass in silence, and the numbers are wrong.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

const rejections = new WeakMap<GPUDevice, string[]>();

function currentDevice(): GPUDevice | undefined {
  return tf.getBackend() === "webgpu" ? (tf.backend() as unknown as { device: GPUDevice }).device : undefined;
}

/** Starts to take note of what the current device rejects. */
export function watchRejections(): void {
  const device = currentDevice();
  if (!device || rejections.has(device)) return;
  const messages: string[] = [];
  rejections.set(device, messages);
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    messages.push((event as GPUUncapturedErrorEvent).error.message);
  });
}

/** @throws an error where the device has rejected an operation since the last call: what was read since may be wrong. */
export function throwRejection(): void {
  const device = currentDevice();
  const messages = device && rejections.get(device)?.splice(0);
  if (messages?.length) throw new Error(`WebGPU rejected an operation, and its results are wrong: ${messages[0]}`);
}
