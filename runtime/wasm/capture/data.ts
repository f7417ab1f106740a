/**
 * Data of tensors that move on the heap: what tfjs's wasm backend keeps of them.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Heap, WasmBackend } from "../heap.ts";

/** What tfjs knows of some data. */
export interface Data {
  /** The number by which tfjs's module knows them. */
  readonly id: number;
  memoryOffset: number;
  readonly shape: number[];
  readonly dtype: tf.DataType;
  /** How many tensors they are the data of. */
  refCount: number;
}

/** More of tfjs's `BackendWasm`. */
export interface MovingBackend extends Omit<WasmBackend, "wasm" | "dataIdMap"> {
  readonly wasm: Heap & {
    readonly HEAPU8: Uint8Array;
    readonly tfjs: { registerTensor(id: number, size: number, address: number): void; disposeData(id: number): void };
  };
  readonly dataIdMap: {
    get(dataId: object): Data;
    has(dataId: object): boolean;
    set(dataId: object, data: Data): void;
    delete(dataId: object): boolean;
  };
  dataIdNextNumber: number;
  write(values: ArrayBufferView | null, shape: number[], dtype: tf.DataType): object;
  readSync(dataId: object, start?: number, end?: number): tf.TypedArray;
  read(dataId: object): Promise<tf.TypedArray>;
}

/** Whether the backend has ended, and the heap with it. */
export function isGone({ wasm }: MovingBackend): boolean {
  return wasm === null;
}

/** Of some data. */
export function bytesOf({ shape, dtype }: Pick<Data, "shape" | "dtype">): number {
  return tf.util.sizeFromShape(shape) * tf.util.bytesPerElement(dtype);
}

/** New data that lie at an address. */
export function created(backend: MovingBackend, address: number, shape: number[], dtype: tf.DataType): object {
  const id = backend.dataIdNextNumber++, dataId = { id };
  backend.dataIdMap.set(dataId, { id, memoryOffset: address, shape, dtype, refCount: 1 });
  backend.wasm.tfjs.registerTensor(id, tf.util.sizeFromShape(shape), address);
  return dataId;
}

/** Forgets data, but not the memory that they lie in. */
export function dropped(backend: MovingBackend, dataId: object): void {
  backend.wasm.tfjs.disposeData(backend.dataIdMap.get(dataId).id);
  backend.dataIdMap.delete(dataId);
}

/** Lets data lie elsewhere. tfjs's module forgets what it has made of them, such as weights in another layout. */
export function moved(backend: MovingBackend, dataId: object, address: number): void {
  backend.dataIdMap.get(dataId).memoryOffset = address;
  changed(backend, dataId);
}

/** Tells tfjs's module that data have changed. */
export function changed(backend: MovingBackend, dataId: object): void {
  const { id, shape, memoryOffset } = backend.dataIdMap.get(dataId), { tfjs } = backend.wasm;
  tfjs.disposeData(id);
  tfjs.registerTensor(id, tf.util.sizeFromShape(shape), memoryOffset);
}

/** The bytes of data, to be looked at at once: the heap may grow. */
export function bytesAt(backend: MovingBackend, dataId: object): Uint8Array {
  const data = backend.dataIdMap.get(dataId);
  return backend.wasm.HEAPU8.subarray(data.memoryOffset, data.memoryOffset + bytesOf(data));
}

/** Memory of its own. */
export function allocated({ wasm }: MovingBackend, bytes: number): number {
  return wasm._malloc(bytes) >>> 0; // emscripten's addresses are signed
}
