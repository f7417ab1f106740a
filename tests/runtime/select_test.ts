import { assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../runtime/backend.ts";
import { UserError } from "../../runtime/errors.ts";
import { select } from "../../runtime/select.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { disposeTree, flatten } from "../../runtime/tree.ts";
import { webgpuTest } from "./webgpu_test_case.ts";

const flag = (value: boolean): Tensor => tf.scalar(value, "bool");

/** Of every type, nested, and of a rank that tfjs's WebGPU kernel does not handle. */
const tree = (value: number, count: number) => ({
  weights: tf.fill([2, 3], value) as Tensor,
  state: { count: tf.scalar(count, "int32") as Tensor, mask: tf.tensor1d([count > 0, true], "bool") as Tensor },
  deep: tf.fill([2, 1, 2, 1, 2], value) as Tensor,
});

type Example = ReturnType<typeof tree>;

async function values(of: Example): Promise<unknown[]> {
  const read = async ([name, x]: [string, Tensor]) => [name, x.dtype, x.shape, Array.from(await x.data())];
  return await Promise.all(Object.entries(flatten(of)).map(read));
}

const memory = (): number[] => [tf.memory().numTensors, tf.memory().numBytes, tf.memory().numDataBuffers];

async function choosesWithoutNaN(): Promise<void> {
  const before = memory();
  const good = tree(3, 5), bad = tree(NaN, -5);
  const expected = await values(good);
  // One flag is uploaded, the other computed on the device.
  const yes = flag(true), no = tf.tidy(() => tf.isFinite(tf.sum(bad.weights)));
  for (const result of [select(yes, good, bad), select(no, bad, good)]) {
    assertEquals(await values(result), expected);
    disposeTree(result);
  }
  const nan = select(no, good, bad);
  assertEquals(await values(nan), await values(bad));
  [nan, good, bad, { yes, no }].forEach(disposeTree);
  assertEquals(memory(), before);
}

async function disposesIndependently(): Promise<void> {
  const before = memory();
  const yes = tree(1, 1), no = tree(2, 2), condition = flag(true);
  const expected = await values(yes);
  const first = select(condition, yes, no), second = select(condition, first, no);
  disposeTree(yes); // the originals go first …
  disposeTree(no);
  condition.dispose();
  assertEquals(await values(first), expected);
  disposeTree(first); // … then an alias, under an alias of the alias
  assertEquals(await values(second), expected);
  const third = tf.tidy(() => select(tf.scalar(false, "bool"), second, second)); // both trees the same
  disposeTree(second);
  assertEquals(await values(third), expected);
  disposeTree(third);
  assertEquals(memory(), before);
}

for (const name of ["cpu", "wasm"] as const) {
  Deno.test(`select on ${name} chooses without NaN`, async () => {
    await chooseBackend(name);
    await choosesWithoutNaN();
  });
  Deno.test(`select on ${name}: arguments and results are disposed independently`, async () => {
    await chooseBackend(name);
    await disposesIndependently();
  });
  Deno.test(`select on ${name} makes no copy, and the last to go frees the data`, async () => {
    await chooseBackend(name);
    const condition = flag(false), a = tf.zeros([1000]), b = tf.ones([1000]);
    const { x } = select<{ x: Tensor }>(condition, { x: a }, { x: b });
    assertEquals(x.dataId, b.dataId);
    const references = () => (tf.backend() as tf.KernelBackend).refCount(b.dataId);
    assertEquals(references(), 2);
    b.dispose();
    assertEquals(references(), 1);
    x.dispose();
    assertEquals(references(), 0);
    tf.dispose([condition, a]);
  });
  Deno.test(`select on ${name} without its kernel falls back to tf.where`, async () => {
    await chooseBackend(name);
    const kernel = tf.getKernel("ApoSelect", name);
    tf.unregisterKernel("ApoSelect", name);
    try {
      await choosesWithoutNaN();
      await disposesIndependently();
    } finally {
      tf.registerKernel(kernel);
    }
  });
}

webgpuTest("select on webgpu chooses without NaN", choosesWithoutNaN);
webgpuTest("select on webgpu: arguments and results are disposed independently", disposesIndependently);

Deno.test("select takes data that were made on another backend", async () => {
  await chooseBackend("cpu");
  const yes = tree(1, 1), no = tree(2, 2), condition = flag(false);
  const expected = await values(no);
  await chooseBackend("wasm");
  const result = select(condition, yes, no);
  assertEquals(await values(result), expected);
  [yes, no, result].forEach(disposeTree);
  condition.dispose();
});

Deno.test("select refuses trees that are not alike, and says where", async () => {
  await chooseBackend("cpu");
  const a = { x: tf.zeros([2]) as Tensor, y: tf.scalar(0) as Tensor };
  const refused = (condition: Tensor, b: Record<string, Tensor>, message: string) =>
    assertThrows(() => select<Record<string, Tensor>>(condition, a, b), UserError, message);
  tf.tidy(() => {
    refused(tf.scalar(1), a, "condition is float32 []");
    refused(tf.tensor1d([true, false], "bool"), a, "condition is bool [2]");
    refused(flag(true), { x: a.x }, '"y" is in one tree only');
    refused(flag(true), { ...a, z: a.x }, '"z" is in one tree only');
    refused(flag(true), { ...a, x: tf.zeros([2, 1]) }, '"x" is float32 [2] in one tree and float32 [2,1] in the other');
    refused(flag(true), { ...a, y: tf.scalar(0, "int32") }, '"y" is float32 [] in one tree and int32 [] in the other');
  });
  disposeTree(a);
});
