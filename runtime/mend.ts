/**
 * Replaces or adds one kernel (an operation of one backend) in tfjs's registry.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** A kernel of ours remembers the one that tfjs came with. */
export interface MendedKernel extends tf.KernelConfig {
  /** tfjs's own kernel; undefined where tfjs had none. */
  readonly original: tf.KernelConfig | undefined;
}

/**
 * Puts `mend(original)` in the place of a kernel, where `original` is tfjs's own also at a second call for the same kernel. Does
 * nothing for a kernel that tfjs does not have.
 */
export function replaceKernel(
  kernelName: string,
  backendName: string,
  mend: (original: tf.KernelFunc) => tf.KernelFunc,
): void {
  const original = originalOf(kernelName, backendName);
  if (original) register({ ...original, kernelFunc: mend(original.kernelFunc), original });
}

/**
 * Registers a kernel where tfjs has none of that name, so that one which tfjs adds later takes precedence. It replaces one that
 * was registered in this way before.
 */
export function addKernel(kernelName: string, backendName: string, kernelFunc: tf.KernelFunc): void {
  const original = originalOf(kernelName, backendName);
  if (original === undefined) register({ kernelName, backendName, kernelFunc, original });
}

/** tfjs's own kernel, also where one of ours stands in its place. */
function originalOf(kernelName: string, backendName: string): tf.KernelConfig | undefined {
  const kernel = tf.getKernel(kernelName, backendName);
  return kernel && "original" in kernel ? (kernel as MendedKernel).original : kernel;
}

function register(kernel: MendedKernel): void {
  const { kernelName, backendName } = kernel;
  if (tf.getKernel(kernelName, backendName)) tf.unregisterKernel(kernelName, backendName); // or tfjs warns of a second one
  tf.registerKernel(kernel);
}
