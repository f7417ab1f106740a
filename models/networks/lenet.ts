/**
 * LeNet.
 * @module
 */
import { conv2d } from "../layers/conv2d.ts";
import { dense } from "../layers/dense.ts";
import { maxPool } from "../layers/pool.ts";
import { flatten } from "../layers/reshape.ts";
import { sequential } from "../layers/series.ts";
import type { Model } from "../model.ts";
import type { Shape } from "../module.ts";
import type { Padding } from "../windows.ts";
import { checkClassifier } from "./image_classifier.ts";

const SIDE = 32; // of the images that the network was made for

/**
 * LeNet-5 (LeCun, Bottou, Bengio & Haffner 1998) as it is used today, with relu and max-pooling: two 5×5 convolutions of 6 and 16
 * channels, each with a 2×2 pool, then dense layers of 120 and 84 units. With 10 classes it has 61,706 parameters on `[28, 28, 1]`,
 * and 62,006 on `[32, 32, 3]`.
 *
 * Images below 32 × 32 get a margin of zeros up to that size, as in the paper: so the first dense layer has its 400 inputs on digits
 * of 28 × 28, too, whose margin is 2. Larger images have no margin, and a larger first dense layer.
 *
 * @param image `[height, width, channels]`.
 * @throws `UserError` for a shape that is no image, and a number of classes that is no positive whole number.
 */
export function lenet(image: Shape, classes: number): Model {
  checkClassifier("lenet", image, classes);
  const margin = (side: number) => {
    const missing = Math.max(0, SIDE - side);
    return [Math.floor(missing / 2), Math.ceil(missing / 2)] as const;
  };
  const padding = [margin(image[0]), margin(image[1])] as const;
  return lenetOf(image, { channels: [6, 16], units: [120, 84, classes], padding });
}

/** A LeNet of any width. */
export function lenetOf(
  image: Shape,
  { channels: [first, second], units, padding }: {
    /** Of the convolutions. */
    readonly channels: readonly [number, number];
    /** Of the dense layers; the last are the classes. */
    readonly units: readonly number[];
    /** Of the first convolution; the second has none. */
    readonly padding: Padding;
  },
): Model {
  return sequential(image, [
    conv2d({ filters: first, window: 5, padding, activation: "relu" }),
    maxPool({ window: 2 }),
    conv2d({ filters: second, window: 5, padding: "valid", activation: "relu" }),
    maxPool({ window: 2 }),
    flatten(),
    ...units.slice(0, -1).map((n) => dense({ units: n, activation: "relu" })),
    dense({ units: units.at(-1)! }),
  ]);
}
