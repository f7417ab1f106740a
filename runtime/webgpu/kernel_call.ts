/**
 * How kernels of our own call tfjs's on WebGPU.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** A kernel's arguments. */
export type KernelCall = Parameters<tf.KernelFunc>[0];

/** Runs a registered WebGPU kernel with one output outside tfjs's engine: the caller frees the result. */
export function callKernel(
  name: string,
  { backend }: KernelCall,
  x: tf.TensorInfo,
  attributes: Record<string, unknown>,
): tf.TensorInfo {
  return tf.getKernel(name, "webgpu")!.kernelFunc({
    inputs: { x },
    backend,
    attrs: attributes as tf.NamedAttrMap,
  }) as tf.TensorInfo;
}

/** Gives back a result of {@linkcode callKernel}. */
export function free({ backend }: KernelCall, tensor: tf.TensorInfo): void {
  (backend as { disposeData(dataId: object): boolean }).disposeData(tensor.dataId);
}
