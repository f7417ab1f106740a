/** Look-ups, repetitions, splits and one-hot rows on wasm: cpu's bits, in both builds. */
import { assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../runtime/backend.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { workContext } from "../../runtime/wasm/context.ts";
import { gather } from "../../runtime/wasm/gather.ts";
import type { WasmBackend } from "../../runtime/wasm/heap.ts";
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
        ];
      })
    )
  ));

Deno.test("what the kernels compute themselves, and what they leave to tfjs", async () => {
  await chooseBackend("wasm");
  const context = workContext(tf.backend() as unknown as WasmBackend, true);
  const floats = some([4, 6]), whole = some([4, 6], "int32"), list = tf.tensor1d([1, 0], "int32");
  const results = [
    gather(context, { x: floats, indices: list }, { axis: 0, batchDims: 0 }),
    gather(context, { x: floats, indices: list }, { axis: 1, batchDims: 0 }),
    gather(context, { x: floats, indices: list }, { axis: 0, batchDims: 1 }),
    tile(context, { x: floats }, { reps: [2, 1] }),
    tile(context, { x: floats }, { reps: [1.5, 1] }),
    split(context, { x: floats }, { numOrSizeSplits: 2, axis: 0 })?.[0],
    split(context, { x: whole }, { numOrSizeSplits: 2, axis: 0 })?.[0],
    oneHot(context, { indices: list }, { depth: 3, dtype: "float32", onValue: 1, offValue: 0 }),
    oneHot(context, { indices: list }, { depth: 3, dtype: "int32", onValue: 1, offValue: 0 }),
  ];
  const [, ...others] = [2, 6], none = undefined;
  assertEquals(results.map((x) => x?.shape), [[2, ...others], none, none, [8, 6], none, [2, 6], none, [2, 3], none]);
  tf.dispose([floats, whole, list]);
});
