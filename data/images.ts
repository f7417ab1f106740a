/**
 * Images with a class each, and the two problems that their pixels in a row make: name the class, or paint the image again.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../runtime/tensor.ts";
import { checkIndices, type Dataset } from "./dataset.ts";

/**
 * Images as bytes; they become float32 only a batch at a time, so that all of MNIST takes 47 MB and not 188. Data sets that are made
 * of them read these arrays and do not copy them: leave them as they are.
 */
export interface Images {
  /** `[size, height, width, channels]`, row-major, 0 … 255. */
  readonly pixels: Uint8Array;
  /** `[size]`, 0 … `classes` − 1. */
  readonly labels: Uint8Array;
  /** Rows of pixels. */
  readonly height: number;
  /** Columns of pixels. */
  readonly width: number;
  /** Numbers a pixel: 1 of grey images, 3 of red, green and blue. */
  readonly channels: number;
  /** The number of classes. */
  readonly classes: number;
  /** One line for people: which data, how many. */
  readonly source: string;
}

/** Training and test images, and one line that says which. */
export interface SplitImages {
  /** Images to train on. */
  readonly train: Images;
  /** Images that no tuning looks at. */
  readonly test: Images;
  /** One line for people: which images, how many. */
  readonly source: string;
}

/** 0 … 255 as 0 … 1, rounded once to float32. */
const UNIT = Float32Array.from({ length: 256 }, (_, pixel) => pixel / 255);

/**
 * The images with these indices, in this order, copied.
 *
 * @throws `UserError` if an index is not an integer in [0, size)
 */
export function take(images: Images, indices: ArrayLike<number>): Images {
  checkIndices(indices, images.labels.length);
  const area = areaOf(images);
  const pixels = new Uint8Array(indices.length * area);
  const labels = new Uint8Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    pixels.set(images.pixels.subarray(index * area, (index + 1) * area), i * area);
    labels[i] = images.labels[index];
  }
  return { ...images, pixels, labels };
}

/** How many numbers an image is. */
const areaOf = ({ height, width, channels }: Images): number => height * width * channels;

/** `[n, height · width · channels]`, float32 in [0, 1]. */
function inputs(images: Images, indices: ArrayLike<number>): Tensor {
  checkIndices(indices, images.labels.length);
  const area = areaOf(images);
  const values = new Float32Array(indices.length * area);
  for (let i = 0, at = 0; i < indices.length; i++) {
    const start = indices[i] * area;
    for (let pixel = start; pixel < start + area; pixel++) values[at++] = UNIT[images.pixels[pixel]];
  }
  return tf.tensor(values, [indices.length, area], "float32");
}

/** Image → class: inputs `{x: float32 [n, height · width · channels] in [0, 1]}`, targets `int32 [n]`. */
export function classification(images: Images): Dataset {
  return {
    size: images.labels.length,
    labels: images.labels,
    contents: [images.pixels, images.labels],
    batch(indices) {
      const x = inputs(images, indices);
      const labels = Int32Array.from({ length: indices.length }, (_, i) => images.labels[indices[i]]);
      return { inputs: { x }, targets: tf.tensor(labels, [labels.length], "int32") };
    },
  };
}

/** Image → the same image: inputs `{x: float32 [n, height · width · channels] in [0, 1]}`, targets a tensor of its own equal to x. */
export function reconstruction(images: Images): Dataset {
  return {
    size: images.labels.length,
    contents: [images.pixels],
    batch(indices) {
      const x = inputs(images, indices);
      return { inputs: { x }, targets: x.clone() }; // shares the values, is disposed on its own
    },
  };
}
