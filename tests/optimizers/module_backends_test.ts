/** Every kind of layer on every backend: loss, buffers, gradients and KFAC's factors in training are those on cpu. */
import { chanceOf } from "../../runtime/chance.ts";
import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { kroneckerFactors, layerPass, trainingMode, type Tree, weightMatrices } from "../../mod.ts";
import { type BackendName, chooseBackend } from "../../runtime/backend.ts";
import { disposeTree, flatten } from "../../runtime/tree.ts";
import { webgpuTest } from "../runtime/webgpu_test_case.ts";
import { tasks } from "./module_tasks.ts";

async function pass(what: string): Promise<Record<string, [shape: number[], values: number[]]>> {
  const before = tf.memory().numTensors, task = tasks[what](), { model } = task.problem;
  const tree = tf.tidy(() => {
    const { params, buffers } = model.init(1), batch = task.batch(0);
    const { uses, outputs, ...rest } = layerPass(task.problem, params, buffers, batch, trainingMode(chanceOf(1, 2)));
    const factors = Object.fromEntries(
      weightMatrices(model).map((
        map,
      ) => [map.name, kroneckerFactors(map, uses[map.name], outputs.shape[0], batch.weights)]),
    );
    return { ...rest, outputs, factors } as never;
  }) as unknown as Tree;
  const all = Object.entries(flatten(tree)).map(async ([path, x]) => [path, [x.shape, [...await x.data()]]] as const);
  const values = Object.fromEntries(await Promise.all(all));
  disposeTree(tree);
  task.dispose();
  assertEquals(tf.memory().numTensors, before);
  return values as Record<string, [number[], number[]]>;
}

async function agrees(backend: BackendName, what: string): Promise<void> {
  await chooseBackend("cpu");
  const expected = await pass(what);
  await chooseBackend(backend);
  const actual = await pass(what);
  assertEquals(Object.keys(actual), Object.keys(expected));
  for (const [path, [shape, values]] of Object.entries(expected)) {
    assertEquals(actual[path][0], shape, path);
    const size = Math.max(1e-3, ...values.map(Math.abs));
    values.forEach((x, i) => {
      const error = Math.abs(actual[path][1][i] - x) / size;
      assert(error <= 1e-4, `${path} ${i}: ${actual[path][1][i]}, on cpu ${x}`);
    });
  }
}

for (const what of Object.keys(tasks)) {
  Deno.test(`wasm: ${what}, as on cpu`, () => agrees("wasm", what));
  webgpuTest(`webgpu: ${what}, as on cpu`, () => agrees("webgpu", what));
}
