/** The root L of P, map by map. */
import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { dense } from "../../../../models/layers/dense.ts";
import { residual } from "../../../../models/layers/residual.ts";
import type { Model } from "../../../../models/model.ts";
import { network } from "../../../../models/network.ts";
import { mlp } from "../../../../models/networks/networks.ts";
import { kroneckerRoot } from "../../../../optimizers/amortizer/probes/kronecker_root.ts";
import { chooseBackend } from "../../../../runtime/backend.ts";
import { chanceOf } from "../../../../runtime/chance.ts";
import { mapTensors } from "../../../../runtime/tree.ts";

await chooseBackend("cpu");

/** Two kernels, each with a bias of its own, in one module. */
const branches = () => network(residual(dense({ units: 4 }), dense({ units: 4 })), [5]);

const models: Record<string, () => Model> = { "an MLP": () => mlp([5, 4, 3]), "two kernels in one module": branches };

for (const [what, model] of Object.entries(models)) {
  Deno.test(`kroneckerRoot of ${what}: whitened is unwhitened's transpose, the metric their product`, async () => {
    const root = kroneckerRoot(model(), 3);
    let step = 0;
    const probe = () => root.signs(chanceOf(3, step++));
    let phi = root.init(); // moved about, also where the last of two blocks reaches beyond the matrix
    for (let i = 0; i < 4; i++) phi = root.moved(phi, probe(), probe(), 0.4);
    const z = probe(), { params } = model().init(4);
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
}

Deno.test("kroneckerRoot: the kernels of one module have factors apart, and each its own bias", () => {
  tf.tidy(() => {
    const root = kroneckerRoot(branches(), 100);
    let step = 0;
    const probe = () => root.signs(chanceOf(4, step++));
    assertEquals(root.sizes, { "A/body": 6, "B/body": 4, "A/shortcut": 6, "B/shortcut": 4 });
    const only = (branch: string, x: Record<string, tf.Tensor>) =>
      mapTensors(x, (each, name) => name.startsWith(branch) ? each : tf.zerosLike(each));
    const differs = (a: tf.Tensor, b: tf.Tensor) => tf.any(tf.notEqual(a, b)).dataSync()[0] === 1;
    const phi = root.init(), moved = root.moved(phi, probe(), only("body", probe()), 0.4);
    assertEquals(Object.keys(phi).filter((name) => differs(moved[name], phi[name])), ["A/body", "B/body"]);
    // with A of the body other than I, its bias is mixed with its own kernel's rows, and with nothing of the shortcut's
    const bias = mapTensors(probe(), (x, name) => name === "body/bias" ? x : tf.zerosLike(x));
    const change = root.unwhitened(moved, bias);
    const touched = Object.keys(change).filter((name) => differs(change[name], tf.zerosLike(change[name])));
    assertEquals(touched, ["body/kernel", "body/bias"]);
    const other = mapTensors(probe(), (x, name) => name === "shortcut/bias" ? x : tf.zerosLike(x));
    assert(!differs(root.unwhitened(moved, other)["shortcut/bias"], other["shortcut/bias"])); // its factors are I
  });
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
