/**
 * Where the windows of convolutions and pools lie on an image.
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import type { Margins, Windows } from "../runtime/windows.ts";

/**
 * What is added around an image: the same number of rows and columns on each side (symmetric, as in torch), none (`"valid"`), as
 * many as give ⌈size / stride⌉ windows with the odd one at the end (`"same"`, as in TensorFlow), or each side's own. With stride 2
 * on an even side `"same"` starts its windows one pixel later than 1 does.
 */
export type Padding = number | "same" | "valid" | Margins;

/**
 * The windows over images `[height, width, channels]`.
 *
 * @param module Who asks, for messages.
 * @throws `UserError` for a shape that is no image, for numbers that are not whole, and where no window fits.
 */
export function windowsOver(
  module: string,
  image: readonly number[],
  options: { readonly window: readonly [number, number]; readonly stride: number; readonly padding: Padding },
): Windows {
  expectImage(module, image);
  const { window, stride, padding } = options;
  for (const [name, value] of [["window", window[0]], ["window", window[1]], ["stride", stride]] as const) {
    if (!Number.isInteger(value) || value < 1) {
      throw new UserError(`${module}: ${name} is ${value}; give a whole number from 1`);
    }
  }
  const numbers: readonly number[] | undefined = typeof padding === "number"
    ? [padding]
    : Array.isArray(padding)
    ? padding.flat()
    : undefined;
  if (numbers ? numbers.some((n) => !Number.isInteger(n) || n < 0) : padding !== "same" && padding !== "valid") {
    throw new UserError(
      `${module}: padding is ${JSON.stringify(padding)}; give "same", "valid", or whole numbers from 0, such as 1 or ` +
        "[[0, 1], [0, 1]]",
    );
  }
  const axis = (i: 0 | 1): readonly [number, number] => {
    if (padding === "valid") return [0, 0];
    if (typeof padding === "number") return [padding, padding];
    if (padding !== "same") return padding[i];
    const missing = Math.max(0, (Math.ceil(image[i] / stride) - 1) * stride + window[i] - image[i]);
    return [Math.floor(missing / 2), Math.ceil(missing / 2)];
  };
  const margins = [axis(0), axis(1)] as const;
  const counts = ([0, 1] as const).map((i) =>
    Math.floor((image[i] + margins[i][0] + margins[i][1] - window[i]) / stride) + 1
  ) as [number, number];
  if (Math.min(...counts) < 1) {
    throw new UserError(
      `${module}: a window of ${window.join(" × ")} does not fit an image of ${image[0]} × ${
        image[1]
      }; make the window smaller`,
    );
  }
  return { window, stride, margins, counts };
}

/** @throws `UserError` unless the shape is `[height, width, channels]`, of known sizes. */
export function expectImage(module: string, shape: readonly number[]): void {
  if (shape.length !== 3 || shape.some((n) => n < 1)) {
    throw new UserError(
      `${module}: an input of shape [${shape}] is no image [height, width, channels]; put reshape() before it`,
    );
  }
}
