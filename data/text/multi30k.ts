/**
 * Captions of photographs in two languages (Elliott, Frank, Sima'an and Specia 2016, https://arxiv.org/abs/1605.00459).
 * @module
 */
import { downloadFolder } from "../folder_file.ts";
import { type Corpus, sizes } from "./corpus.ts";
import { readParts } from "./text_folder.ts";

/**
 * The pairs of a folder such as `datasets/multi30k` with the publisher's files, gzipped or not: `train.de train.en val.de val.en
 * test_2016_flickr.de test_2016_flickr.en`, from German to English.
 *
 * @throws `UserError` naming the folder or the file with its line, and the remedy: a missing file, unequal numbers of lines, an empty
 * line, damaged gzip, what is no UTF-8
 */
export async function loadMulti30k(folder: string): Promise<Corpus> {
  const languages = ["de", "en"] as const, names = { train: "train", validation: "val", test: "test_2016_flickr" };
  const remedy = `\`deno task data multi30k\` downloads it into ${downloadFolder("multi30k")}`;
  const parts = await readParts(folder, languages, names, remedy);
  return { ...parts, languages, about: `captions of Multi30k: ${sizes(parts)} (test_2016_flickr)` };
}
