/**
 * The part of tfjs's wasm backend that kernels of our own use.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** tfjs's `BackendWasm`; its declared type hides most of this. */
export interface WasmBackend {
  readonly wasm: {
    readonly asm: { readonly memory: WebAssembly.Memory };
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
  readonly dataIdMap: { get(dataId: object): { readonly id: number; readonly memoryOffset: number } };
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array | Int32Array | Uint8Array;
  incRef(dataId: object): void;
  disposeData(dataId: object): boolean;
}

/** Runs a registered wasm kernel with one output outside tfjs's engine: the caller frees the result by {@linkcode free}. */
export function callKernel(
  name: string,
  backend: WasmBackend,
  inputs: Record<string, tf.TensorInfo>,
  attributes: Record<string, unknown> = {},
): tf.TensorInfo {
  const attrs = attributes as tf.NamedAttrMap;
  return tf.getKernel(name, "wasm")!.kernelFunc({ inputs, backend, attrs }) as tf.TensorInfo;
}

/** Gives back what {@linkcode callKernel} and `makeOutput` made. */
export function free(backend: WasmBackend, ...tensors: tf.TensorInfo[]): void {
  for (const { dataId } of tensors) backend.disposeData(dataId);
}

/** The same data with a life of its own: freed when all of its aliases are, as tfjs's `Reshape` does it. */
export function alias(backend: WasmBackend, { dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
  backend.incRef(dataId);
  return { dataId, shape, dtype };
}
