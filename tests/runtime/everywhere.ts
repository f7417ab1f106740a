/**
 * Tests that run on every backend.
 */
import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../runtime/backend.ts";
import { webgpuTest } from "./webgpu_test_case.ts";

/** A test on each backend, on wasm in both builds. It may leave no tensor. */
export function everywhere(name: string, body: () => Promise<void>): void {
  const leavesNothing = async () => {
    const before = tf.memory().numTensors;
    await body();
    assertEquals(tf.memory().numTensors, before);
  };
  for (const [backend, strict] of [["cpu", false], ["wasm", false], ["wasm", true]] as const) {
    Deno.test(`${name}: ${backend}${strict ? ", strict" : ""}`, async () => {
      await chooseBackend(backend, { strict });
      await leavesNothing();
    });
  }
  webgpuTest(`${name}: webgpu`, leavesNothing);
}
