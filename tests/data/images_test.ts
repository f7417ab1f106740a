import { assert, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../../runtime/errors.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { classification, type Images, reconstruction, take } from "../../data/images.ts";

const images: Images = {
  pixels: new Uint8Array([0, 1, 2, 3, 4, 5, 255, 254, 253, 51, 102, 204, 9, 8, 7, 6, 5, 4]),
  labels: new Uint8Array([2, 0, 1]),
  height: 2,
  width: 3,
  channels: 1,
  classes: 3,
  source: "made up",
};
const NO_LEAK = { numTensors: 0 };
function leftOver(test: () => void): { numTensors: number } {
  const before = tf.memory().numTensors;
  test();
  return { numTensors: tf.memory().numTensors - before };
}

Deno.test("take: copies images and labels in the given order", () => {
  const taken = take(images, [2, 0, 2]);
  assertEquals(taken.labels, new Uint8Array([1, 2, 1]));
  assertEquals(taken.pixels, new Uint8Array([9, 8, 7, 6, 5, 4, 0, 1, 2, 3, 4, 5, 9, 8, 7, 6, 5, 4]));
  assertEquals([taken.height, taken.width, taken.classes], [2, 3, 3]);
  taken.pixels.fill(0);
  assertEquals(images.pixels[12], 9);
  assertEquals(take(images, []).labels.length, 0);
});

Deno.test("classification: pixels / 255 and int32 labels, owned by the caller", () => {
  const leak = leftOver(() => {
    const data = classification(images);
    assertEquals(data.size, 3);
    const { inputs, targets } = data.batch(new Uint32Array([1, 0]));
    const x = inputs.x as Tensor;
    assertEquals([x.shape, x.dtype], [[2, 6], "float32"]);
    const expected = [255, 254, 253, 51, 102, 204, 0, 1, 2, 3, 4, 5].map((pixel) => Math.fround(pixel / 255));
    assertEquals(Array.from(x.dataSync()), expected);
    assertEquals([targets.shape, targets.dtype], [[2], "int32"]);
    assertEquals(Array.from(targets.dataSync()), [0, 2]);
    x.dispose();
    targets.dispose();
  });
  assertEquals(leak, NO_LEAK);
});

Deno.test("reconstruction: targets equal the inputs and are disposed on their own", () => {
  const leak = leftOver(() => {
    const { inputs, targets } = reconstruction(images).batch([0, 2]);
    const x = inputs.x as Tensor;
    assert(x !== targets);
    assertEquals([targets.shape, targets.dtype], [[2, 6], "float32"]);
    const values = x.dataSync().slice();
    x.dispose();
    assertEquals(targets.dataSync(), values);
    targets.dispose();
  });
  assertEquals(leak, NO_LEAK);
});

// An index outside would otherwise read `undefined` and train on NaN.
Deno.test("images: an index that is none is refused", () => {
  for (const index of [-1, 3, 0.5, NaN]) {
    const message = `indices[1] is ${index}: there are 3 examples, 0 to 2`;
    assertThrows(() => take(images, [0, index]), UserError, message);
    assertThrows(() => classification(images).batch([0, index]), UserError, message);
    assertThrows(() => reconstruction(images).batch([0, index]), UserError, message);
  }
});
