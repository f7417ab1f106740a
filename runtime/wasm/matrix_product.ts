/**
 * Products of matrices that lie anywhere in the wasm heap, by XNNPACK.
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WasmBackend } from "./heap.ts";

type Product = (...values: (number | Uint8Array)[]) => void;
const products = new WeakMap<object, Product>();

function productOf({ wasm }: WasmBackend): Product {
  let product = products.get(wasm);
  if (product === undefined) {
    const shaped = ["number", "array", "number"];
    product = wasm.cwrap("BatchMatMul", null, [...shaped, ...shaped, "number", "number", "number"]);
    products.set(wasm, product);
  }
  return product;
}

/**
 * A matrix by the id that XNNPACK knows it by. XNNPACK packs the right-hand matrix, which for a batch of 128 takes a third of the
 * product's time, and keeps the packed one by its id alone, whatever shape it had.
 */
export interface View {
  readonly id: number;
  release(): void;
}

/** The `size` numbers of a float32 tensor that follow its first `start`. */
export function view(backend: WasmBackend, tensor: tf.TensorInfo, start: number, size: number): View {
  const { memoryOffset } = backend.dataIdMap.get(tensor.dataId);
  const id = backend.dataIdNextNumber++;
  backend.wasm.tfjs.registerTensor(id, size, memoryOffset + 4 * start);
  return { id, release: () => backend.wasm.tfjs.disposeData(id) };
}

const packedAs = new WeakMap<object, string>();

/**
 * All of a tensor as a right-hand matrix, packed once for as long as the tensor lives: a meta step multiplies by θ and u twice
 * each. Only under the first shape, because tfjs would use that packed matrix for every other one as well, and give wrong
 * numbers; the same data under another shape has an id of its own and is packed each time.
 */
export function packed(backend: WasmBackend, tensor: tf.TensorInfo, inner: number, columns: number): View {
  const shape = `${inner} ${columns}`;
  if (!packedAs.has(tensor.dataId)) packedAs.set(tensor.dataId, shape);
  if (packedAs.get(tensor.dataId) !== shape) return view(backend, tensor, 0, inner * columns);
  return { id: backend.dataIdMap.get(tensor.dataId).id, release: () => {} };
}

/** out ← a b for a `[rows, inner]`, b `[inner, columns]`, row-major and without holes; none of the three sizes is 0. */
export function multiply(
  backend: WasmBackend,
  [a, b, out]: [View, View, View],
  [rows, inner, columns]: [number, number, number],
): void {
  const bytes = (shape: number[]) => new Uint8Array(Int32Array.from(shape).buffer);
  productOf(backend)(a.id, bytes([1, rows, inner]), 3, b.id, bytes([1, inner, columns]), 3, 0, 0, out.id);
}
