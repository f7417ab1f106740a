/** Dense layers in one pass on wasm: to the bit tfjs's operations, gradients too. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../runtime/backend.ts";
import { type DenseActivation, denseLayer } from "../../runtime/dense_layer.ts";
import type { Tensor } from "../../runtime/tensor.ts";

const wave = (shape: number[], phase: number): Tensor =>
  tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(i * 1.37 + phase)),
    shape,
  );
const functions = {
  linear: (z: Tensor) => z,
  relu: (z: Tensor) => tf.relu(z),
  tanh: (z: Tensor) => tf.tanh(z),
  sigmoid: (z: Tensor) => tf.sigmoid(z),
} as const satisfies Record<DenseActivation, (z: Tensor) => Tensor>;

for (const activation of Object.keys(functions) as DenseActivation[]) {
  Deno.test(`denseLayer, ${activation}: output and gradients have the bits of tfjs's operations`, async () => {
    await chooseBackend("wasm", { blas: "off" });
    for (const [batch, inputs, outputs] of [[1, 1, 1], [3, 5, 4], [7, 4, 9], [64, 30, 33]]) {
      tf.tidy(() => {
        const x = wave([batch, inputs], 0), kernel = wave([inputs, outputs], 1), bias = wave([outputs], 2);
        const dy = wave([batch, outputs], 3);
        const composed = (x: Tensor, kernel: Tensor, bias: Tensor): Tensor =>
          functions[activation](tf.add(tf.matMul(x as tf.Tensor2D, kernel as tf.Tensor2D), bias));
        const fused = (x: Tensor, kernel: Tensor, bias: Tensor) => denseLayer(x, kernel, bias, activation)!;
        const results = [composed, fused].map((layer) => {
          const gradients = tf.grads((x, kernel, bias) => tf.sum(tf.mul(dy, layer(x, kernel, bias))))([
            x,
            kernel,
            bias,
          ]);
          return [layer(x, kernel, bias), ...gradients].map((tensor) => ({
            shape: tensor.shape,
            values: [...tensor.dataSync()],
          }));
        });
        assertEquals(results[1], results[0]);
      });
    }
  });
}

Deno.test("denseLayer: NaN passes, no tensor is left, and inputs of other kinds are left to tfjs", async () => {
  await chooseBackend("wasm");
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const kernel = tf.ones([2, 5]), bias = tf.zeros([5]);
    for (const activation of Object.keys(functions) as DenseActivation[]) {
      const y = denseLayer(tf.tensor2d([[NaN, 1], [1, 1]]), kernel, bias, activation)!;
      const values = [...y.dataSync()];
      assert(values.slice(0, 5).every(Number.isNaN), activation);
      assert(values.slice(5).every(Number.isFinite), activation);
    }
    assertEquals(denseLayer(tf.zeros([2, 2], "int32"), kernel, bias, "relu"), undefined);
    assertEquals(denseLayer(tf.zeros([0, 2]), kernel, bias, "relu"), undefined);
  });
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("denseLayer: a gradient of a gradient is tfjs's", async () => {
  await chooseBackend("wasm");
  const slope = tf.tidy(() => {
    const x = tf.tensor2d([[0.5, -1]]), bias = tf.zeros([1]);
    const layer = (kernel: Tensor) => denseLayer(x, kernel, bias, "linear") ?? tf.matMul(x, kernel as tf.Tensor2D);
    // d/dw Σ (∂/∂w Σ (x w)²) = 2 x Σx
    const inner = (kernel: Tensor) => tf.sum(tf.grad((w) => tf.sum(tf.square(layer(w))))(kernel));
    return [...tf.grad(inner)(tf.tensor2d([[1], [2]])).dataSync()];
  });
  [0.5, -1].forEach((x, i) => assertAlmostEquals(slope[i], 2 * x * -0.5, 1e-6));
});
