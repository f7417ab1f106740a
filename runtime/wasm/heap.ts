/**
 * The part of tfjs's wasm backend that kernels of our own use.
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** The memory with its allocator, by emscripten. */
export interface Heap {
  readonly asm: { readonly memory: WebAssembly.Memory };
  /** Called where a kernel cannot go on, before that is thrown. */
  onAbort?: () => void;
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/** tfjs's `BackendWasm`; its declared type hides most of this. */
export interface WasmBackend {
  readonly wasm: Heap;
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

/** Where a tensor's numbers begin. */
export function addressOf({ dataIdMap }: WasmBackend, { dataId }: tf.TensorInfo): number {
  return dataIdMap.get(dataId).memoryOffset;
}

/** Memory to work in, which is kept from call to call. */
export class Workspace {
  readonly #heap: Heap;
  #address = 0;
  #size = 0;

  /** Empty, so far. */
  constructor(heap: Heap) {
    this.#heap = heap;
  }

  /** The address of so many bytes, or more, until the next call. */
  take(bytes: number): number {
    if (bytes <= this.#size) return this.#address;
    this.free();
    this.#address = this.#heap._malloc(bytes) >>> 0; // emscripten's addresses are signed
    this.#size = bytes;
    return this.#address;
  }

  /** The addresses of parts of so many bytes, until the next call of either. */
  split(sizes: readonly number[]): number[] {
    const rounded = sizes.map((bytes) => 16 * Math.ceil(bytes / 16));
    let at = 16 * Math.ceil(this.take(rounded.reduce((sum, bytes) => sum + bytes, 16)) / 16);
    return rounded.map((bytes) => (at += bytes) - bytes);
  }

  /** Gives the memory back; {@linkcode take} takes new memory. */
  free(): void {
    if (this.#size > 0) this.#heap._free(this.#address);
    this.#size = 0;
  }
}
