/**
 * The images of CIFAR-10 and CIFAR-100 (Krizhevsky 2009).
 * @module
 */
import { join } from "node:path";
import { UserError } from "../runtime/errors.ts";
import { unlessMissing } from "../runtime/files/damaged.ts";
import type { Augmentation } from "./augmentation.ts";
import { CIFAR, CIFAR_BYTES, CIFAR_SIDE, type CifarFiles, type CifarName } from "./cifar_files.ts";
import type { TaskData } from "./dataset.ts";
import { downloadFolder, readIfThere } from "./folder_file.ts";
import { images } from "./image_data.ts";
import type { Images, SplitImages } from "./images.ts";
import type { Normalization } from "./normalization.ts";
import { untar } from "./tar.ts";

/** The mean and the deviation of each channel of the training images, as they are usually given. */
const NORMALIZATION: Readonly<Record<CifarName, Normalization>> = {
  cifar10: { mean: [0.4914, 0.4822, 0.4465], deviation: [0.2470, 0.2435, 0.2616] },
  cifar100: { mean: [0.5071, 0.4865, 0.4409], deviation: [0.2673, 0.2564, 0.2762] },
};
const AUGMENTATION: Augmentation = { pad: 4, flip: true };

/**
 * The data sets of a folder with the images: normalized channel by channel; those to train on are padded, cut and flipped at random.
 *
 * @throws `UserError` as {@linkcode loadCifar} does.
 */
export async function cifar(folder: string, name: CifarName): Promise<TaskData> {
  const { train, test, source } = await loadCifar(folder, name), normalization = NORMALIZATION[name];
  return {
    train: images({ ...train, normalization, augmentation: AUGMENTATION }),
    test: images({ ...test, normalization }),
    source,
  };
}

/**
 * The training and the test images of a folder such as `datasets/cifar10`, which has the publisher's files (`data_batch_1.bin` to
 * `data_batch_5.bin` and `test_batch.bin`, or `train.bin` and `test.bin`), or the archive of them as it was published. The labels of
 * CIFAR-100 are those of its 100 classes.
 *
 * @throws `UserError` naming the folder, the file and the remedy: a missing, short or damaged file, a label that there is no class for
 */
export async function loadCifar(folder: string, name: CifarName): Promise<SplitImages> {
  const kind = CIFAR[name], read = reader(folder, name);
  const part = async (files: readonly string[], which: string): Promise<Images> => {
    const records = new Map<string, Uint8Array>();
    for (const file of files) records.set(file, await read(file));
    return imagesOf(records, kind, which, (problem) => wrong(folder, name, problem));
  };
  const train = await part(kind.train, "training"), test = await part(kind.test, "test");
  return { train, test, source: `${train.source}, ${test.source}` };
}

function wrong(folder: string, name: CifarName, problem: string): UserError {
  const remedy = `\`deno task data ${name}\` downloads ${CIFAR[name].title} into ${downloadFolder(name)}`;
  return new UserError({ argument: "data", value: folder, problem, remedy });
}

/** Reads one file: the folder's own, or where it has none, its archive's. */
function reader(folder: string, name: CifarName): (file: string) => Promise<Uint8Array> {
  const { archive, train: [first] } = CIFAR[name];
  let packed: ReadonlyMap<string, Uint8Array> | undefined;
  return async (file) => {
    const own = packed ? undefined : await readIfThere(folder, file);
    if (own) return own;
    packed ??= await archived(folder, archive);
    const found = packed?.get(file);
    if (found) return found;
    const missing = packed ? `holds ${archive}, which lacks ${file}` : `has neither ${file} nor ${archive}`;
    throw wrong(folder, name, file === first || packed ? missing : `lacks ${file}`);
  };
}

/** The archive's files, read piece by piece: it takes as much memory as what is in it. */
async function archived(folder: string, archive: string): Promise<ReadonlyMap<string, Uint8Array> | undefined> {
  const path = join(folder, archive), file = await Deno.open(path).catch(unlessMissing(undefined));
  return file && await untar(file.readable, (await file.stat()).size, path);
}

/** The images of these files' records, one file after the other, their channels brought together pixel by pixel. */
function imagesOf(
  files: ReadonlyMap<string, Uint8Array>,
  { title, labels: before, classes }: CifarFiles,
  which: string,
  wrong: (problem: string) => UserError,
): Images {
  const record = before + CIFAR_BYTES, plane = CIFAR_SIDE * CIFAR_SIDE;
  for (const [file, { length }] of files) {
    if (length === 0 || length % record) {
      throw wrong(`holds ${file} with ${length} bytes, which are no records of ${record}: it is damaged or cut off`);
    }
  }
  const size = Array.from(files.values()).reduce((sum, { length }) => sum + length / record, 0);
  const pixels = new Uint8Array(size * CIFAR_BYTES), labels = new Uint8Array(size);
  let image = 0, to = 0;
  for (const [file, bytes] of files) {
    for (let start = 0; start < bytes.length; start += record) {
      const label = bytes[start + before - 1];
      if (label >= classes) {
        throw wrong(`is damaged: label ${start / record} of ${file} is ${label}, expected 0 to ${classes - 1}`);
      }
      labels[image++] = label;
      for (let red = start + before, end = red + plane; red < end; red++) {
        pixels[to++] = bytes[red];
        pixels[to++] = bytes[red + plane];
        pixels[to++] = bytes[red + 2 * plane];
      }
    }
  }
  const source = `${size.toLocaleString("en")} ${which} images of ${title}`;
  return { pixels, labels, height: CIFAR_SIDE, width: CIFAR_SIDE, channels: 3, classes, source };
}
