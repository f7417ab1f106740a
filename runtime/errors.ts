/**
 * Errors that a user can act on.
 * @module
 */
import { argument, type Spell, written } from "./argument.ts";
import { isFloat32 } from "./float32.ts";

/** An argument that has a bad value. */
export interface BadArgument {
  /** Its name in code, such as `learningRate`; the command line writes `--lr`. */
  readonly argument: string;
  /** What was given. */
  readonly value: unknown;
  /** What is wrong with it, such as `is unknown`, where the remedy does not say so by itself. */
  readonly problem?: string;
  /** What to give instead, such as `give a positive number`. */
  readonly remedy: string;
}

/**
 * Something that was asked for cannot be done: a bad argument, a missing file, a corrupt checkpoint. The message names the
 * argument, its value and the remedy; the command line prints it without a stack trace and exits with {@linkcode exitCode}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { UserError } from "@amortized/apo";
 *
 * const error = new UserError({ argument: "learningRate", value: 0, remedy: "give a positive number" });
 * assertEquals(error.message, "learningRate is 0; give a positive number");
 * assertEquals(error.bad?.argument, "learningRate");
 * ```
 */
export class UserError extends Error {
  /** The class. */
  override readonly name: string = "UserError";
  /** The command line's exit code. */
  readonly exitCode: number = 2;
  /** The argument that is at fault, where it is a single one. */
  readonly bad?: BadArgument;
  readonly #what: string | BadArgument;

  /**
   * Makes the error.
   *
   * @param what The argument that is at fault, or the whole message where it is not a single one.
   */
  constructor(what: string | BadArgument, options?: ErrorOptions) {
    const shown = unmarked(what);
    super(typeof shown === "string" ? shown : sentence(shown), options);
    if (typeof shown !== "string") this.bad = shown;
    this.#what = what;
  }

  /**
   * What it was made of, for those who show it in a way of their own.
   *
   * @param spell Spells the further arguments that the texts name, such as `backend=cpu` in a remedy. Default: they keep their
   * marks, for another `UserError`.
   */
  parts(spell: (argument: string, value: string) => string = argument): string | BadArgument {
    return unmarked(this.#what, spell);
  }
}

function unmarked(what: string | BadArgument, spell?: Spell): string | BadArgument {
  if (typeof what === "string") return written(what, spell);
  const { problem, remedy } = what;
  return { ...what, ...problem !== undefined && { problem: written(problem, spell) }, remedy: written(remedy, spell) };
}

function sentence({ argument, value, problem, remedy }: BadArgument): string {
  return `${problem === undefined ? `${argument} is ${value}` : `${argument}=${value} ${problem}`}; ${remedy}`;
}

/** Examples that cannot be trained on or scored. */
export class DataError extends UserError {
  /** The class. */
  override readonly name: string = "DataError";
}

/** Training cannot go on: too many steps in a row would have made the parameters or the state NaN or infinite. */
export class DivergedError extends UserError {
  /** The class. */
  override readonly name: string = "DivergedError";
  /** 3. */
  override readonly exitCode: number = 3;
}

/** Computing cannot go on: the GPU's driver was reset, or the GPU taken away. What was saved before is whole. */
export class DeviceLostError extends UserError {
  /** The class. */
  override readonly name: string = "DeviceLostError";
  /** 4. */
  override readonly exitCode: number = 4;
}

/**
 * Checks an argument.
 *
 * @throws `UserError` unless `value` is a positive number as a float32 as well.
 */
export function positive(argument: string, value: number): void {
  if (!(isFloat32(value) && Math.fround(value) > 0)) {
    throw new UserError({ argument, value, remedy: "give a positive number that float32 holds, such as 0.01" });
  }
}

/**
 * Checks an argument.
 *
 * @throws `UserError` unless `value` is a number from 0 that is finite as a float32.
 */
export function nonNegative(argument: string, value: number): void {
  if (!(isFloat32(value) && value >= 0)) {
    throw new UserError({ argument, value, remedy: "give a finite number from 0, not above 3.4e38" });
  }
}

/**
 * Checks a decay.
 *
 * @throws `UserError` unless `value` is in [0, 1).
 */
export function decayRate(argument: string, value: number): void {
  if (!(isFloat32(value) && value >= 0 && value < 1)) {
    throw new UserError({ argument, value, remedy: "give a number from 0 to below 1, such as 0.9" });
  }
}

/**
 * Checks a count.
 *
 * @throws `UserError` unless `value` is a positive whole number.
 */
export function positiveWhole(argument: string, value: number): void {
  if (!(Number.isInteger(value) && value > 0)) {
    throw new UserError({ argument, value, remedy: "give a positive whole number, such as 64" });
  }
}

/**
 * Checks a choice.
 *
 * @throws `UserError` unless `value` is one of the choices.
 */
export function oneOf(argument: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) {
    const remedy = `give ${choices.map((choice) => `"${choice}"`).join(" or ")}`;
    throw new UserError({ argument, value: `"${value}"`, remedy });
  }
}
