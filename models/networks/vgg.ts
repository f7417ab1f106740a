/**
 * VGG.
 * @module
 */
import { activation } from "../layers/activation.ts";
import { batchNorm } from "../layers/batch_norm.ts";
import { conv2d } from "../layers/conv2d.ts";
import { dense } from "../layers/dense.ts";
import { maxPool } from "../layers/pool.ts";
import { flatten } from "../layers/reshape.ts";
import { sequential } from "../layers/series.ts";
import type { Model } from "../model.ts";
import type { Module, Shape } from "../module.ts";
import { checkClassifier } from "./image_classifier.ts";

/** What a VGG is made of. */
export interface VggParts {
  /** Channels of the 3×3 convolutions; after each list comes a 2×2 max-pool. */
  readonly channels: readonly (readonly number[])[];
  /** Whether there is a batchNorm after each convolution. */
  readonly normalized: boolean;
  /** Of the convolutions. */
  readonly bias: "separate" | "none";
}

/** Those of {@linkcode vgg16}. */
export const VGG16: VggParts = {
  channels: [[64, 64], [128, 128], [256, 256, 256], [512, 512, 512], [512, 512, 512]],
  normalized: true,
  bias: "separate",
};

/**
 * VGG-16 (Simonyan & Zisserman 2015, arXiv 1409.1556) with batchNorm, in the form that is usual for images of 32 × 32: thirteen 3×3
 * convolutions with relu, five 2×2 max-pools, and one dense layer (github.com/kuangliu/pytorch-cifar). 14,728,266 parameters on
 * `[32, 32, 3]` with 10 classes. The biases of the convolutions are among them, so that published weights carry over; batchNorm takes
 * them away again, and their gradient is 0.
 *
 * @param image `[height, width, channels]`, 32 × 32 or larger.
 * @throws `UserError` for a shape that is no image or a smaller one, and a number of classes that is no positive whole number.
 */
export function vgg16(image: Shape, classes: number): Model {
  return vggOf(image, classes, VGG16);
}

/** A VGG of any depth and width. */
export function vggOf(image: Shape, classes: number, { channels, normalized, bias }: VggParts): Model {
  checkClassifier("vgg16", image, classes, 2 ** channels.length);
  const convolution = (filters: number): Module[] => [
    conv2d({ filters, window: 3, padding: 1, bias, init: "he" }),
    normalized ? batchNorm({ activation: "relu" }) : activation("relu"),
  ];
  return sequential(image, [
    ...channels.flatMap((widths) => [...widths.flatMap(convolution), maxPool({ window: 2 })]),
    flatten(),
    dense({ units: classes }),
  ]);
}
