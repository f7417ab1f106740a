/** Blocks: cut and joined again every matrix is itself. */
import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { blocksOf, cut, join } from "../../../optimizers/directions/blocks.ts";
import { chooseBackend } from "../../../runtime/backend.ts";

await chooseBackend("cpu");

const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 16, 17];

Deno.test("cut and join are inverse for all sides and block sizes, and no block is larger or empty", () => {
  for (const rows of sizes) {
    for (const columns of sizes) {
      for (const blockSize of [1, 2, 3, 4, 8, 100]) {
        tf.tidy(() => {
          const blocks = blocksOf([rows, columns], blockSize), { counts, size } = blocks;
          const x = tf.range(1, rows * columns + 1), pieces = cut(x, blocks);
          assertEquals(pieces.shape, [counts[0] * counts[1], ...size]);
          assert(size.every((side) => side <= blockSize));
          assertEquals([...join(pieces, blocks, [rows, columns]).dataSync()], [...x.dataSync()]);
          const sums = tf.sum(pieces, [1, 2]).dataSync();
          assert(sums.every((sum) => sum > 0), `${rows} × ${columns} in ${blockSize}: a block of zeros`);
        });
      }
    }
  }
});

Deno.test("sides are cut as evenly as can be; the first block is the matrix's corner", () => {
  assertEquals(blocksOf([130, 128], 128), { sides: [130, 128], counts: [2, 1], size: [65, 128] });
  tf.tidy(() => {
    const pieces = cut(tf.tensor2d([[1, 2, 3], [4, 5, 6], [7, 8, 9]]), blocksOf([3, 3], 2));
    assertEquals(pieces.arraySync(), [[[1, 2], [4, 5]], [[3, 0], [6, 0]], [[7, 8], [0, 0]], [[9, 0], [0, 0]]]);
  });
});

Deno.test("a convolution's kernel comes back in its own shape", () => {
  tf.tidy(() => {
    const x = tf.reshape(tf.range(0, 120), [3, 2, 4, 5]), blocks = blocksOf([24, 5], 7);
    const back = join(cut(x, blocks), blocks, x.shape);
    assertEquals([back.shape, [...back.dataSync()]], [x.shape, [...x.dataSync()]]);
  });
});
