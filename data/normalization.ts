/**
 * Scales bytes of images so that networks learn from them well.
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import type { Images } from "./images.ts";

/** What makes numbers of bytes, channel by channel: (byte / 255 − mean) / deviation. */
export interface Normalization {
  /** Of each channel, in units of 255. */
  readonly mean: readonly number[];
  /** Of each channel, in units of 255: positive. */
  readonly deviation: readonly number[];
}

/**
 * The mean and the standard deviation of each channel, over all pixels of all images: with them each channel has mean 0 and variance 1.
 * A channel that is the same everywhere becomes 0. Take those of the training images for the test images, too.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { normalizationOf } from "@amortized/apo";
 *
 * assertEquals(normalizationOf({ pixels: new Uint8Array([0, 255]), channels: 1 }), { mean: [0.5], deviation: [0.5] });
 * ```
 */
export function normalizationOf({ pixels, channels }: Pick<Images, "pixels" | "channels">): Normalization {
  const counts = Array.from({ length: channels }, () => new Float64Array(256));
  for (let at = 0; at < pixels.length;) for (const count of counts) count[pixels[at++]]++;
  const perChannel = counts.map((count) => {
    const moment = (power: number) => count.reduce((sum, n, byte) => sum + n * byte ** power, 0); // whole numbers: exact
    const n = moment(0), mean = moment(1) / n, variance = (n * moment(2) - moment(1) ** 2) / n ** 2;
    return { mean: mean / 255, deviation: Math.sqrt(Math.max(0, variance)) / 255 || 1 };
  });
  return { mean: perChannel.map(({ mean }) => mean), deviation: perChannel.map(({ deviation }) => deviation) };
}

/**
 * What each byte becomes: `[channels, 256]`, row-major, rounded once to float32.
 *
 * @throws `UserError` for other than one mean and one deviation a channel, numbers that are not finite, deviations that are not positive.
 */
export function normalizedBytes({ mean, deviation }: Normalization, channels: number): Float32Array {
  for (const [name, numbers, from] of [["mean", mean, -Infinity], ["deviation", deviation, 0]] as const) {
    if (numbers?.length === channels && numbers.every((x) => x > from && x < Infinity)) continue;
    throw new UserError({
      argument: `normalization.${name}`,
      value: numbers && `[${numbers}]`,
      remedy: `give a ${from === 0 ? "positive" : "finite"} number for each channel: ${channels}`,
    });
  }
  return Float32Array.from({ length: 256 * channels }, (_, i) => {
    const channel = i >> 8;
    return ((i & 255) / 255 - mean[channel]) / deviation[channel];
  });
}
