import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { countCalls } from "../../bench/dispatch_counter.ts";
import { webgpuTest } from "../runtime/webgpu_test_case.ts";

webgpuTest("countCalls: kernels, and lists of commands of 15 kernels and of the read", async () => {
  const x = tf.ones([8]);
  await x.data();
  const chain = (length: number) => async () => {
    let y: tf.Tensor = tf.clone(x);
    for (let i = 0; i < length; i++) y = tf.tidy(() => tf.sqrt(y));
    await y.data();
  };
  await chain(1)(); // compiles
  assertEquals(await countCalls(chain(1)), { dispatches: 1, submits: 1 });
  assertEquals(await countCalls(chain(20)), { dispatches: 20, submits: 2 });
  assertEquals(await countCalls(() => Promise.resolve()), { dispatches: 0, submits: 0 });
});
