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
 * Part of a tensor under an id of its own. XNNPACK keeps the packed right-hand matrix by its id alone, whatever shape it had:
 * a tensor's own id would give wrong results when the same data are multiplied under two shapes, and would hold
 * a second copy of every weight.
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

/** out ← a b for a `[rows, inner]`, b `[inner, columns]`, row-major and without holes; none of the three sizes is 0. */
export function multiply(
  backend: WasmBackend,
  [a, b, out]: [View, View, View],
  [rows, inner, columns]: [number, number, number],
): void {
  const bytes = (shape: number[]) => new Uint8Array(Int32Array.from(shape).buffer);
  productOf(backend)(a.id, bytes([1, rows, inner]), 3, b.id, bytes([1, inner, columns]), 3, 0, 0, out.id);
}
