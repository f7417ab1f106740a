/**
 * Images in colour as a data set for networks with convolutions.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../runtime/errors.ts";
import { requireMembers } from "../runtime/require_members.ts";
import { type Augmentation, type Change, checkAugmentation, drawChange } from "./augmentation.ts";
import { classLabels } from "./class_labels.ts";
import { checkIndices, type Dataset } from "./dataset.ts";
import type { Images } from "./images.ts";
import { type Normalization, normalizationOf, normalizedBytes } from "./normalization.ts";

/** What {@linkcode images} is given. */
export interface LabelledImages extends Pick<Images, "pixels" | "height" | "width" | "channels"> {
  /** `[size]`: the class of each image, a whole number from 0. */
  readonly labels: ArrayLike<number>;
  /** How bytes become numbers. Default: with the mean and the deviation of these images' own channels. */
  readonly normalization?: Normalization;
  /** How images that are trained on are changed at random. Default: not at all. */
  readonly augmentation?: Augmentation;
}

const AS_IT_IS: Change = { top: 0, left: 0, flipped: false };

/**
 * A data set of images with a class each, in colour or grey. The batches' input is `x`, `float32 [batch, height, width, channels]`, and
 * their targets are the labels, `int32 [batch]`. The pixels stay bytes until they are in a batch; they are read where they are, and not
 * copied: leave them as they are. `fit` trains on images that are changed as `augmentation` says, and scores them as they are.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { images } from "@amortized/apo";
 *
 * const pixels = new Uint8Array(2 * 4 * 4 * 3).fill(255, 4 * 4 * 3); // a black image and a white one
 * const data = images({ pixels, labels: [0, 1], height: 4, width: 4, channels: 3, augmentation: { pad: 1, flip: true } });
 * assertEquals(data.batch([1]).inputs.x.shape, [1, 4, 4, 3]);
 * ```
 *
 * @throws `UserError` for sizes that are no whole numbers from 1, another number of pixels than the sizes and the labels tell, a label
 * that is no whole number from 0, and a normalization or an augmentation that does not fit the images.
 */
export function images(options: LabelledImages): Dataset {
  requireMembers("options", options, {}, "give images({ pixels, labels, height, width, channels })");
  const { pixels, height, width, channels, augmentation = {} } = options;
  const labels = checkedLabels(options), size = labels.length, row = width * channels, area = height * row;
  const table = normalizedBytes(options.normalization ?? normalizationOf(options), channels);
  checkAugmentation(augmentation, options);

  /** Writes an image, changed, from `to` on, where there are zeros. */
  const write = (image: number, { top, left, flipped }: Change, x: Float32Array, to: number): void => {
    const columns = width - Math.abs(left), pixelStep = flipped ? -2 * channels : 0; // a pixel back for each one forward
    for (let y = Math.max(0, -top), end = Math.min(height, height - top); y < end; y++) {
      let from = image * area + (y + top) * row + Math.max(0, left) * channels;
      const first = Math.max(0, -left);
      let at = to + y * row + (flipped ? width - 1 - first : first) * channels;
      for (let column = 0; column < columns; column++, at += pixelStep) {
        for (let entry = 0; entry < table.length; entry += 256) x[at++] = table[entry + pixels[from++]];
      }
    }
  };
  return {
    size,
    labels,
    contents: [pixels, new Uint8Array(labels.buffer), new TextEncoder().encode(JSON.stringify(augmentation))],
    batch: (indices, chance) => {
      checkIndices(indices, size);
      const count = indices.length, x = new Float32Array(count * area);
      for (let i = 0; i < count; i++) {
        write(indices[i], chance ? drawChange(augmentation, chance) : AS_IT_IS, x, i * area);
      }
      const targets = Int32Array.from({ length: count }, (_, i) => labels[indices[i]]);
      return {
        inputs: { x: tf.tensor(x, [count, height, width, channels]) },
        targets: tf.tensor(targets, [count], "int32"),
      };
    },
  };
}

/** The labels, copied. */
function checkedLabels({ pixels, labels, height, width, channels }: LabelledImages): Int32Array {
  for (const [argument, value] of Object.entries({ height, width, channels })) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new UserError({ argument, value, remedy: "give a whole number from 1" });
  }
  if (!(pixels instanceof Uint8Array)) {
    throw new UserError("images: pixels are no Uint8Array; give bytes from 0 (dark) to 255 (bright)");
  }
  if (!(labels?.length >= 0)) {
    throw new UserError("images: there are no labels; give class numbers from 0, one for each image");
  }
  const expected = labels.length * height * width * channels;
  if (pixels.length !== expected) {
    throw new UserError(
      `images: there are ${pixels.length} pixels, but ${labels.length} labels, and images of ${height} × ${width} × ${channels}; ` +
        `give ${expected} pixels, or other sizes`,
    );
  }
  if (expected === 0) throw new UserError("images: there are none; give one or more");
  return classLabels("images", labels);
}
