/** Small files of CIFAR for the tests. */
import { createTarGzip } from "nanotar";
import { CIFAR, CIFAR_BYTES, type CifarName } from "../../data/cifar_files.ts";
import { random } from "../../runtime/random.ts";

/** Records with these labels (each with all that stands before an image) and random pixels, and the pixels as they should be read. */
export function cifarFile(
  labels: readonly (readonly number[])[],
  seed: number,
): { bytes: Uint8Array<ArrayBuffer>; pixels: number[] } {
  const draw = random(seed, "cifar"), bytes: number[] = [], pixels: number[] = [];
  for (const label of labels) {
    const image = Array.from({ length: 32 * 32 }, () => [draw.integer(256), draw.integer(256), draw.integer(256)]);
    bytes.push(...label, ...[0, 1, 2].flatMap((channel) => image.map((pixel) => pixel[channel])));
    pixels.push(...image.flat());
  }
  return { bytes: Uint8Array.from(bytes), pixels };
}

/** A gzipped tar archive with these files in a folder, and a file that is not wanted. */
export async function archiveOf(
  files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const entries = Object.entries(files).map(([name, data]) => ({ name: `batches/${name}`, data }));
  return new Uint8Array(await createTarGzip([{ name: "batches/readme.html", data: "<html>" }, ...entries]));
}

/** Writes files of CIFAR with 16 images each into a folder: the brighter, the larger the label. */
export async function writeCifar(folder: string, name: CifarName): Promise<void> {
  const { train, test, labels: before, classes } = CIFAR[name], draw = random(0, `write ${name}`);
  for (const file of [...train, ...test]) {
    const records = Array.from({ length: 16 }, (_, i) => {
      const label = Math.floor(i * classes / 16), bright = 200 * label / classes;
      const pixels = Array.from({ length: CIFAR_BYTES }, () => Math.floor(bright + draw.integer(40)));
      return [...new Array(before - 1).fill(0), label, ...pixels];
    });
    await Deno.writeFile(`${folder}/${file}`, Uint8Array.from(records.flat()));
  }
}
