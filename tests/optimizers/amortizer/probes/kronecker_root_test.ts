/** The root L of P, layer by layer. */
import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { mlp } from "../../../../models/networks/networks.ts";
import { kroneckerRoot } from "../../../../optimizers/amortizer/probes/kronecker_root.ts";
import { chooseBackend } from "../../../../runtime/backend.ts";
import { chanceOf } from "../../../../runtime/chance.ts";

await chooseBackend("cpu");

Deno.test("kroneckerRoot: whitened is unwhitened's transpose, the metric their product", async () => {
  const model = mlp([5, 4, 3]), root = kroneckerRoot(model, 3);
  let step = 0;
  const probe = () => root.probe(chanceOf(3, step++));
  let phi = root.init(); // moved about, also where the last of two blocks reaches beyond the matrix
  for (let i = 0; i < 4; i++) phi = root.moved(phi, probe(), probe(), 0.4);
  const z = probe(), { params } = model.init(4);
  const inner = (a: Record<string, tf.Tensor>, b: Record<string, tf.Tensor>) =>
    Object.keys(a).reduce((sum, name) => sum + tf.sum(tf.mul(a[name], b[name])).dataSync()[0], 0);
  assertAlmostEquals(inner(root.unwhitened(phi, z), params), inner(z, root.whitened(phi, params)), 1e-4);
  const twice = root.unwhitened(phi, root.whitened(phi, params));
  const once = root.preconditioned(root.metric(phi), params);
  assertEquals(Object.keys(once), Object.keys(params));
  for (const [name, x] of Object.entries(once)) {
    assertLess((await tf.max(tf.abs(tf.sub(x, twice[name]))).data())[0], 1e-4, name);
  }
});

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`kroneckerRoot on ${backend}: a slope that is NaN does not become a step of s`, async () => {
    await chooseBackend(backend);
    const leaves = { "norm1/scale": { shape: [4], role: "scale" } } as const;
    const root = kroneckerRoot({ leaves }, 3), z = { "norm1/scale": tf.ones([4]) };
    const residual = { "norm1/scale": tf.tensor1d([NaN, 0.5, 8, -8]) };
    const moved = root.moved(root.init(), z, residual, 0.1)["s/norm1/scale"];
    assertEquals([...moved.dataSync()], [NaN, 0.95, 0.9, 1.1].map(Math.fround));
    await chooseBackend("cpu");
  });
}
