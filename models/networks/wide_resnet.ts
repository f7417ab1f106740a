/**
 * Wide residual networks.
 * @module
 */
import { positiveWhole } from "../../runtime/errors.ts";
import { batchNorm } from "../layers/batch_norm.ts";
import { dense } from "../layers/dense.ts";
import { globalAveragePool } from "../layers/pool.ts";
import { preActivationBlock } from "../layers/residual.ts";
import { sequential } from "../layers/series.ts";
import type { Model } from "../model.ts";
import type { Shape } from "../module.ts";
import { checkClassifier } from "./image_classifier.ts";
import { type Stages, stagesOf, stem, threeStages } from "./stages.ts";

/** Options of {@linkcode wideResnet}. */
export interface WideResnetOptions {
  /** Convolutions, with one for the shortcut of each stage: 6n + 4, such as 10, 16, 28 or 40. */
  readonly depth: number;
  /** The three stages have 16, 32 and 64 times as many channels. */
  readonly widen: number;
  /** The rate of the dropout between the convolutions of each block. Default: 0. */
  readonly dropout?: number;
}

const STEM = 16; // channels, whatever the widening

/**
 * A wide residual network (Zagoruyko & Komodakis 2016, arXiv 1605.07146): a 3×3 convolution of 16 channels, three stages of n
 * pre-activation blocks, batchNorm and relu, and the mean over the image before one dense layer. WRN-28-10 has 36,479,194 parameters
 * on `[32, 32, 3]` with 10 classes.
 *
 * @param image `[height, width, channels]`, of any size; two stages halve it.
 * @throws `UserError` for a depth that is no 6n + 4, for numbers that are no positive whole ones, a rate of dropout outside [0, 1),
 * and a shape that is no image.
 */
export function wideResnet(image: Shape, classes: number, options: WideResnetOptions): Model {
  checkClassifier("wideResnet", image, classes);
  const { depth, widen, dropout } = options ?? {}; // without any it is the widening that is missing
  positiveWhole("widen", widen);
  return wideResnetOf(image, classes, { ...threeStages(depth, 4, STEM * widen), stem: STEM, dropout });
}

/** A residual network of pre-activation blocks, with any stages. */
export function wideResnetOf(
  image: Shape,
  classes: number,
  { stem: before, dropout, ...stages }: Stages & { readonly stem: number; readonly dropout?: number },
): Model {
  return sequential(image, {
    stem: stem(before),
    ...stagesOf(stages, (options) => preActivationBlock({ ...options, dropout })),
    norm: batchNorm({ activation: "relu" }),
    mean: globalAveragePool(),
    classifier: dense({ units: classes }),
  });
}
