/**
 * AlexNet.
 * @module
 */
import { conv2d } from "../layers/conv2d.ts";
import { dense } from "../layers/dense.ts";
import { maxPool } from "../layers/pool.ts";
import { flatten } from "../layers/reshape.ts";
import { sequential } from "../layers/series.ts";
import type { Model } from "../model.ts";
import type { Module, Shape } from "../module.ts";
import { checkClassifier } from "./image_classifier.ts";

const LEAST = 29; // gives 8 × 8 windows of 11 × 11, which three pools halve to 1 × 1

/**
 * AlexNet (Krizhevsky, Sutskever & Hinton 2012) in the form that is usual for images of 32 × 32: five convolutions of 64, 192, 384,
 * 256 and 256 channels with relu, 2×2 max-pools after the first, the second and the last, and one dense layer, without normalization
 * and dropout (github.com/bearpaw/pytorch-classification). 2,472,266 parameters on `[32, 32, 3]` with 10 classes.
 *
 * @param image `[height, width, channels]`, 29 × 29 or larger.
 * @throws `UserError` for a shape that is no image or a smaller one, and a number of classes that is no positive whole number.
 */
export function alexnet(image: Shape, classes: number): Model {
  checkClassifier("alexnet", image, classes, LEAST);
  return alexnetOf(image, classes, [64, 192, 384, 256, 256]);
}

/** An AlexNet of any width: the channels of its five convolutions. */
export function alexnetOf(image: Shape, classes: number, channels: readonly number[]): Model {
  const [first, second, ...rest] = channels;
  const convolution = (filters: number, window: number, stride = 1): Module =>
    conv2d({ filters, window, stride, padding: (window - 1) / 2, activation: "relu" });
  return sequential(image, [
    convolution(first, 11, 4),
    maxPool({ window: 2 }),
    convolution(second, 5),
    maxPool({ window: 2 }),
    ...rest.map((filters) => convolution(filters, 3)),
    maxPool({ window: 2 }),
    flatten(),
    dense({ units: classes }),
  ]);
}
