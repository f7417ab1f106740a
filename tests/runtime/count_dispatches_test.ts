import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { countDispatches } from "../../runtime/webgpu/count_dispatches.ts";
import { webgpuTest } from "./webgpu_test_case.ts";

webgpuTest("countDispatches: kernels, and lists of commands of 15 kernels and of what is left at the end", async () => {
  const x = tf.ones([8]);
  await x.data();
  const chain = (length: number) => () => {
    let y: tf.Tensor = tf.clone(x);
    for (let i = 0; i < length; i++) y = tf.tidy(() => tf.sqrt(y));
  };
  chain(1)(); // compiles
  assertEquals(countDispatches(chain(1)), { dispatches: 1, submits: 1 });
  assertEquals(countDispatches(chain(20)), { dispatches: 20, submits: 2 });
  assertEquals(countDispatches(() => {}), { dispatches: 0, submits: 0 });
});
