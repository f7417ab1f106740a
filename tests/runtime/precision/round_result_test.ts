/** Rounding what a kernel has just computed. */
import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { allFinite } from "../../../runtime/all_finite.ts";
import { chooseBackend } from "../../../runtime/backend.ts";
import { ELEMENTWISE } from "../../../runtime/elementwise/elementwise.ts";
import { type ElementwiseAttributes, program } from "../../../runtime/elementwise/program.ts";
import { BF16, F16 } from "../../../runtime/precision/format.ts";
import { roundResult } from "../../../runtime/precision/round_result.ts";
import { everywhere } from "../everywhere.ts";

const asTensor = (info: tf.TensorInfo) => tf.engine().makeTensorFromTensorInfo(info);

/** What a kernel of the current backend returns, outside the engine. */
function compute(name: string, inputs: Record<string, tf.TensorInfo>, attributes: unknown = {}): tf.TensorInfo {
  const backend = tf.backend(), attrs = attributes as tf.NamedAttrMap;
  return [tf.getKernel(name, tf.getBackend()).kernelFunc({ inputs, backend, attrs })].flat()[0];
}

everywhere("roundResult rounds what was computed, in place but for WebGPU, and leaves no data behind", async () => {
  const before = tf.backend().numDataIds(), a = tf.tensor1d([1.2345, 65519, 70000, -0]), b = tf.tensor1d([1, 0, 0, -0]);
  const sum = compute("Add", { a, b }), rounded = roundResult(sum, F16), tensor = asTensor(rounded);
  if (tf.getBackend() !== "webgpu") assert(rounded === sum);
  assertEquals([rounded.shape, rounded.dtype], [[4], "float32"]);
  assertEquals([...await tensor.data()], [2.234375, 65504, Infinity, -0]);
  assertEquals([...await a.data()], [...Float32Array.of(1.2345, 65519, 70000, -0)]);
  tf.dispose([a, b, tensor]);
  assertEquals(tf.backend().numDataIds(), before);
});

everywhere("roundResult leaves aliases, integers and empty results as they are", async () => {
  const x = tf.tensor1d([1.2345]), whole = tf.tensor1d([257], "int32"), none = tf.zeros([0]);
  const others = [
    compute("Identity", { x }),
    compute("Add", { a: whole, b: whole }),
    compute("Add", { a: none, b: none }),
  ];
  for (const other of others) assert(roundResult(other, BF16) === other);
  const tensors = others.map(asTensor);
  assertEquals(await Promise.all([x, ...tensors].map(async (x) => [...await x.data()])), [
    ...[[Math.fround(1.2345)], [Math.fround(1.2345)], [514], []],
  ]);
  tf.dispose([x, whole, none, ...tensors]);
});

everywhere("roundResult rounds what tfjs keeps on the host, and not the array that it was given", async () => {
  const values = Float32Array.of(1.2345, 3), backend = tf.backend();
  const makes = backend as unknown as Record<"makeTensorInfo", (...of: unknown[]) => tf.TensorInfo>;
  if (tf.getBackend() === "wasm") return; // has all of it on its heap
  const given = tf.getBackend() === "cpu" ? [...values] : values; // on cpu a kernel may return a plain list
  const tensor = asTensor(roundResult(makes.makeTensorInfo([2], "float32", given), BF16));
  assertEquals([...await tensor.data()], [1.234375, 3]);
  assertEquals([...values], [Math.fround(1.2345), 3]);
  tensor.dispose();
});

Deno.test("roundResult on wasm: what was known to be finite may have overflowed", async () => {
  for (const strict of [false, true]) {
    await chooseBackend("wasm", { strict });
    for (
      const [value, format, finite] of [[65519, F16, 1], [65520, F16, 0], [3.39e38, BF16, 1], [
        3.4e38,
        BF16,
        0,
      ]] as const
    ) {
      tf.tidy(() => {
        const x = tf.fill([7], value),
          attributes: ElementwiseAttributes = {
            program: program(({ x }) => ({ y: x.mul(1) })),
            shared: [],
            count: 1,
          };
        const y = compute(ELEMENTWISE, { "x.0": x }, attributes), before = asTensor(y);
        assertEquals(allFinite({ before }).dataSync()[0], 1);
        assert(roundResult(y, format) === y);
        assertEquals(allFinite({ before }).dataSync()[0], finite);
      });
    }
  }
});
