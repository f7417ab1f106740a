/**
 * Options. Each is declared once, where it belongs: from the declaration come its flag, its line of help, the check of its value on
 * the command line and in files, and how it is tuned.
 * @module
 */
import { UserError } from "./errors.ts";
import { isFloat32 } from "./float32.ts";
import { named } from "./nearest.ts";

/** What may be chosen. Its name in the table of options is the one that it has in code and in files. */
export interface Option {
  /** Which values it takes. A `switch` is there or not; `texts` may be given several times. */
  readonly kind: keyof Kinds;
  /** The flag's name; the option's with hyphens unless given. */
  readonly flag?: string;
  /** What stands for the value in the help. */
  readonly value?: string;
  /** What it does, in a few words. */
  readonly help: string;
  /** Of a name: those that there are. */
  readonly choices?: Readonly<Record<string, unknown>>;
  /** Of what can be tuned: whether smaller (−1) or larger (1) values take smaller steps. */
  readonly careful?: -1 | 1;
}

/** Options by name, in the order of the help. */
export type Options = Readonly<Record<string, Option>>;

/** The type of each kind's values. */
interface Kinds {
  readonly name: string;
  readonly path: string;
  readonly names: readonly string[];
  readonly texts: readonly string[];
  readonly switch: boolean;
  readonly widths: readonly number[];
  readonly count: number;
  readonly integer: number;
  readonly positive: number;
  readonly nonNegative: number;
  readonly share: number;
  readonly decay: number;
}

/** What was chosen; the rest has defaults. */
export type Chosen<O extends Options> = { readonly [Name in keyof O]?: Kinds[O[Name]["kind"]] };

const isText = (x: unknown): boolean => typeof x === "string" && x !== "";
const isCount = (x: unknown): boolean => Number.isSafeInteger(x) && x as number >= 1;
const all = (test: (x: unknown) => boolean) => (x: unknown): boolean => Array.isArray(x) && x.every(test);
const isNumber = (test: (x: number) => boolean) => (x: unknown): boolean => typeof x === "number" && test(x);

const kinds: Readonly<Record<keyof Kinds, readonly [fits: (x: unknown) => boolean, remedy: string]>> = {
  name: [isText, "give a name"],
  path: [isText, "give a path"],
  names: [all(isText), "give names with one comma between them"],
  texts: [all(isText), "give text"],
  switch: [(x) => typeof x === "boolean", "give true or false"],
  widths: [all(isCount), "give a whole number from 1"],
  count: [isCount, "give a whole number from 1"],
  integer: [(x) => Number.isSafeInteger(x), "give a whole number"],
  positive: [isNumber((x) => isFloat32(x) && x > 0), "give a positive number, such as 0.01"],
  nonNegative: [isNumber((x) => isFloat32(x) && x >= 0), "give a number from 0"],
  share: [isNumber((x) => x > 0 && x < 1), "give a number between 0 and 1"],
  decay: [isNumber((x) => x >= 0 && x < 1), "give a number from 0 to below 1, such as 0.99"],
};

/**
 * Checks the value of an option.
 *
 * @param written The value as the user wrote it.
 * @throws `UserError` unless the option takes it.
 */
export function checkOption(argument: string, { kind, choices }: Option, value: unknown, written = value): void {
  const [fits, remedy] = kinds[kind];
  if (!fits(value)) throw new UserError({ argument, value: written, problem: "cannot be", remedy });
  if (choices) named(argument, value as string, choices);
}

/** The entries of a record that are options of a table. */
export function pickOptions<O extends Options>(table: O, values: object): Chosen<O> {
  const entries = Object.entries(values).filter(([name, value]) => name in table && value !== undefined);
  return Object.fromEntries(entries) as Chosen<O>;
}
