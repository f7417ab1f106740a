/** Formulas whose every result is rounded, against tfjs's operations one after another, each of which is rounded. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { chooseBackend } from "../../../runtime/backend.ts";
import { ELEMENTWISE } from "../../../runtime/elementwise/elementwise.ts";
import {
  type ElementwiseAttributes,
  type Formula,
  type Program,
  program,
} from "../../../runtime/elementwise/program.ts";
import { BF16, F16, type Format, formatNamed } from "../../../runtime/precision/format.ts";
import { roundTo } from "../../../runtime/precision/round.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { arithmetic, bits, type Inputs, ordered, wave } from "../formulas.ts";
import { ofBits } from "./formats.ts";
import { webgpuTest } from "../webgpu_test_case.ts";

/** The results for tensors of these shapes: inputs `x`, `y` by tensor, `s` and `r` one number. */
type Compute = (program: Program, shapes: readonly number[][], format?: Format) => Tensor[];

const given = (shape: number[], phase: number): Tensor => tf.tensor(wave(tf.util.sizeFromShape(shape), phase), shape);
const shared = () => ({ s: tf.scalar(0.7), r: tf.tensor1d([1.2345]) });

const fused: Compute = (program, shapes, format) => {
  const own = shapes.flatMap((shape, i) => [[`x.${i}`, given(shape, i)], [`y.${i}`, given(shape, i + 1)]]);
  const attributes: ElementwiseAttributes = { program, shared: ["s", "r"], count: shapes.length, format };
  const inputs = { ...Object.fromEntries(own), ...shared() };
  return tf.engine().runKernel(ELEMENTWISE, inputs, attributes as unknown as tf.NamedAttrMap) as Tensor[];
};

const oneAfterAnother: Compute = ({ instructions, results }, shapes, format) =>
  shapes.flatMap((shape, i) => {
    const inputs: Record<string, Tensor> = { x: given(shape, i), y: given(shape, i + 1), ...shared() };
    const values: Tensor[] = [];
    for (const instruction of instructions) {
      if (instruction.kind === "input") values.push(inputs[instruction.name]);
      else if (instruction.kind === "constant") values.push(tf.scalar(instruction.value));
      else {
        const result = (tf[instruction.operation] as (...of: Tensor[]) => Tensor)(
          ...instruction.operands.map((operand) => values[operand]),
        );
        values.push(result.size > 1 ? roundTo(result, format!) : result);
      }
    }
    return results.map((value) =>
      tf.broadcastTo(tf.reshape(values[value], values[value].size > 1 ? shape : []), shape)
    );
  });

async function shown(compute: Compute, ...of: Parameters<Compute>): Promise<string[][]> {
  const results = tf.tidy(() => compute(...of)), all = await Promise.all(results.map((result) => result.data()));
  tf.dispose(results);
  return all.map((values) => bits(values));
}

const formats = [BF16, F16, ...["e8m23", "e8m1", "e5m2", "e4m23", "e2m1"].map(formatNamed)];

async function isOfRoundedOperations(
  formulas: typeof arithmetic,
  zero: (all: string[][]) => string[][],
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      formulas,
      formulas,
      fc.constantFrom(...formats),
      fc.integer({ min: 1, max: 40 }),
      async (f, g, format, size) => {
        const formula = (inputs: Inputs) => ({
          f: f(inputs).add(inputs.x).mul(inputs.y),
          g: g(inputs),
          h: inputs.r.mul(inputs.s).add(inputs.x), // a product of two single numbers is not rounded
        });
        const of: Parameters<Compute> = [program(formula), [[size], [], [3, 2]], format];
        await chooseBackend("wasm");
        const ours = await shown(fused, ...of);
        await chooseBackend("cpu");
        assertEquals(zero(ours), zero(await shown(oneAfterAnother, ...of)));
      },
    ),
    { numRuns: 200 },
  );
}

Deno.test("a rounded formula on wasm has the bits of cpu's rounded operations", () =>
  isOfRoundedOperations(arithmetic, (all) => all));

Deno.test("a rounded formula on wasm: the smaller and the larger are those of cpu's rounded operations", () =>
  isOfRoundedOperations(ordered, (all) => all.map((values) => values.map((x) => x === "-0" ? "0" : x))));

const adam: Formula<string> = ({ x, y, s, r }) => {
  const m = x.mul(0.9).add(y.mul(1 - 0.9)), v = x.square().mul(0.999).add(y.square().mul(1 - 0.999));
  return {
    m,
    v,
    direction: m.mul(s.mul(r)).div(v.sqrt().add(1e-3)),
    step: x.sub(y).step(),
    low: x.minimum(y).maximum(r),
  };
};

const shapes = [[33, 17], [5], [], [1, 1], [2, 3, 5]];

Deno.test("a rounded formula is computed anew for each format, and for none", async () => {
  await chooseBackend("wasm");
  const compiled = program(adam), all = new Set<string>();
  for (const format of [...formats, formatNamed("e8m7")]) all.add(`${await shown(fused, compiled, shapes, format)}`);
  const plain = await shown(fused, compiled, shapes);
  assertEquals(all.size, formats.length); // e8m7 is bfloat16
  assertEquals(all.has(`${plain}`), true); // with all 23 bits nothing is rounded
});

Deno.test("a rounded formula on wasm keeps NaN of any bits, of tensors and of single numbers", async () => {
  await chooseBackend("wasm");
  const nan = ofBits([0x7fffffff, 0xffffffff, 0x7fbfffff, 0xffbfffff, 0x7fc00000, 0x7f800001, 0x7fffc000]);
  const compiled = program(({ x, s }) => ({ sum: x.add(1), product: x.mul(s), twice: x.mul(s).sub(x).div(x) }));
  for (const format of formats) {
    for (const value of nan) {
      const attributes: ElementwiseAttributes = { program: compiled, shared: ["s"], count: 2, format };
      const given = { "x.0": tf.tensor1d(nan), "x.1": tf.ones([7]), s: tf.tensor1d(Float32Array.of(value)) };
      const results = tf.engine().runKernel(ELEMENTWISE, given, attributes as unknown as tf.NamedAttrMap) as Tensor[];
      const values = results.map((result) => [...result.dataSync()]);
      assertEquals(values, values.map((_, i) => Array(7).fill(i === 3 ? 2 : NaN)), format.name); // 1 + 1 has no NaN in it
      tf.dispose([...Object.values(given), ...results]);
    }
  }
});

webgpuTest(
  "a rounded formula on webgpu has the bits of its rounded operations, and leaves single numbers unrounded",
  async () => {
    const compiled = program(adam);
    for (const format of [BF16, F16, formatNamed("e4m3")]) {
      const expected = await shown(oneAfterAnother, compiled, shapes, format);
      for (const [i, values] of (await shown(fused, compiled, shapes, format)).entries()) {
        if (values.length > 1) assertEquals(values, expected[i], format.name);
        else assertAlmostEquals(Number(values[0]), Number(expected[i][0]), 1e-6); // a shader may round a product and a sum once
      }
    }
  },
);
