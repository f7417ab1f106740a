import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { encode } from "fast-png";
import { cifar, loadCifar } from "../../data/cifar.ts";
import { cifar10Records } from "../../data/cifar10_sheets.ts";
import type { CifarName } from "../../data/cifar_files.ts";
import { disposeBatch } from "../../data/dataset.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { UserError } from "../../runtime/errors.ts";
import { random } from "../../runtime/random.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { archiveOf, cifarFile } from "./cifar_files.ts";
import { inFolder } from "./idx_files.ts";

const ten = Object.fromEntries(
  [[[6], [9]], [[0]], [[1]], [[2]], [[3]], [[7], [8]]].map((labels, i) => [
    i < 5 ? `data_batch_${i + 1}.bin` : "test_batch.bin",
    cifarFile(labels, i),
  ]),
);
const hundred = { "train.bin": cifarFile([[19, 99], [0, 1]], 7), "test.bin": cifarFile([[4, 30]], 8) };
type Files = Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
const bytesOf = (files: typeof ten): Files =>
  Object.fromEntries(Object.entries(files).map(([name, { bytes }]) => [name, bytes]));

async function write(folder: string, files: Files): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) await Deno.writeFile(`${folder}/${name}`, bytes);
}

Deno.test("loadCifar: the publisher's files, or the archive of them: the same images, each pixel's channels together", async () => {
  const cases: [CifarName, Files, string][] = [
    ["cifar10", bytesOf(ten), "cifar-10-binary.tar.gz"],
    ["cifar100", bytesOf(hundred), "cifar-100-binary.tar.gz"],
  ];
  for (const [name, files, archive] of cases) {
    for (const layout of [files, { [archive]: await archiveOf(files) }]) {
      await inFolder(async (folder) => {
        await write(folder, layout);
        const { train, test, source } = await loadCifar(folder, name);
        const of = name === "cifar10" ? ten : hundred, last = Object.keys(of).length - 1;
        const pixels = Object.values(of).map(({ pixels }) => pixels);
        assertEquals(Array.from(train.pixels), pixels.slice(0, last).flat());
        assertEquals(Array.from(test.pixels), pixels[last]);
        assertEquals(
          [Array.from(train.labels), Array.from(test.labels), train.classes],
          name === "cifar10" ? [[6, 9, 0, 1, 2, 3], [7, 8], 10] : [[99, 1], [30], 100], // of 100: not the groups
        );
        assertEquals([train.height, train.width, train.channels], [32, 32, 3]);
        const counts = name === "cifar10" ? ["6", "2", "CIFAR-10"] : ["2", "1", "CIFAR-100"];
        assertEquals(source, `${counts[0]} training images of ${counts[2]}, ${counts[1]} test images of ${counts[2]}`);
      });
    }
  }
});

Deno.test("loadCifar: what is missing or damaged is named, with the command that brings it", async () => {
  const files = bytesOf(ten), packed = await archiveOf(files), { "data_batch_3.bin": third, ...lacking } = files;
  const archive = "cifar-10-binary.tar.gz", spoilt = { ...files, "test_batch.bin": third.slice(0, 3072) };
  const cases: [Files, string][] = [
    [{}, "has neither data_batch_1.bin nor cifar-10-binary.tar.gz; `deno task data cifar10` downloads"],
    [lacking, "lacks data_batch_3.bin; `deno task data cifar10` downloads"],
    [{ [archive]: await archiveOf(lacking) }, "holds cifar-10-binary.tar.gz, which lacks data_batch_3.bin; `deno task"],
    [
      spoilt,
      "holds test_batch.bin with 3072 bytes, which are no records of 3073: it is damaged or cut off; `deno task",
    ],
    [{ ...files, "data_batch_2.bin": new Uint8Array(0) }, "holds data_batch_2.bin with 0 bytes"],
    [
      { ...files, "data_batch_1.bin": cifarFile([[9], [10]], 1).bytes },
      "label 1 of data_batch_1.bin is 10, expected 0 to 9",
    ],
    [
      { [archive]: packed.slice(0, -2000) },
      "cifar-10-binary.tar.gz is a damaged or cut-off archive: download it again",
    ],
    [{ [archive]: packed.slice(3) }, "cifar-10-binary.tar.gz is a damaged or cut-off archive"],
  ];
  for (const [files, message] of cases) {
    await inFolder(async (folder) => {
      await write(folder, files);
      const error = await assertRejects(() => loadCifar(folder, "cifar10"), UserError, message);
      assert((error as Error).message.includes(folder));
    });
  }
  await assertRejects(
    () => loadCifar("/nowhere", "cifar100"),
    UserError,
    "data=/nowhere has neither train.bin nor cifar-100-",
  );
  await assertRejects(() => loadCifar("deno.json", "cifar10"), UserError, "data=deno.json is a file; give a folder");
});

Deno.test("cifar: normalized by the usual numbers; only images to train on change, and only by chance", () =>
  inFolder(async (folder) => {
    await chooseBackend("cpu");
    await write(folder, bytesOf(ten));
    const { train, test = train } = await cifar(folder, "cifar10");
    const values = (part: typeof train, byChance: boolean): number[] => {
      const batch = part.batch([1], byChance ? random(0, "crop") : undefined), x = batch.inputs.x as Tensor;
      const numbers = Array.from(x.dataSync());
      disposeBatch(batch);
      return numbers;
    };
    const [red, green, blue] = ten["data_batch_1.bin"].pixels.slice(3072), [r, g, b] = values(train, false);
    assertAlmostEquals(r, (red / 255 - 0.4914) / 0.2470, 1e-6);
    assertAlmostEquals(g, (green / 255 - 0.4822) / 0.2435, 1e-6);
    assertAlmostEquals(b, (blue / 255 - 0.4465) / 0.2616, 1e-6);
    assertNotEquals(values(train, true), values(train, false));
    assertEquals(values(test, true), values(test, false));
  }));

Deno.test("cifar10Records: a sheet's rows and the labels of its part become the publisher's records", () =>
  inFolder(async (folder) => {
    const second = cifarFile([[5], [3]], 3), tested = cifarFile([[7], [8]], 4);
    const sheet = (pixels: number[], width = 1024) =>
      encode({ width, height: pixels.length / width / 3, data: Uint8Array.from(pixels), channels: 3 });
    await Deno.writeFile(`${folder}/data_batch_2.png`, sheet(second.pixels));
    await Deno.writeFile(`${folder}/test_batch.png`, sheet(tested.pixels));
    await Deno.writeFile(`${folder}/data_batch_1.png`, sheet(second.pixels, 512));
    await Deno.writeTextFile(`${folder}/train_lables.json`, "[6,9,5,3]");
    await Deno.writeTextFile(`${folder}/test_lables.json`, "[7,8]");
    assertEquals(await cifar10Records(folder, "data_batch_2.bin"), second.bytes);
    assertEquals(await cifar10Records(folder, "test_batch.bin"), tested.bytes);
    const message = "data_batch_1.png is 512 pixels of 3 channels and 8 bits wide, expected 1024, 3, 8";
    await assertRejects(() => cifar10Records(folder, "data_batch_1.bin"), UserError, message);
  }));
