/**
 * Command lines: one table of flags for each command, from which come parsing, checking and help.
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { UserError } from "../runtime/errors.ts";
import { isFloat32 } from "../runtime/float32.ts";
import { meant } from "../runtime/nearest.ts";

/** A flag: what values it takes, and its line of help. */
export interface Flag {
  /** `switch` takes none; `texts` may be given several times. */
  readonly kind:
    | "name"
    | "names"
    | "texts"
    | "path"
    | "switch"
    | "count"
    | "positive"
    | "nonNegative"
    | "share"
    | "integer"
    | "widths";
  /** What stands for the value in the help. */
  readonly value?: string;
  /** What it does, in a few words. */
  readonly help: string;
  /** What it is called in code; the flag's name in camel case unless given. */
  readonly argument?: string;
}

/** A command's flags by name, in the order of its help. */
export type Flags = Readonly<Record<string, Flag>>;

/** The value that a flag's kind gives. */
type Value<K extends Flag["kind"]> = K extends "name" | "path" ? string
  : K extends "names" | "texts" ? string[]
  : K extends "switch" ? boolean
  : K extends "widths" ? number[]
  : number;

/** The flags and words that were given, checked one by one. */
export type Given<F extends Flags, Word extends string = never> =
  & { readonly [Name in keyof F]?: Value<F[Name]["kind"]> }
  & { readonly [Name in Word]?: string };

const numbers: Record<string, [test: (x: number) => boolean, remedy: string]> = {
  count: [(x) => Number.isSafeInteger(x) && x >= 1, "give a whole number from 1"],
  integer: [(x) => Number.isSafeInteger(x), "give a whole number"],
  positive: [(x) => isFloat32(x) && x > 0, "give a positive number, such as 0.01"],
  nonNegative: [(x) => isFloat32(x) && x >= 0, "give a number from 0"],
  share: [(x) => x > 0 && x < 1, "give a number between 0 and 1"],
};

/**
 * Parses and checks a command line.
 *
 * @param options `words` names what may stand without a flag, in this order; nothing may unless given.
 * @throws `UserError` for a flag that is unknown (with the nearest), given twice, or with a value that cannot be, and for a word
 * too many.
 */
export function parseFlags<F extends Flags, Word extends string = never>(
  table: F,
  args: readonly string[],
  { words = [] }: { readonly words?: readonly Word[] } = {},
): Given<F, Word> {
  const names = Object.keys(table), isSwitch = (name: string) => table[name].kind === "switch";
  const { flags, others } = sorted(table, args, words.length);
  const parsed = parseArgs(flags, {
    boolean: names.filter(isSwitch),
    string: names.filter((name) => !isSwitch(name)),
  }) as Readonly<Record<string, unknown>>;
  const given: Record<string, unknown> = {};
  for (const name of names) {
    const here = flags.filter((flag) => flag.split("=", 1)[0] === `--${name}`), times = here.length;
    if (times === 0) continue;
    if (table[name].kind === "texts") {
      given[name] = here.map((flag) => valueOf(name, table[name], flag.slice(name.length + 3)));
    } else if (times === 1) given[name] = valueOf(name, table[name], parsed[name]);
    else throw new UserError(`--${name} is given ${times} times; give it once`);
  }
  others.forEach((word, i) => given[words[i]] = word);
  return given as Given<F, Word>;
}

/** Every flag as one word, `--name=value` or `--name` (also a negative number after a space belongs to its flag); and the rest. */
function sorted(table: Flags, args: readonly string[], most: number): { flags: string[]; others: string[] } {
  const flags: string[] = [], others: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i], name = /^--([^=]+)/.exec(word)?.[1];
    if (name === undefined) {
      if (word.startsWith("-") || others.length === most) {
        throw new UserError(`"${word}" is ${most > 0 ? "too much" : "no flag"}; write --flag=value, and see --help`);
      }
      others.push(word);
      continue;
    }
    if (!Object.hasOwn(table, name)) {
      throw new UserError(`${word} is unknown; ${meant(name, Object.keys(table), "see --help", "--")}`);
    }
    const takesValue = table[name].kind !== "switch", hasValue = word.includes("=");
    if (hasValue && !takesValue) throw new UserError(`${word}: --${name} takes no value; write --${name}`);
    const next = args[i + 1];
    if (takesValue && !hasValue && next !== undefined && !next.startsWith("--")) flags.push(`${word}=${args[++i]}`);
    else flags.push(word);
  }
  return { flags, others };
}

function valueOf(name: string, { kind, value: example = "" }: Flag, value: unknown): unknown {
  if (kind === "switch") return value;
  const text = String(value).trim();
  if (text === "") throw new UserError(`--${name} has no value; write --${name}=${example}`);
  if (kind === "name" || kind === "path" || kind === "texts") return text;
  if (kind === "names") {
    const parts = text.split(",").map((part) => part.trim());
    if (parts.includes("")) throw new UserError(`--${name}=${text} cannot be; give names with one comma between them`);
    return parts;
  }
  if (kind === "widths") return text.split(",").map((width) => checked(name, text, width, "count"));
  return checked(name, text, text, kind);
}

function checked(name: string, text: string, number: string, kind: string): number {
  const [test, remedy] = numbers[kind], value = number.trim() === "" ? NaN : Number(number);
  if (!test(value)) throw new UserError(`--${name}=${text} cannot be; ${remedy}`);
  return value;
}

/**
 * An error as a command says it: an argument at fault is spelled as the flag of the table that stands for it.
 *
 * @param words As of {@linkcode parseFlags}: what stands without a flag is spelled in capitals.
 */
export function spelled({ bad, message }: UserError, table: Flags, words: readonly string[] = []): string {
  if (bad === undefined) return message;
  const { argument, value, problem = "cannot be", remedy } = bad;
  const flag = Object.keys(table).find((name) => argumentOf(name, table) === argument);
  const name = flag !== undefined ? `--${flag}` : words.includes(argument) ? argument.toUpperCase() : undefined;
  return name === undefined ? message : `${name}=${value} ${problem}; ${remedy}`;
}

/** What a flag is called in code. */
export function argumentOf(flag: string, table: Flags): string {
  return table[flag].argument ?? flag.replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase());
}

/** The words that {@linkcode parseFlags} makes these values of. */
export function flagWords(given: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(given).filter(([, value]) => value !== undefined && value !== false)
    .map(([name, value]) => value === true ? `--${name}` : `--${name}=${value}`);
}

/** The lines of the help about a table's flags. */
export function flagLines(table: Flags): string {
  const entries = Object.entries(table).map((
    [name, { value, help }],
  ) => [value ? `--${name}=${value}` : `--${name}`, help]);
  const width = Math.max(...entries.map(([flag]) => flag.length)) + 2;
  return entries.map(([flag, help]) => `  ${flag.padEnd(width)}${help}`).join("\n");
}
