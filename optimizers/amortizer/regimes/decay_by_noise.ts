/**
 * A decay that acts as far as gradients are noise.
 * @module
 */
import type { Expression } from "../../../runtime/elementwise/expression.ts";
import { UserError } from "../../../runtime/errors.ts";

/** How noisy gradients are (ours): w = (1 − sᵃ)ᵇ, s being the share of progress that carries over to B′. */
export type NoiseLevel = readonly [a: number, b: number];

/**
 * The factor by which a decay f acts: 1 − w(1 − f), which is 1 where all progress on B is progress on B′ too, and f where none is.
 *
 * @param argument What the level is called in the error.
 * @throws `UserError` unless a and b are whole numbers from 1 to 64.
 */
export function asFarAsNoise(
  level: NoiseLevel,
  argument: string,
): (carriedOver: Expression, decay: Expression) => Expression {
  const isPower = (n: unknown) => Number.isInteger(n) && n as number >= 1 && n as number <= 64;
  if (!(Array.isArray(level) && level.length === 2 && isPower(level[0]) && isPower(level[1]))) {
    throw new UserError(
      `${argument} is [${[level].flat().join(", ")}]; give two whole numbers from 1 to 64, such as [2, 4]`,
    );
  }
  const [a, b] = level;
  return (carriedOver, decay) => {
    const noisy = power(power(carriedOver, a).mul(-1).add(1), b);
    return decay.sub(1).mul(noisy).add(1);
  };
}

/** xⁿ, by squares. */
function power(x: Expression, n: number): Expression {
  if (n === 1) return x;
  const half = power(x, Math.floor(n / 2)).square();
  return n % 2 === 0 ? half : half.mul(x);
}
