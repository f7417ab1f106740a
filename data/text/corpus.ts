/**
 * Texts in two languages, line by line.
 * @module
 */
import { UserError } from "../../runtime/errors.ts";

/** Lines and their translations. */
export interface Pairs {
  /** The lines to be translated. */
  readonly source: string[];
  /** What each of them means in the other language: as many lines, in the same order. */
  readonly target: string[];
}

/** Pairs for each of a network's uses. */
export interface Corpus {
  /** Pairs to train on, and to learn subwords of. */
  readonly train: Pairs;
  /** Pairs to choose settings by. */
  readonly validation: Pairs;
  /** Pairs that no tuning looks at. */
  readonly test: Pairs;
  /** The languages, such as `de` and `en`. */
  readonly languages: readonly [source: string, target: string];
  /** One line for people: which texts, how many, how they were split. */
  readonly about: string;
}

/** The corpus in the direction that has this language first. @throws `UserError` for a language that it does not have */
export function translatedFrom(language: string | undefined, corpus: Corpus): Corpus {
  const { train, validation, test, languages: [source, target], about } = corpus;
  if (language === undefined || language === source) return corpus;
  if (language !== target) {
    throw new UserError({ argument: "sourceLanguage", value: language, remedy: `give ${source} or ${target}` });
  }
  const turned = ({ source, target }: Pairs): Pairs => ({ source: target, target: source });
  const parts = { train: turned(train), validation: turned(validation), test: turned(test) };
  return { ...parts, languages: [target, source], about };
}

/** The pairs with these numbers, in this order. */
export function chosenPairs({ source, target }: Pairs, indices: Iterable<number>): Pairs {
  const chosen = [...indices];
  return { source: chosen.map((i) => source[i]), target: chosen.map((i) => target[i]) };
}

/** Lines, and what to call them in errors, such as the path of their file. */
export interface NamedLines {
  readonly name: string;
  readonly lines: string[];
}

/**
 * Checks that lines belong together.
 *
 * @throws `UserError` naming file and line: unequal numbers of lines, no lines, an empty line
 */
export function paired(source: NamedLines, target: NamedLines): Pairs {
  checkCounts(source, target);
  for (const { name, lines } of [source, target]) {
    if (lines.length === 0) throw new UserError(`${name} has no lines: give lines of text`);
    const empty = lines.findIndex((line) => line.trim() === "");
    if (empty >= 0) throw new UserError(`${name} is empty in line ${empty + 1}: take that line out of both files`);
  }
  return { source: source.lines, target: target.lines };
}

/** @throws `UserError` naming both files unless they have as many lines. */
export function checkCounts(...files: readonly [NamedLines, NamedLines]): void {
  if (files[0].lines.length === files[1].lines.length) return;
  const counted = files.map(({ name, lines }) =>
    `${name} has ${count(lines.length)} ${lines.length === 1 ? "line" : "lines"}`
  ).join(", and ");
  throw new UserError(`${counted}: give a translation, on the same line, of each`);
}

/** `29,000 / 1,014 / 1,000 pairs to train on, validate and test`. */
export function sizes({ train, validation, test }: Pick<Corpus, "train" | "validation" | "test">): string {
  const parts = [train, validation, test].map(({ source }) => count(source.length));
  return `${parts.join(" / ")} pairs to train on, to validate and to test`;
}

const count = (n: number): string => n.toLocaleString("en");
