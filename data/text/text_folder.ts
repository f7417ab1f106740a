/**
 * Folders of text files in two languages.
 * @module
 */
import { basename, join, resolve } from "node:path";
import { UserError } from "../../runtime/errors.ts";
import { unlessMissing } from "../../runtime/files/damaged.ts";
import { readIfThere } from "../folder_file.ts";
import { type Corpus, type NamedLines, paired, type Pairs, sizes } from "./corpus.ts";
import { textLines } from "./lines.ts";

/** What the files for each use are called, without the languages' endings. */
export type PartNames = Readonly<Record<"train" | "validation" | "test", string>>;

/**
 * Reads a folder with `train.de train.en val.de val.en test.de test.en`, gzipped (`train.de.gz`) or not: a line is a sentence, and its
 * translation stands in the same line of the other file. The endings are the languages; any two will do, and the first by the alphabet
 * is the source.
 *
 * @throws `UserError` naming the folder or the file with its line, and the remedy: a missing file or language, more than two languages,
 * unequal numbers of lines, an empty line, damaged gzip, what is no UTF-8
 */
export async function loadTextFolder(folder: string): Promise<Corpus> {
  const found = await endings(folder), all = found.join(", ");
  if (found.length !== 2) {
    const problem = found.length === 0 ? "has no files train.LANGUAGE" : `has files train.LANGUAGE for ${all}`;
    const remedy = found.length < 2
      ? "give a folder with train, val and test in two languages, such as train.de and train.en"
      : "give a folder with two of them";
    throw new UserError({ argument: "data", value: folder, problem, remedy });
  }
  const languages = [found[0], found[1]] as const;
  const parts = await readParts(folder, languages, { train: "train", validation: "val", test: "test" });
  return { ...parts, languages, about: `${basename(resolve(folder))}: ${sizes(parts)}` };
}

/**
 * The pairs of a folder's files.
 *
 * @param remedy What to do where a file is missing. Default: bring it.
 * @throws `UserError` as {@linkcode loadTextFolder} does.
 */
export async function readParts(
  folder: string,
  [source, target]: Corpus["languages"],
  names: PartNames,
  remedy = "give a folder that has it",
): Promise<Pick<Corpus, "train" | "validation" | "test">> {
  const read = async (file: string): Promise<NamedLines> => {
    for (const name of [file, `${file}.gz`]) {
      const bytes = await readIfThere(folder, name), path = join(folder, name);
      if (bytes) return { name: path, lines: await textLines(bytes, path) };
    }
    throw new UserError({ argument: "data", value: folder, problem: `lacks ${file}`, remedy });
  };
  const pairs = async (name: string): Promise<Pairs> =>
    paired(await read(`${name}.${source}`), await read(`${name}.${target}`));
  return {
    train: await pairs(names.train),
    validation: await pairs(names.validation),
    test: await pairs(names.test),
  };
}

/** The languages that there are files to train on of, in alphabetical order. */
async function endings(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder)).catch(unlessMissing<Deno.DirEntry[]>([]));
  return [...new Set(entries.flatMap(({ name }) => /^train\.([^.]+)(\.gz)?$/.exec(name)?.[1] ?? []))].sort();
}
