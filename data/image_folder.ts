/**
 * A folder of images of one's own.
 * @module
 */
import { basename, join, resolve } from "node:path";
import { UserError } from "../runtime/errors.ts";
import { unlessMissing } from "../runtime/files/damaged.ts";
import type { Images } from "./images.ts";

/** What {@linkcode loadImageFolder} gives. */
export interface FolderImages {
  /** Of `FOLDER/train`. */
  readonly train: Images;
  /** Of `FOLDER/test`, where there is one. */
  readonly test?: Images;
  /** The names of the classes, in the order of their numbers. */
  readonly classes: readonly string[];
}

const MOST_CLASSES = 256; // labels are bytes

/**
 * Reads `FOLDER/train/CLASS/*.png` and, where it is there, `FOLDER/test/CLASS/*.png`: the classes are the folders of `FOLDER/train`, in
 * alphabetical order. Names that begin with a dot do not count; links do. All images have the same size; they are grey or in colour, with
 * 8 bits a channel and no transparency. For training give what comes to `images`.
 *
 * @throws `UserError` naming the folder or the file and the remedy: no classes, a folder without images, a file that is no such image or
 * another size
 */
export async function loadImageFolder(folder: string): Promise<FolderImages> {
  const classes = await namesIn(join(folder, "train"), isFolder);
  if (classes.length === 0 || classes.length > MOST_CLASSES) {
    const problem = `has ${classes.length || "no"} folders of classes in its folder train`;
    throw wrong(folder, problem, `give a folder with train/CLASS/*.png, and 1 to ${MOST_CLASSES} classes`);
  }
  const train = await part(folder, "train", classes, classes);
  const tested = await namesIn(join(folder, "test"), isFolder);
  if (tested.length === 0) return { train, classes };
  const other = tested.find((name) => !classes.includes(name));
  if (other !== undefined) {
    throw wrong(folder, `has a class ${other} in its folder test, but not in train`, "give images of it to train on");
  }
  return { train, test: await part(folder, "test", classes, tested, train), classes };
}

const wrong = (folder: string, problem: string, remedy: string): UserError =>
  new UserError({ argument: "folder", value: folder, problem, remedy });

const isFolder = async (path: string): Promise<boolean> => (await Deno.stat(path)).isDirectory; // also by a link

/** Names in alphabetical order, without hidden ones; none for a folder that is not there. */
async function namesIn(folder: string, wanted: (path: string) => boolean | Promise<boolean>): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder)).catch(unlessMissing<Deno.DirEntry[]>([]));
  const names: string[] = []; // what editors and systems leave, such as .ipynb_checkpoints, is no class and no image
  for (const { name } of entries) if (!name.startsWith(".") && await wanted(join(folder, name))) names.push(name);
  return names.sort();
}

/** One image: as many bytes as its size tells. */
type Picture = Pick<Images, "height" | "width" | "channels" | "pixels">;

/**
 * @param present Of which classes there are folders: one or more.
 * @param like Of which size the images have to be. Default: the first one's.
 */
async function part(
  folder: string,
  name: string,
  classes: readonly string[],
  present: readonly string[],
  like?: Picture,
): Promise<Images> {
  const pictures: Picture[] = [], labels: number[] = [];
  for (const of of present) {
    const path = join(folder, name, of), files = await namesIn(path, (file) => /\.png$/i.test(file));
    if (files.length === 0) { // such as one of JPEGs, which would leave its class out
      throw wrong(folder, `has no images in its folder ${join(name, of)}`, `give a folder with ${name}/CLASS/*.png`);
    }
    for (const file of files) {
      const picture = await read(join(path, file));
      like ??= picture;
      if (sizeOf(picture) !== sizeOf(like)) {
        const problem = `has images of different sizes: ${join(name, of, file)} is ${sizeOf(picture)}, others ${
          sizeOf(like)
        }`;
        throw wrong(folder, problem, "bring all of them to one size");
      }
      pictures.push(picture);
      labels.push(classes.indexOf(of));
    }
  }
  const { height, width, channels } = pictures[0], area = height * width * channels;
  const pixels = new Uint8Array(area * pictures.length);
  pictures.forEach((picture, i) => pixels.set(picture.pixels, i * area));
  const which = name === "train" ? "training" : "test";
  const source = `${pictures.length.toLocaleString("en")} ${which} images of ${basename(resolve(folder))}`;
  return { pixels, labels: Uint8Array.from(labels), height, width, channels, classes: classes.length, source };
}

const sizeOf = ({ height, width, channels }: Picture) => `${height} × ${width} × ${channels}`;

async function read(path: string): Promise<Picture> {
  const { decode } = await import("fast-png"); // not before there is an image: importing a task loads little
  const bytes = await Deno.readFile(path);
  const decoded = (() => {
    try {
      return decode(bytes, { checkCrc: true });
    } catch {
      throw new UserError(`${path} is damaged, or no PNG: save it anew, or take it away`);
    }
  })();
  const { data, depth, channels, palette, height, width } = decoded;
  if (!(data instanceof Uint8Array) || depth !== 8 || palette || (channels !== 1 && channels !== 3)) {
    throw new UserError(
      `${path} has ${
        palette ? "a palette" : `${channels} channels of ${depth} bits`
      }: save it as a PNG of 8 bits, grey or in colour, ` +
        "without transparency",
    );
  }
  return { height, width, channels, pixels: data };
}
