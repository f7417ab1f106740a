import { assertEquals, assertRejects } from "@std/assert";
import { encode } from "fast-png";
import { loadImageFolder } from "../../data/image_folder.ts";
import { UserError } from "../../runtime/errors.ts";
import { inFolder } from "./idx_files.ts";

/** A picture 2 high and 3 wide whose bytes go on from `first`. */
const picture = (first: number, channels = 3, depth: 8 | 16 = 8) => {
  const length = 6 * channels, numbers = Array.from({ length }, (_, i) => first + i);
  return encode({
    width: 3,
    height: 2,
    channels,
    depth,
    data: depth === 8 ? Uint8Array.from(numbers) : Uint16Array.from(numbers),
  });
};
type Files = Readonly<Record<string, Uint8Array>>;

async function write(folder: string, files: Files): Promise<void> {
  for (const [path, bytes] of Object.entries(files)) {
    await Deno.mkdir(`${folder}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
    await Deno.writeFile(`${folder}/${path}`, bytes);
  }
}
const own: Files = {
  "train/dogs/b.png": picture(50),
  "train/cats/1.PNG": picture(10),
  "train/dogs/a.png": picture(30),
  "train/dogs/notes.txt": new Uint8Array(3),
  "test/dogs/a.png": picture(70),
};
const bytes = (...firsts: number[]) =>
  Uint8Array.from(firsts.flatMap((first) => Array.from({ length: 18 }, (_, i) => first + i)));

Deno.test("loadImageFolder: a folder for each class, to train on and to test on", () =>
  inFolder(async (folder) => {
    await write(`${folder}/pets`, own);
    const { train, test, classes } = await loadImageFolder(`${folder}/pets`);
    const size = { height: 2, width: 3, channels: 3, classes: 2 };
    assertEquals(classes, ["cats", "dogs"]);
    assertEquals(train, {
      ...size,
      pixels: bytes(10, 30, 50),
      labels: new Uint8Array([0, 1, 1]),
      source: "3 training images of pets",
    });
    assertEquals(test, { ...size, pixels: bytes(70), labels: new Uint8Array([1]), source: "1 test images of pets" });
    await Deno.remove(`${folder}/pets/test`, { recursive: true });
    assertEquals((await loadImageFolder(`${folder}/pets`)).test, undefined);
  }));

Deno.test("loadImageFolder: links count, hidden files and folders do not", () =>
  inFolder(async (folder) => {
    await write(folder, {
      "elsewhere/birds/a.png": picture(90),
      "elsewhere/b.png": picture(110),
      "pets/train/cats/a.png": picture(10),
      "pets/train/cats/._a.png": new Uint8Array(4),
      "pets/train/.ipynb_checkpoints/a-checkpoint.png": picture(0),
    });
    await Deno.symlink(`${folder}/elsewhere/birds`, `${folder}/pets/train/birds`);
    await Deno.symlink(`${folder}/elsewhere/b.png`, `${folder}/pets/train/cats/b.png`);
    const { train, classes } = await loadImageFolder(`${folder}/pets`);
    assertEquals(classes, ["birds", "cats"]);
    assertEquals([train.pixels, train.labels], [bytes(90, 10, 110), new Uint8Array([0, 1, 1])]);
  }));

Deno.test("loadImageFolder: grey images have one channel", () =>
  inFolder(async (folder) => {
    await write(folder, { "train/a/1.png": picture(0, 1) });
    assertEquals((await loadImageFolder(folder)).train.channels, 1);
  }));

Deno.test("loadImageFolder: what does not fit is refused by name", async () => {
  const cases: [Files, string][] = [
    [{}, "has no folders of classes in its folder train; give a folder with train/CLASS/*.png"],
    [
      { "train/cats/notes.txt": new Uint8Array(1) },
      "has no images in its folder train/cats; give a folder with train/CLASS/*.png",
    ],
    [{ ...own, "train/birds/a.jpg": picture(0) }, "has no images in its folder train/birds"],
    [{ ...own, "test/cats/a.jpg": picture(0) }, "has no images in its folder test/cats"],
    [
      { ...own, "test/dogs/a.png": picture(0, 1) },
      "test/dogs/a.png is 2 × 3 × 1, others 2 × 3 × 3; bring all of them to one size",
    ],
    [{ ...own, "test/birds/a.png": picture(0) }, "has a class birds in its folder test, but not in train"],
    [{ ...own, "train/cats/2.png": new Uint8Array(30) }, "train/cats/2.png is damaged, or no PNG"],
    [{ ...own, "train/cats/2.png": picture(0).with(60, 1).subarray(0, 70) }, "train/cats/2.png is damaged, or no PNG"],
    [
      { ...own, "train/cats/2.png": picture(0, 4) },
      "train/cats/2.png has 4 channels of 8 bits: save it as a PNG of 8 bits",
    ],
    [{ ...own, "train/cats/2.png": picture(0, 3, 16) }, "train/cats/2.png has 3 channels of 16 bits"],
  ];
  for (const [files, message] of cases) {
    await inFolder(async (folder) => {
      await write(folder, files);
      await assertRejects(() => loadImageFolder(folder), UserError, message);
    });
  }
});
