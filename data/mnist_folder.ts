/**
 * MNIST, Fashion-MNIST and whatever else comes as the same four IDX files.
 * @module
 */
import { basename, join, resolve } from "node:path";
import { UserError } from "../runtime/errors.ts";
import { downloadFolder, readIfThere } from "./folder_file.ts";
import { gunzip } from "./gunzip.ts";
import { type Idx, parseIdx } from "./idx.ts";
import type { Images } from "./images.ts";

const CLASSES = 10;

/** Finds and reads a file under any of the names that it has in the wild. */
async function readIdx(folder: string, part: string, kind: "images-idx3" | "labels-idx1"): Promise<Idx> {
  const names = [`${part}-${kind}-ubyte`, `${part}-${kind.replace("-", ".")}-ubyte`];
  for (const name of names.flatMap((name) => [`${name}.gz`, name])) {
    const bytes = await readIfThere(folder, name);
    if (bytes) return parseIdx(await gunzip(bytes, join(folder, name)), join(folder, name));
  }
  throw wrong(
    folder,
    `lacks ${names[0]}.gz`,
    `\`deno task data mnist\` downloads MNIST into ${downloadFolder("mnist")}`,
  );
}

function wrong(folder: string, problem: string, remedy: string): UserError {
  return new UserError({ argument: "data", value: folder, problem, remedy });
}

/**
 * The training or the test images of a folder such as `datasets/mnist`, whose files are `train-images-idx3-ubyte`,
 * `train-labels-idx1-ubyte`, `t10k-…` (or `train-images.idx3-ubyte` …), gzipped or not.
 *
 * @throws `UserError` naming the folder, the file and the remedy: a missing or damaged file, images and labels that do not
 * belong together, a label above 9
 */
export async function loadIdxFolder(folder: string, part: "train" | "t10k"): Promise<Images> {
  const images = await readIdx(folder, part, "images-idx3");
  const labels = await readIdx(folder, part, "labels-idx1");
  const damaged = (why: string) => wrong(folder, `is damaged: ${why}`, "`deno task data mnist` downloads a good copy");
  if (images.shape.length !== 3) {
    throw damaged(`the ${part} images have the shape [${images.shape}], expected three sizes`);
  }
  if (labels.shape.length !== 1) {
    throw damaged(`the ${part} labels have the shape [${labels.shape}], expected one size`);
  }
  const [size, height, width] = images.shape;
  if (labels.shape[0] !== size) throw damaged(`there are ${size} ${part} images but ${labels.shape[0]} labels`);
  if (size * height * width === 0) throw damaged(`the ${part} images have the shape [${images.shape}]`);
  const high = labels.data.findIndex((label) => label >= CLASSES);
  if (high >= 0) throw damaged(`${part} label ${high} is ${labels.data[high]}, expected 0 to ${CLASSES - 1}`);
  const count = size.toLocaleString("en"), which = part === "train" ? "training" : "test";
  const source = `${count} ${which} images of ${basename(resolve(folder))}`;
  return { pixels: images.data, labels: labels.data, height, width, channels: 1, classes: CLASSES, source };
}
