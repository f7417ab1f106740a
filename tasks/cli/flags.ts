/**
 * The flags of `deno task train`: one table, from which come parsing, checking and help.
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { closest } from "fastest-levenshtein";
import { UserError } from "../../runtime/errors.ts";

/** A flag: what values it takes, and its line of help. */
export interface Flag {
  /** `switch` takes none. */
  readonly kind: "name" | "path" | "switch" | "count" | "positive" | "nonNegative" | "integer" | "widths";
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly help: string;
}

/** Every flag, in the order of the help. */
export const flags = {
  task: { kind: "name", value: "NAME", help: "what to train on: see --list (default mnist)" },
  model: { kind: "name", value: "NAME", help: "one of the task's models (default its first)" },
  hidden: { kind: "widths", value: "N,N,…", help: "widths of the hidden layers, such as 256,256" },
  activation: { kind: "name", value: "NAME", help: "relu, tanh or sigmoid, of the hidden layers" },
  optimizer: { kind: "name", value: "NAME", help: "see --list (default the task's)" },
  lr: { kind: "positive", value: "RATE", help: "the learning rate; for apo-… where it starts" },
  schedule: { kind: "name", value: "NAME", help: "constant, step, cosine, linear or warmup-linear, for fixed rates" },
  "lambda-fsd": { kind: "nonNegative", value: "X", help: "λ_FSD (default 0.15/(1 − momentum))" },
  "lambda-wsd": { kind: "nonNegative", value: "X", help: "λ_WSD (default 0)" },
  every: { kind: "count", value: "K", help: "a meta step every K steps (default 10)" },
  "meta-steps": { kind: "count", value: "N", help: "meta steps at a time (default 1)" },
  "meta-lr": { kind: "positive", value: "RATE", help: "the meta-optimizer's rate" },
  "meta-optimizer": { kind: "name", value: "NAME", help: "normalized, rmsprop (the paper's), adam or sgd" },
  "meta-batch-size": { kind: "count", value: "N", help: "size of B′ (default as --batch-size)" },
  "block-size": { kind: "count", value: "N", help: "apo-kfac: A and B block-diagonal, blocks up to N (default 64)" },
  "weight-decay": { kind: "nonNegative", value: "X", help: "decoupled weight decay (default 0)" },
  clip: { kind: "positive", value: "NORM", help: "clip the gradient's global norm" },
  steps: { kind: "count", value: "N", help: "how many steps" },
  epochs: { kind: "positive", value: "N", help: "instead of --steps: passes through the training data" },
  "batch-size": { kind: "count", value: "N", help: "examples a step" },
  seed: { kind: "integer", value: "N", help: "of initial weights and order of the data (default 0)" },
  backend: { kind: "name", value: "NAME", help: "auto, webgpu, wasm or cpu (default auto)" },
  data: { kind: "path", value: "DIR", help: "folder with IDX files (or APO_DATA); default 10,000 built-in digits" },
  out: { kind: "path", value: "DIR", help: "folder of the run (default runs/TIME-TASK-OPTIMIZER)" },
  resume: { kind: "path", value: "RUN", help: "go on with a run; --steps may be given anew" },
  "checkpoint-every": { kind: "count", value: "N", help: "steps between checkpoints (default 200)" },
  "log-every": { kind: "count", value: "N", help: "steps between lines of metrics (default 10)" },
  "eval-every": { kind: "count", value: "N", help: "steps between evaluations (default 100)" },
  quiet: { kind: "switch", help: "print errors only" },
  list: { kind: "switch", help: "print tasks, models and optimizers" },
  version: { kind: "switch", help: "print versions" },
  help: { kind: "switch", help: "print this" },
} as const satisfies Record<string, Flag>;

/** A flag's name. */
export type FlagName = keyof typeof flags;

/** The value that a flag's kind gives. */
type Value<K extends Flag["kind"]> = K extends "name" | "path" ? string
  : K extends "switch" ? boolean
  : K extends "widths" ? number[]
  : number;

/** The flags that were given, checked. */
export type Given = { readonly [F in FlagName]?: Value<typeof flags[F]["kind"]> };

const numbers: Record<string, [test: (x: number) => boolean, remedy: string]> = {
  count: [(x) => Number.isSafeInteger(x) && x >= 1, "give a whole number from 1"],
  integer: [(x) => Number.isSafeInteger(x), "give a whole number"],
  positive: [(x) => Number.isFinite(x) && x > 0, "give a positive number, such as 0.01"],
  nonNegative: [(x) => Number.isFinite(x) && x >= 0, "give a number from 0"],
};

/**
 * Parses and checks a command line.
 *
 * @throws `UserError` for a flag that is unknown (with the nearest), given twice, or with a value that cannot be.
 */
export function parseFlags(args: readonly string[]): Given {
  const names = Object.keys(flags) as FlagName[], isSwitch = (name: FlagName) => flags[name].kind === "switch";
  const words = flagWords(args);
  const parsed = parseArgs(words, {
    boolean: names.filter(isSwitch),
    string: names.filter((name) => !isSwitch(name)),
  });
  const given: Record<string, unknown> = {};
  for (const name of names) {
    const times = words.filter((word) => word.split("=", 1)[0] === `--${name}`).length;
    if (times > 1) throw new UserError(`--${name} is given ${times} times; give it once`);
    if (times === 1) given[name] = valueOf(name, parsed[name]);
  }
  return given;
}

/** Every flag as one word, `--name=value` or `--name`; also a negative number after a space belongs to its flag. */
function flagWords(args: readonly string[]): string[] {
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i], name = /^--([^=]+)/.exec(word)?.[1];
    if (name === undefined) throw new UserError(`"${word}" is no flag; write --flag=value, and see --help`);
    if (!Object.hasOwn(flags, name)) {
      throw new UserError(`--${name} is unknown; did you mean --${closest(name, Object.keys(flags))}? See --help`);
    }
    const takesValue = flags[name as FlagName].kind !== "switch", hasValue = word.includes("=");
    if (hasValue && !takesValue) throw new UserError(`${word}: --${name} takes no value; write --${name}`);
    const next = args[i + 1];
    if (takesValue && !hasValue && next !== undefined && !next.startsWith("--")) words.push(`${word}=${args[++i]}`);
    else words.push(word);
  }
  return words;
}

function valueOf(name: FlagName, value: unknown): unknown {
  const { kind } = flags[name];
  if (kind === "switch") return value;
  const text = String(value).trim();
  if (text === "") {
    throw new UserError(`--${name} has no value; write --${name}=${"value" in flags[name] ? flags[name].value : ""}`);
  }
  if (kind === "name" || kind === "path") return text;
  if (kind === "widths") return text.split(",").map((width) => checked(name, text, width, "count"));
  return checked(name, text, text, kind);
}

function checked(name: FlagName, text: string, number: string, kind: string): number {
  const [test, remedy] = numbers[kind], value = number.trim() === "" ? NaN : Number(number);
  if (!test(value)) throw new UserError(`--${name}=${text} cannot be; ${remedy}`);
  return value;
}
