/** The memory of wasm, full: refused by name, and nothing is written where there is none. */
import { assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../runtime/backend.ts";
import { UserError } from "../../runtime/errors.ts";
import type { WasmBackend } from "../../runtime/wasm/heap.ts";
import { workContext } from "../../runtime/wasm/context.ts";

await chooseBackend("wasm");
const backend = tf.backend() as unknown as WasmBackend;
const MESSAGE = "the memory of the wasm backend is full: it has ";

/** With so much of the memory taken that a tensor of 256 MiB finds no place; untouched, it costs this process nothing. */
function whenFull(run: () => void): void {
  const taken: tf.TensorInfo[] = [];
  try {
    assertThrows(
      () => {
        while (taken.length < 16) taken.push(backend.makeOutput([2 ** 26], "float32"));
      },
      UserError,
      MESSAGE,
    );
    run();
  } finally {
    for (const { dataId } of taken) backend.disposeData(dataId);
  }
}

Deno.test("wasm: a result, data and memory to work in that do not fit are refused, and what fits goes on", () => {
  const data = new Float32Array(2 ** 26), { workspace } = workContext(backend, false);
  whenFull(() =>
    tf.tidy(() => {
      const x = tf.tensor1d([1, 2]), before = tf.memory().numTensors;
      assertThrows(() => tf.zeros([2 ** 26]), UserError, "GiB, and 4 at most; give smaller batches than now, or");
      assertThrows(() => tf.tensor1d(data), UserError, MESSAGE);
      assertThrows(() => tf.tile(x, [2 ** 25]), UserError, MESSAGE);
      assertThrows(() => workspace.take(2 ** 28), UserError, MESSAGE);
      assertEquals(tf.memory().numTensors, before);
      assertEquals([...tf.add(x, 1).dataSync()], [2, 3]);
    })
  );
  assertEquals(tf.tidy(() => tf.sum(tf.ones([2 ** 22])).dataSync()[0]), 2 ** 22);
});
