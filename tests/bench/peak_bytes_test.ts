import { assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { peakBytes } from "../../bench/peak_bytes.ts";
import { chooseBackend } from "../../runtime/backend.ts";

Deno.test("peakBytes: the most at a time, beyond what was there; the engine goes on counting", async () => {
  await chooseBackend("cpu");
  const before = tf.memory().numBytes, there = tf.zeros([1000]);
  const peak = await peakBytes(async () => {
    const a = tf.ones([100]), b = tf.ones([50]);
    b.dispose();
    const c = tf.reshape(a, [10, 10]); // no memory of its own
    const d = tf.add(a, 1); // and maybe the scalar for a while
    await d.data();
    tf.dispose([a, c, d]);
  });
  assertEquals(peak, 4 * 201);
  assertEquals(tf.memory().numBytes, before + 4000);
  there.dispose();
  assertEquals(tf.memory().numBytes, before);
  await assertRejects(() => peakBytes(() => Promise.reject(new RangeError("no"))), RangeError);
  tf.ones([5]).dispose();
  assertEquals(tf.memory().numBytes, before);
});
