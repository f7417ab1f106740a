/**
 * Command lines: one table of flags for each command, from which come parsing, checking and help.
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import type { Spell } from "../runtime/argument.ts";
import { UserError } from "../runtime/errors.ts";
import { meant } from "../runtime/nearest.ts";
import { checkOption, type Chosen, type Option, type Options, placeholder } from "../runtime/option.ts";

/** The flags and words that were given, checked one by one. */
export type Given<O extends Options, Word extends string = never> = Chosen<O> & { readonly [Name in Word]?: string };

/**
 * Parses and checks a command line.
 *
 * @param options `words` names what may stand without a flag, in this order. Default: nothing.
 * @throws `UserError` for a flag that is unknown (with the nearest), given twice, or with a value that cannot be, and for a word
 * too many.
 */
export function parseFlags<O extends Options, Word extends string = never>(
  table: O,
  args: readonly string[],
  { words = [] }: { readonly words?: readonly Word[] } = {},
): Given<O, Word> {
  const options = Object.entries(table).map(([name, option]) => ({ name, option, flag: flagOf(name, table) }));
  const byFlag = Object.fromEntries(options.map(({ flag, option }) => [flag, option]));
  const { flags, others } = sorted(byFlag, args, words.length);
  const isSwitch = ({ option }: { readonly option: Option }) => option.kind === "switch";
  const parsed = parseArgs(flags, {
    boolean: options.filter(isSwitch).map(({ flag }) => flag),
    string: options.filter((one) => !isSwitch(one)).map(({ flag }) => flag),
  }) as Readonly<Record<string, unknown>>;
  const given: Record<string, unknown> = {};
  for (const { name, option, flag } of options) {
    const here = flags.filter((word) => word.split("=", 1)[0] === `--${flag}`), times = here.length;
    if (times === 0) continue;
    if (option.kind === "texts") given[name] = here.map((word) => valueOf(name, option, word.slice(flag.length + 3)));
    else if (times === 1) given[name] = isSwitch({ option }) ? true : valueOf(name, option, String(parsed[flag]));
    else throw new UserError(`--${flag} is given ${times} times; give it once`);
  }
  others.forEach((word, i) => given[words[i]] = word);
  return given as Given<O, Word>;
}

/** @throws `UserError` with this problem and remedy for a flag that is given besides those. */
export function expectOnly(flags: readonly string[], given: object, table: Options, problem: string): void {
  const other = Object.keys(given).find((name) => !flags.includes(name));
  if (other !== undefined) throw new UserError(`--${flagOf(other, table)} ${problem}`);
}

/** Every flag as one word, `--name=value` or `--name` (also a negative number after a space belongs to its flag); and the rest. */
function sorted(table: Options, args: readonly string[], most: number): { flags: string[]; others: string[] } {
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

function valueOf(name: string, option: Option, text: string): unknown {
  const written = text.trim(), flag = flagOf(name, { [name]: option });
  if (written === "") throw new UserError(`--${flag} has no value; write --${flag}=${placeholder(option)}`);
  const value = valueIn(written, option.kind);
  checkOption(name, option, option.kind === "texts" ? [value] : value, written);
  return value;
}

function valueIn(text: string, kind: Option["kind"]): unknown {
  const parts = () => text.split(",").map((part) => part.trim());
  if (kind === "name" || kind === "path" || kind === "texts") return text;
  if (kind === "countOrAuto" && text === "auto") return text;
  if (kind === "names") return parts();
  return kind === "widths" ? parts().map(numberIn) : numberIn(text);
}

const numberIn = (text: string): number => text === "" ? NaN : Number(text);

/** The flag of an option, without its hyphens: the option's name in kebab case unless it has one of its own. */
export function flagOf(name: string, table: Options): string {
  return table[name].flag ?? name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Values as words of a command line. */
export function flagWords(table: Options, given: object): string[] {
  return Object.entries(given).filter(([, value]) => value !== undefined && value !== false).map(([name, value]) => {
    const flag = `--${flagOf(name, table)}`;
    return value === true ? flag : `${flag}=${value}`;
  });
}

/**
 * An error as a command says it: its arguments are spelled as the flags that stand for them.
 *
 * @param words As of {@linkcode parseFlags}: what stands without a flag is spelled in capitals.
 */
export function spelled(error: UserError, table: Options, words: readonly string[] = []): string {
  const spell = spelling(table, words), what = error.parts(spell);
  const isKnown = (name: string) => Object.hasOwn(table, name) || words.includes(name);
  if (typeof what === "string" || !isKnown(what.argument)) return new UserError(what).message;
  return `${spell(what.argument, `${what.value}`)} ${what.problem ?? "cannot be"}; ${what.remedy}`;
}

/** How a command spells arguments; as in code where it has no flag for them. */
export function spelling(table: Options, words: readonly string[] = []): Spell {
  return (name, value) => {
    if (words.includes(name)) return `${name.toUpperCase()}=${value}`;
    if (!Object.hasOwn(table, name)) return `${name}=${value}`;
    const flag = `--${flagOf(name, table)}`;
    if (table[name].kind !== "switch") return `${flag}=${value}`;
    return value === "true" ? flag : `no ${flag}`;
  };
}

/** The lines of the help about a table's flags. */
export function flagLines(table: Options): string {
  const entries = Object.entries(table).map(([name, option]) => {
    const flag = `--${flagOf(name, table)}`, value = placeholder(option);
    return [value ? `${flag}=${value}` : flag, option.help];
  });
  const width = Math.max(...entries.map(([flag]) => flag.length)) + 2;
  return entries.map(([flag, help]) => `  ${flag.padEnd(width)}${help}`).join("\n");
}
