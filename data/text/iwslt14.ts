/**
 * Subtitles of TED talks: the German and English texts of the evaluation campaign IWSLT 2014 (Cettolo, Girardi and Federico 2012,
 * "WIT³: web inventory of transcribed and translated talks").
 * @module
 */
import { join } from "node:path";
import { UserError } from "../../runtime/errors.ts";
import { downloadFolder, readIfThere } from "../folder_file.ts";
import { untar } from "../tar.ts";
import { checkCounts, type Corpus, type NamedLines, paired, sizes } from "./corpus.ts";
import { textLines } from "./lines.ts";

/** The archive, as it is published. */
export const IWSLT14_ARCHIVE = "de-en.tgz";

/** How many pairs there are for each use, at least and at most. */
export type PairCounts = Readonly<Record<"train" | "validation" | "test", readonly [least: number, most: number]>>;

/** Of the archive. With the words of another tokenizer there are 160,239, 7,283 and 6,750. */
export const IWSLT14_COUNTS: PairCounts = {
  train: [150_000, 170_000],
  validation: [6_500, 7_500],
  test: [6_600, 6_900],
};

const LANGUAGES = ["de", "en"] as const;
const TESTS = ["TED.dev2010", "TEDX.dev2012", "TED.tst2010", "TED.tst2011", "TED.tst2012"];
const MOST_WORDS = 175, RATIO = 1.5, EVERY = 23;

/**
 * The pairs of a folder such as `datasets/iwslt14` that holds the publisher's archive `de-en.tgz`, from German to English. They are
 * chosen as is usual since Ranzato, Chopra, Auli and Zaremba (2016, https://arxiv.org/abs/1511.06732): of `train.tags.de-en` without
 * what is told of each talk except its title and description, the pairs of 1 to 175 words that are at most 1.5 times as long on one
 * side. Every 23rd of those is to validate. To test are dev2010, dev2012, tst2010, tst2011 and tst2012. A word is a run of letters and
 * digits, or another sign; letters keep their case.
 *
 * @throws `UserError` naming the folder or the file with its line, and the remedy: no archive or a damaged one, a missing file, too few
 * pairs, unequal numbers of lines, an empty line to test on, what is no UTF-8
 */
export async function loadIwslt14(folder: string): Promise<Corpus> {
  const packed = await readIfThere(folder, IWSLT14_ARCHIVE), archive = join(folder, IWSLT14_ARCHIVE);
  if (!packed) {
    const remedy = `\`deno task data iwslt14\` downloads it into ${downloadFolder("iwslt14")}`;
    throw new UserError({ argument: "data", value: folder, problem: `lacks ${IWSLT14_ARCHIVE}`, remedy });
  }
  const corpus = await iwslt14Pairs(packed, archive), { train, validation } = corpus;
  if (validation.source.length > 0) return corpus;
  throw new UserError(
    `${archive} has ${train.source.length} pairs to train on and none to validate on: download it again`,
  );
}

/**
 * The pairs of an archive.
 *
 * @param archive what to call it in errors, such as its path
 */
export async function iwslt14Pairs(packed: Uint8Array, archive: string): Promise<Corpus> {
  const stream = new Blob([packed as Uint8Array<ArrayBuffer>]).stream(),
    files = await untar(stream, packed.length, archive);
  /** Both languages' lines of a file, its name ending with the language. */
  const read = async (start: string, end: string, linesOf: (lines: string[]) => string[]) => {
    const both: NamedLines[] = [];
    for (const language of LANGUAGES) {
      const file = `${start}${language}${end}`, bytes = files.get(file), name = join(archive, file);
      if (!bytes) throw new UserError(`${archive} holds no ${file}: download it again`);
      both.push({ name, lines: linesOf(await textLines(bytes, name)) });
    }
    return [both[0], both[1]] as const;
  };
  const talks = await read("train.tags.de-en.", "", spoken);
  checkCounts(...talks);
  const [de, en] = talks.map(({ lines }) => lines), train = emptyPairs(), validation = emptyPairs();
  for (let i = 0, kept = 0; i < de.length; i++) {
    const words = [wordsOf(de[i]), wordsOf(en[i])], least = Math.min(...words), most = Math.max(...words);
    if (least < 1 || most > MOST_WORDS || most > RATIO * least) continue;
    const part = ++kept % EVERY === 0 ? validation : train;
    part.source.push(de[i]);
    part.target.push(en[i]);
  }
  const test = emptyPairs();
  for (const name of TESTS) {
    const { source, target } = paired(...await read(`IWSLT14.${name}.de-en.`, ".xml", segments));
    test.source.push(...source);
    test.target.push(...target);
  }
  const parts = { train, validation, test };
  return { ...parts, languages: LANGUAGES, about: `TED talks of IWSLT 2014: ${sizes(parts)}` };
}

const emptyPairs = () => ({ source: [] as string[], target: [] as string[] });

const wordsOf = (line: string): number => line.match(/[\p{L}\p{M}\p{N}]+|[^\s\p{L}\p{M}\p{N}]/gu)?.length ?? 0;

/** The lines without those of other tags than titles and descriptions, which lose theirs. */
function spoken(lines: string[]): string[] {
  return lines.map((line) => line.trim().replaceAll(/<\/?(title|description)>/g, "").trim())
    .filter((line) => !/^<\/?[a-z]+[ >]/.test(line));
}

/** The texts of the segments, each of which is a line `<seg id="1"> … </seg>`. */
function segments(lines: string[]): string[] {
  return lines.flatMap((line) => /<seg id="\d+">\s*(.*?)\s*<\/seg>/.exec(line)?.[1] ?? [])
    .map((text) => text.replaceAll(/&(amp|lt|gt|quot|apos);/g, (_, name) => ENTITIES[name]));
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
