import { assert, assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../runtime/errors.ts";
import { loadIdxFolder } from "../../data/mnist_folder.ts";
import { gzip, idxFile, inFolder } from "./idx_files.ts";

const images = idxFile([2, 1, 3], [0, 128, 255, 4, 5, 6]), labels = idxFile([2], [9, 0]);
const pixels = new Uint8Array([0, 128, 255, 4, 5, 6]);

Deno.test("loadIdxFolder: finds the files packed or plain and under both spellings", async () => {
  const layouts: Record<string, Uint8Array>[] = [
    { "train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": labels },
    { "train-images-idx3-ubyte.gz": await gzip(images), "train-labels-idx1-ubyte.gz": await gzip(labels) },
    { "train-images.idx3-ubyte": images, "train-labels.idx1-ubyte.gz": await gzip(labels) },
    { "train-images-idx3-ubyte.gz": images, "train-labels-idx1-ubyte": labels }, // unpacked under the packed name
  ];
  for (const layout of layouts) {
    await inFolder(async (folder) => {
      await Deno.mkdir(`${folder}/letters`);
      for (const [name, bytes] of Object.entries(layout)) await Deno.writeFile(`${folder}/letters/${name}`, bytes);
      const loaded = await loadIdxFolder(`${folder}/letters/`, "train");
      assertEquals(loaded, {
        pixels,
        labels: new Uint8Array([9, 0]),
        height: 1,
        width: 3,
        channels: 1,
        classes: 10,
        source: "2 training images of letters",
      });
    });
  }
});

Deno.test("loadIdxFolder: the parts are told apart", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/t10k-images-idx3-ubyte`, images);
    await Deno.writeFile(`${folder}/t10k-labels-idx1-ubyte`, labels);
    assert((await loadIdxFolder(folder, "t10k")).source.startsWith("2 test images of "));
    await assertRejects(() => loadIdxFolder(folder, "train"), UserError, "lacks train-images-idx3-ubyte.gz");
  }));

const WRONG: [string, Record<string, Uint8Array>, string][] = [
  ["no images", { labels }, "lacks train-images-idx3-ubyte.gz; `deno task data mnist`"],
  ["no labels", { images }, "lacks train-labels-idx1-ubyte.gz; `deno task data mnist`"],
  ["fewer labels", { images, labels: idxFile([1], [9]) }, "there are 2 train images but 1 labels"],
  ["labels as images", { images: labels, labels }, "the train images have the shape [2], expected three sizes"],
  ["images as labels", { images, labels: images }, "the train labels have the shape [2,1,3], expected one size"],
  ["no examples", { images: idxFile([0, 28, 28], []), labels: idxFile([0], []) }, "have the shape [0,28,28]"],
  ["a label above 9", { images, labels: idxFile([2], [9, 10]) }, "train label 1 is 10, expected 0 to 9"],
  ["a cut-off file", { images: images.subarray(0, -1), labels }, "train-images-idx3-ubyte is not an IDX file"],
];
for (const [what, files, message] of WRONG) {
  Deno.test(`loadIdxFolder: refuses ${what}`, () =>
    inFolder(async (folder) => {
      if (files.images) await Deno.writeFile(`${folder}/train-images-idx3-ubyte`, files.images);
      if (files.labels) await Deno.writeFile(`${folder}/train-labels-idx1-ubyte`, files.labels);
      const error = await assertRejects(() => loadIdxFolder(folder, "train"), UserError, message);
      assert((error as Error).message.includes(folder));
    }));
}
