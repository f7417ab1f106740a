/** Kernels that copy or compare numbers, on wasm: cpu's bits, in both builds. */
import { assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../runtime/backend.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { atLeast } from "../../runtime/wasm/at_least.ts";
import { workContext } from "../../runtime/wasm/context.ts";
import { gather } from "../../runtime/wasm/gather.ts";
import { free, type WasmBackend } from "../../runtime/wasm/heap.ts";
import { oneHot } from "../../runtime/wasm/one_hot.ts";
import { split } from "../../runtime/wasm/split.ts";
import { tile } from "../../runtime/wasm/tile.ts";

/** Different numbers; of type bool ones and zeros. */
function some(shape: number[], dtype: "float32" | "int32" | "bool" = "float32"): Tensor {
  const size = tf.util.sizeFromShape(shape), numbers = Array.from({ length: size }, (_, i) => i * 7 % 23 - 5);
  return tf.tensor(dtype === "bool" ? numbers.map((x) => x % 2 ? 1 : 0) : numbers, shape, dtype);
}

/** Asserts that results are the same to the bit on cpu and in both builds on wasm, and that nothing but they is left. */
async function hasBitsOfCpu(f: () => Tensor[]): Promise<void> {
  const all = [];
  for (const [backend, strict] of [["cpu", false], ["wasm", false], ["wasm", true]] as const) {
    await chooseBackend(backend, { strict });
    const before = tf.memory().numDataBuffers, results = tf.tidy(f);
    all.push(results.map((x) => ({ shape: x.shape, dtype: x.dtype, values: [...x.dataSync()] })));
    tf.dispose(results);
    assertEquals(tf.memory().numDataBuffers, before);
  }
  assertEquals(all[1], all[0]);
  assertEquals(all[2], all[0]);
}

const rows = [[], [0], [1], [3], [4], [5], [8], [2, 3], [31], [4, 8, 5]];

Deno.test("gather of rows of all widths, by lists of all shapes", () =>
  hasBitsOfCpu(() =>
    rows.flatMap((row) =>
      [[[4, 0, 4]], [[1, 1], [0, 3]], [2], []].flatMap((list) =>
        (["float32", "int32"] as const).map((dtype) =>
          tf.gather(some([5, ...row], dtype), tf.tensor(list, undefined, "int32") as tf.Tensor1D)
        )
      )
    ).concat(tf.gather(some([3, 4]), tf.tensor1d([2, 0], "int32"), -2), tf.gather(some([1, 9]), 0))
  ));

Deno.test("gather: a number that no row has is refused, whatever its size", async () => {
  for (const strict of [false, true]) {
    await chooseBackend("wasm", { strict });
    tf.tidy(() => {
      for (const bad of [-1, 3, 2 ** 31 - 1, -(2 ** 31)]) {
        const list = tf.tensor1d([0, bad], "int32");
        assertThrows(() => tf.gather(some([3, 4]), list), Error, `GatherV2: the index value ${bad} is not in [0, 2]`);
      }
    });
  }
});

Deno.test("tile along all axes at once", () =>
  hasBitsOfCpu(() =>
    ([
      [[], []],
      [[1], [70]],
      [[3], [4]],
      [[5], [0]],
      [[0, 2], [3, 2]],
      [[500, 1], [1, 13]],
      [[1, 1, 1], [2, 3, 5]],
      [[2, 3, 4], [1, 1, 1]],
      [[2, 3, 4], [3, 2, 5]],
      [[2, 1, 1, 7], [1, 4, 5, 1]],
      [[2, 1, 3, 1], [2, 4, 1, 6]],
      [[1, 1, 5, 5], [3, 2, 1, 1]],
    ] as const).flatMap(([shape, reps]) =>
      (["float32", "int32", "bool"] as const).map((dtype) => tf.tile(some([...shape], dtype), [...reps]))
    )
  ));

Deno.test("split along every axis, in equal and unequal parts, empty ones included", () =>
  hasBitsOfCpu(() =>
    [0, 1, 2, -1].flatMap((axis) =>
      [2, [1, 5], [4, 0, 2], [6]].flatMap((parts) =>
        (["float32", "int32"] as const).flatMap((dtype) => tf.split(some([6, 6, 6], dtype), parts, axis))
      )
    )
  ));

Deno.test("one-hot rows: fractions, negative numbers, indices outside", () =>
  hasBitsOfCpu(() =>
    ([[0.9, 0.025], [1, 0], [-2.5, 7], [0, 1]] as const).flatMap(([on, off]) =>
      [[1, 0, 2], [-1, 3, 2], []].flatMap((list) => {
        const indices = tf.tensor1d(list, "int32");
        return [
          tf.oneHot(indices, 3, on, off, "float32"),
          tf.oneHot(tf.reshape(indices, [1, -1]), 5, on, off, "float32"),
          tf.oneHot(indices, 3, Math.round(on), Math.round(off), "int32"),
          tf.oneHot(indices, 3, 1, 0, "bool"), // tfjs writes four bytes each, beyond the end
        ];
      })
    )
  ));

Deno.test("numbers compared with one: of all counts, both zeros, NaN and infinity", () =>
  hasBitsOfCpu(() =>
    [0, 1, 5, 15, 16, 17, 40, 67].flatMap((count) =>
      [-0, 0, 0.5, 3, NaN, Infinity].flatMap((least) => {
        const special = [0, -0, NaN, Infinity, -Infinity, 0.5, 3, -7];
        const x = tf.tensor1d(Array.from({ length: count }, (_, i) => special[i * 5 % 8]));
        return [tf.greaterEqual(x, least), tf.greaterEqual(tf.reshape(x, [1, -1]), tf.tensor1d([least]))];
      })
    ).concat(tf.greaterEqual(some([3, 4]), some([4])), tf.greaterEqual(tf.scalar(1), some([1, 1])))
  ));

Deno.test("what the kernels compute themselves, and what they leave to tfjs", async () => {
  await chooseBackend("wasm");
  const backend = tf.backend() as unknown as WasmBackend, context = workContext(backend, true);
  const x = some([4, 6]), whole = some([4, 6], "int32"), indices = tf.tensor1d([1, 0], "int32");
  const one = tf.scalar(1), wholeOne = tf.scalar(1, "int32"), hot = { depth: 3, onValue: 1, offValue: 0 };
  const themselves = [
    gather(context, { x, indices }, { axis: 0, batchDims: 0 }),
    tile(context, { x }, { reps: [2, 1] }),
    split(context, { x }, { numOrSizeSplits: 2, axis: 0 }),
    oneHot(context, { indices }, { ...hot, dtype: "float32" }),
    atLeast(context, { a: x, b: one }),
  ];
  const left = [
    gather(context, { x, indices }, { axis: 1, batchDims: 0 }),
    gather(context, { x, indices }, { axis: 0, batchDims: 1 }),
    tile(context, { x }, { reps: [1.5, 1] }),
    split(context, { x: whole }, { numOrSizeSplits: 2, axis: 0 }),
    atLeast(context, { a: x, b: x }),
    atLeast(context, { a: whole, b: wholeOne }),
  ];
  const made = themselves.map((result) => [result ?? []].flat());
  assertEquals(made.map((tensors) => tensors.length), [1, 1, 2, 1, 1]);
  assertEquals(left.filter((result) => result !== undefined), []);
  free(backend, ...made.flat());
  tf.dispose([x, whole, indices, one, wholeOne]);
});
