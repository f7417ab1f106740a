/** Calls of kernels on one, two and three threads, and what has to be equal. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../../runtime/backend.ts";
import type { WorkContext } from "../../../runtime/wasm/context.ts";
import { free, type WasmBackend } from "../../../runtime/wasm/heap.ts";
import { onThreads } from "./on_threads.ts";

await chooseBackend("wasm", { blas: "off", threads: 1 });
export const backend = tf.backend() as unknown as WasmBackend;

export type Call = (context: WorkContext) => Float32Array[];

/** Calls kernels on tensors of these shapes, and gives the numbers of the results. */
export const call = (
  shapes: readonly number[][],
  run: (context: WorkContext, inputs: tf.TensorInfo[]) => tf.TensorInfo | tf.TensorInfo[],
): Call =>
(context) => {
  const inputs = shapes.map((shape, phase) => {
    const x = backend.makeOutput(shape, "float32");
    backend.typedArrayFromHeap(x).set(
      Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(i * 1.37 + phase)),
    );
    return x;
  });
  const results = [run(context, inputs)].flat();
  const numbers = results.map((x) => Float32Array.from(backend.typedArrayFromHeap(x)));
  free(backend, ...inputs, ...results);
  return numbers;
};

/** Work is large from so little on that each call below falls into several tasks; and as if none ever were. */
export const SMALL = 2000;
const NEVER = Infinity;

/** Asserts the same bits for 1, 2 and 3 threads, strict or not, and those of before there were threads unless sums fall into groups. */
export function sameBits(
  calls: Readonly<Record<string, Call>>,
  inGroups: (name: string) => boolean = () => false,
): void {
  const names = Object.keys(calls);
  for (const strict of [false, true]) {
    const results = (threads: number, large: number) =>
      onThreads(backend, strict, { threads, large }, (context) => names.map((name) => calls[name](context)));
    const before = results(1, NEVER), expected = results(1, SMALL);
    names.forEach((name, i) => {
      assert(expected[i].every((x) => x.every(Number.isFinite)), name);
      (inGroups(name) ? assertNotEquals : assertEquals)(expected[i], before[i], name);
    });
    for (const threads of [2, 3]) {
      results(threads, SMALL).forEach((result, i) => assertEquals(result, expected[i], `${names[i]}, ${threads}`));
    }
  }
}
