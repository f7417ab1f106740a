/**
 * Errors that a user can act on.
 * @module
 */
import { isFloat32 } from "./float32.ts";

/**
 * Something that was asked for cannot be done: a bad argument, a missing file, a corrupt checkpoint. The message names the
 * argument, its value and the remedy; the command line prints it without a stack trace and exits with {@linkcode exitCode}.
 */
export class UserError extends Error {
  /** The class. */
  override readonly name: string = "UserError";
  /** The command line's exit code. */
  readonly exitCode: number = 2;
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
    throw new UserError(`${argument} is ${value}; give a positive number that float32 holds, such as 0.01`);
  }
}

/**
 * Checks an argument.
 *
 * @throws `UserError` unless `value` is a number from 0 that is finite as a float32.
 */
export function nonNegative(argument: string, value: number): void {
  if (!(isFloat32(value) && value >= 0)) {
    throw new UserError(`${argument} is ${value}; give a finite number from 0, not above 3.4e38`);
  }
}

/**
 * Checks a decay.
 *
 * @throws `UserError` unless `value` is in [0, 1).
 */
export function decayRate(argument: string, value: number): void {
  if (!(isFloat32(value) && value >= 0 && value < 1)) {
    throw new UserError(`${argument} is ${value}; give a number from 0 to below 1, such as 0.9`);
  }
}

/**
 * Checks a count.
 *
 * @throws `UserError` unless `value` is a positive whole number.
 */
export function positiveWhole(argument: string, value: number): void {
  if (!(Number.isInteger(value) && value > 0)) {
    throw new UserError(`${argument} is ${value}; give a positive whole number, such as 64`);
  }
}

/**
 * Checks a choice.
 *
 * @throws `UserError` unless `value` is one of the choices.
 */
export function oneOf(argument: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) {
    throw new UserError(`${argument} is "${value}"; give ${choices.map((choice) => `"${choice}"`).join(" or ")}`);
  }
}
