/**
 * Replaces or adds one kernel (an operation of one backend) in tfjs's registry.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** A kernel that was replaced remembers the one that tfjs came with. */
export interface MendedKernel extends tf.KernelConfig {
  /** tfjs's own kernel; absent where tfjs had none. */
  readonly original?: tf.KernelConfig;
}

/**
 * Puts `mend(original)` in the place of a kernel. A second call for the same kernel does nothing, and neither does one for
 * a kernel that tfjs does not have.
 */
export function replaceKernel(
  kernelName: string,
  backendName: string,
  mend: (original: tf.KernelFunc) => tf.KernelFunc,
): void {
  const original: MendedKernel | undefined = tf.getKernel(kernelName, backendName);
  if (original === undefined || original.original !== undefined) return;
  const mended: MendedKernel = { ...original, kernelFunc: mend(original.kernelFunc), original };
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel(mended);
}

/** Registers a kernel where the backend has none of that name, so that one which tfjs adds later takes precedence. */
export function addKernel(kernelName: string, backendName: string, kernelFunc: tf.KernelFunc): void {
  if (tf.getKernel(kernelName, backendName) === undefined) tf.registerKernel({ kernelName, backendName, kernelFunc });
}
