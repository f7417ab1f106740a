import { assert, assertEquals, assertLess, assertStringIncludes, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { type BackendName, chooseBackend } from "../../runtime/backend.ts";
import { ELEMENTWISE, elementwise } from "../../runtime/elementwise/elementwise.ts";
import type { Formula } from "../../runtime/elementwise/program.ts";
import { UserError } from "../../runtime/errors.ts";
import type { Tensors } from "../../runtime/tensor.ts";
import { arithmetic, bits, type Inputs, ordered, wave } from "./formulas.ts";
import { webgpuTest } from "./webgpu_test_case.ts";

/** The same by tfjs's own operations, which it falls back to inside a gradient. */
function byOperations<Output extends string>(formula: Formula<Output>, inputs: Record<string, Tensors | tf.Tensor>) {
  const kernel = tf.getKernel(ELEMENTWISE, tf.getBackend())!;
  tf.unregisterKernel(ELEMENTWISE, tf.getBackend());
  try {
    return elementwise(formula)(inputs);
  } finally {
    tf.registerKernel(kernel);
  }
}

async function isOfOperations(formulas: typeof arithmetic, shown: (values: ArrayLike<number>) => unknown) {
  await chooseBackend("wasm");
  fc.assert(
    fc.property(formulas, formulas, fc.integer({ min: 0, max: 40 }), (f, g, size) => {
      tf.tidy(() => {
        const inputs = {
          x: { a: tf.tensor1d(wave(size, 0)) },
          y: { a: tf.tensor1d(wave(size, 1)) },
          s: tf.scalar(0.7),
        };
        // at least one array has to be among the inputs
        const formula = (given: Inputs) => ({
          f: f(given).add(given.x),
          g: g(given).mul(given.y),
          h: f(given).add(given.x),
        });
        const fused = elementwise(formula)(inputs), plain = byOperations(formula, inputs);
        for (const output of ["f", "g", "h"] as const) {
          assertEquals(shown(fused[output].a.dataSync()), shown(plain[output].a.dataSync()));
        }
      });
    }),
    { numRuns: 300 },
  );
}

Deno.test("elementwise on wasm: any formula, any size, gives the bits of tfjs's operations", () =>
  isOfOperations(arithmetic, bits));

Deno.test("elementwise on wasm: the smaller and the larger of numbers are those of tfjs's operations", () =>
  isOfOperations(ordered, (values) => Array.from(values, (x) => x + 0)));

Deno.test("elementwise: step is 1 above 0, else 0, on each backend", async () => {
  for (const backend of ["cpu", "wasm"] as const) {
    await chooseBackend(backend);
    const x = tf.tensor1d([1e-40, 2, Infinity, 0, -0, -1, -Infinity]);
    const { y } = elementwise(({ x }) => ({ y: x.step() }))({ x: { x } });
    assertEquals([...y.x.dataSync()], [1, 1, 1, 0, 0, 0, 0]);
  }
});

async function smallerAndLarger(backend: "cpu" | "wasm" | "webgpu") {
  await chooseBackend(backend);
  const x = tf.tensor1d([-1e30, -2, 0, 0.5, 1, 3, 1e30]); // shaders may take infinities for finite
  const { low, high } = elementwise(({ x }) => ({ low: x.minimum(0.5), high: x.maximum(0.5) }))({ x: { x } });
  assertEquals([...await low.x.data()], Array.from(Float32Array.of(-1e30, -2, 0, 0.5, 0.5, 0.5, 0.5)));
  assertEquals([...await high.x.data()], Array.from(Float32Array.of(0.5, 0.5, 0.5, 0.5, 1, 3, 1e30)));
}

Deno.test("elementwise: the smaller and the larger of two, on each backend", async () => {
  for (const backend of ["cpu", "wasm"] as const) await smallerAndLarger(backend);
});

Deno.test("elementwise: constants that JSON takes for equal are not", async () => {
  for (const backend of ["cpu", "wasm"] as const) {
    await chooseBackend(backend);
    const { low, high } = elementwise(({ x }) => ({ low: x.div(0), high: x.div(-0) }))({
      x: { x: tf.tensor1d([2]) },
    });
    assertEquals([...low.x.dataSync(), ...high.x.dataSync()], [Infinity, -Infinity]);
  }
});

Deno.test("elementwise: a constant that a shader cannot hold is refused", () => {
  for (const value of [NaN, Infinity, -Infinity, 1e39]) {
    const { message } = assertThrows(() => elementwise(({ x }) => ({ y: x.add(value) })), UserError);
    assertStringIncludes(message, `${value}`);
  }
});

Deno.test("elementwise on wasm: of very many formulas the oldest are forgotten, and compiled again when used", async () => {
  await chooseBackend("wasm");
  const x = tf.tensor1d([1, 2]), plus = (value: number) => elementwise(({ x }) => ({ y: x.add(value) }));
  const first = plus(0.5), last = plus(0.25);
  const sum = (formula: typeof first) => tf.tidy(() => [...formula({ x: { x } }).y.x.dataSync()]);
  assertEquals(sum(first), [1.5, 2.5]);
  for (let value = 0; value < 600; value++) assertEquals(sum(plus(value)), [1 + value, 2 + value]);
  assertEquals(sum(last), [1.25, 2.25]);
  const { Module } = WebAssembly;
  let modules = 0;
  WebAssembly.Module = class extends Module {
    constructor(bytes: BufferSource) {
      super(bytes);
      modules++;
    }
  };
  try {
    assertEquals(sum(last), [1.25, 2.25]);
    assertEquals(modules, 0);
    assertEquals(sum(first), [1.5, 2.5]);
    assertEquals(modules, 1);
  } finally {
    WebAssembly.Module = Module;
    x.dispose();
  }
});

webgpuTest("elementwise on webgpu: the smaller and the larger of two", () => smallerAndLarger("webgpu"));

const adam = ({ mean, square, gradient, scale, offset }: Inputs) => {
  const m = mean.mul(0.9).add(gradient.mul(1 - 0.9)), v = square.mul(0.999).add(gradient.square().mul(1 - 0.999));
  return { mean: m, square: v, direction: m.mul(scale).div(v.sqrt().add(offset)) };
};
const shapes = { kernel: [33, 129], bias: [129], scalar: [], nothing: [0, 3], cube: [2, 3, 5] };
const tensors = (phase: number): Tensors =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      tf.tensor(wave(tf.util.sizeFromShape(shape), phase).map(Math.abs), shape),
    ]),
  );

async function isAdam(backend: BackendName): Promise<void> {
  await chooseBackend(backend);
  const inputs = {
    mean: tensors(0),
    square: tensors(1),
    gradient: tensors(2),
    scale: tf.scalar(1.5),
    offset: tf.tensor1d([1e-3]),
  };
  const before = tf.memory().numTensors;
  const outputs = tf.tidy(() => elementwise(adam)(inputs));
  assertEquals(tf.memory().numTensors - before, 3 * Object.keys(shapes).length);
  for (const [name, shape] of Object.entries(shapes)) {
    const [mean, square, gradient] = await Promise.all(
      [inputs.mean, inputs.square, inputs.gradient].map((tree) => tree[name].data()),
    );
    const direction = await outputs.direction[name].data();
    assertEquals(outputs.direction[name].shape, shape);
    direction.forEach((d, i) => {
      const m = 0.9 * mean[i] + 0.1 * gradient[i], v = 0.999 * square[i] + 0.001 * gradient[i] ** 2;
      assertLess(Math.abs(d - m * 1.5 / (Math.sqrt(v) + 1e-3)), 1e-4 * Math.abs(d) + 1e-6);
    });
  }
  tf.dispose([outputs, inputs]);
}

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`elementwise on ${backend} is the formula, for tensors of every shape, and leaks nothing`, () =>
    isAdam(backend));
}
webgpuTest(
  "elementwise on webgpu is the formula, for tensors of every shape, and leaks nothing",
  () => isAdam("webgpu"),
);

Deno.test("elementwise has gradients: inside one it is tfjs's operations", async () => {
  await chooseBackend("wasm");
  const cube = elementwise(({ x, s }) => ({ y: x.square().mul(x).mul(s) }));
  const slope = tf.grad((x: tf.Tensor) => tf.sum(cube({ x: { a: x }, s: tf.scalar(2) }).y.a));
  assertEquals([...slope(tf.tensor1d([1, 2])).dataSync()], [6, 24]);
});

Deno.test("elementwise: one value under two names is one tensor", async () => {
  await chooseBackend("wasm");
  const { next, direction } = elementwise(({ x }) => {
    const next = x.add(1);
    return { next, direction: next };
  })({ x: { a: tf.scalar(1) } });
  assert(next.a === direction.a);
});

Deno.test("elementwise: what does not fit is named", () => {
  const f = elementwise(({ x, y }) => ({ z: x.add(y) }));
  const a = tf.tensor1d([1, 2]), b = tf.tensor1d([1, 2, 3]);
  const wrong: [inputs: Record<string, Tensors | tf.Tensor>, ...needed: string[]][] = [
    [{ x: { a } }, '"y" is not given'],
    [{ x: { a }, y: b }, '"y" is one tensor of shape [3]'],
    [{ x: { a }, y: { a: b } }, '"a" has shape [2] in "x" and [3] in "y"'],
    [{ x: { a }, y: { b } }, '"a"', 'missing in "y"'],
    [{ x: tf.scalar(1), y: tf.scalar(1) }, "every input is one number"],
  ];
  for (const [inputs, ...needed] of wrong) {
    const { message } = assertThrows(() => f(inputs), UserError);
    for (const word of needed) assertStringIncludes(message, word);
  }
});

async function activationGradients(backend: BackendName): Promise<void> {
  await chooseBackend(backend);
  const points = [-3, -0.5, -1e-3, 0, 1e-3, 0.7, 4], sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const derivatives: [f: (x: tf.Tensor) => tf.Tensor, (x: number) => number][] = [
    [tf.relu, (x) => x > 0 ? 1 : 0],
    [tf.sigmoid, (x) => sigmoid(x) * sigmoid(-x)],
    [tf.tanh, (x) => 1 - Math.tanh(x) ** 2],
  ];
  for (const [f, derivative] of derivatives) {
    const slope = tf.grad((x: tf.Tensor) => tf.sum(tf.mul(f(x), [1, 2, 3, 4, 5, 6, 7])))(tf.tensor1d(points));
    (await slope.data()).forEach((value, i) =>
      assertLess(Math.abs(value - (i + 1) * derivative(points[i])), 1e-5, `${f.name} at ${points[i]}`)
    );
  }
}
for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`activations' gradients on ${backend} are their closed forms`, () => activationGradients(backend));
}
webgpuTest("activations' gradients on webgpu are their closed forms", () => activationGradients("webgpu"));
