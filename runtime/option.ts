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
  readonly kind: keyof typeof kinds;
  /** What it does, in a few words. */
  readonly help: string;
  /** The flag's name. Default: the option's, with hyphens. */
  readonly flag?: string;
  /** What stands for the value in the help. Default: what the kind says. */
  readonly value?: string;
  /** Of a number: the smallest. */
  readonly least?: number;
  /** Of a number: the largest. */
  readonly most?: number;
  /** Of a name: those that there are. */
  readonly choices?: Readonly<Record<string, unknown>>;
  /** Of what can be tuned: whether smaller (−1) or larger (1) values take smaller steps. */
  readonly careful?: -1 | 1;
}

/** Options by name, in the order of the help. */
export type Options = Readonly<Record<string, Option>>;

/** What was chosen; the rest has defaults. */
export type Chosen<O extends Options> = {
  readonly [Name in keyof O]?: (typeof kinds)[O[Name]["kind"]] extends Kind<infer T> ? T : never;
};

/** Values of type `T`. */
interface Kind<T> {
  fits(x: unknown): boolean;
  /** What to give. */
  readonly remedy: string;
  /** What stands for a value in the help. */
  readonly value: string;
  readonly type?: T;
}

const kind = <T>(fits: Kind<T>["fits"], remedy: string, value: string): Kind<T> => ({ fits, remedy, value });
const isText = (x: unknown): boolean => typeof x === "string" && x !== "";
const isCount = (x: unknown): boolean => Number.isSafeInteger(x) && x as number >= 1;
const isList = (fits: Kind<unknown>["fits"]) => (x: unknown): boolean => Array.isArray(x) && x.every(fits);
const isNumber = (fits: (x: number) => boolean) => (x: unknown): boolean => typeof x === "number" && fits(x);

const kinds = {
  name: kind<string>(isText, "give a name", "NAME"),
  path: kind<string>(isText, "give a path", "DIR"),
  names: kind<readonly string[]>(isList(isText), "give names with one comma between them", "A,B,…"),
  texts: kind<readonly string[]>(isList(isText), "give text", "TEXT"),
  switch: kind<boolean>((x) => typeof x === "boolean", "give true or false", ""),
  widths: kind<readonly number[]>(isList(isCount), "give a whole number from 1", "N,N,…"),
  count: kind<number>(isCount, "give a whole number from 1", "N"),
  countOrAuto: kind<number | "auto">(
    (x) => x === "auto" || isCount(x),
    "give a whole number from 1, or auto",
    "N|auto",
  ),
  integer: kind<number>((x) => Number.isSafeInteger(x), "give a whole number", "N"),
  positive: kind<number>(isNumber((x) => isFloat32(x) && x > 0), "give a positive number, such as 0.01", "X"),
  nonNegative: kind<number>(isNumber((x) => isFloat32(x) && x >= 0), "give a number from 0", "X"),
  share: kind<number>(isNumber((x) => x > 0 && x < 1), "give a number between 0 and 1", "X"),
  decay: kind<number>(isNumber((x) => x >= 0 && x < 1), "give a number from 0 to below 1, such as 0.99", "DECAY"),
  rate: kind<number>(isNumber((x) => x >= 0 && x < 1), "give a number from 0 to below 1, such as 0.1", "RATE"),
};

/** What stands for an option's value in the help; nothing for a switch. */
export function placeholder({ kind, value = kinds[kind].value }: Option): string {
  return value;
}

/**
 * Checks the value of an option.
 *
 * @param written The value as the user wrote it.
 * @throws `UserError` unless the option takes it.
 */
export function checkOption(argument: string, option: Option, value: unknown, written = value): void {
  const { kind, choices, least = -Infinity, most = Infinity } = option, { fits, remedy } = kinds[kind];
  if (!fits(value)) throw new UserError({ argument, value: written, problem: "cannot be", remedy });
  if (value as number < least) throw new UserError({ argument, value: written, remedy: `give ${least} or more` });
  if (value as number > most) throw new UserError({ argument, value: written, remedy: `give at most ${most}` });
  if (choices) named(argument, value as string, choices);
}

/** The entries of a record that are options of a table. */
export function pickOptions<O extends Options>(table: O, values: object): Chosen<O> {
  const entries = Object.entries(values).filter(([name, value]) => name in table && value !== undefined);
  return Object.fromEntries(entries) as Chosen<O>;
}
