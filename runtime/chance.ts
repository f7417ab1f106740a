/**
 * Random numbers that are made on the device: each a function of the run's seed, the step's number, a name and its place in the
 * tensor, and of nothing else. The step's number is a tensor, so that a captured step can be replayed with new numbers.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "./errors.ts";
import type { Tensor } from "./tensor.ts";
import { keyOf, threefry2x32, type Words } from "./threefry.ts";

/** What the random numbers of a step are a function of. */
export interface Chance {
  /** The run's seed: any number. */
  readonly seed: number;
  /** The step's number: an int32 scalar, as {@linkcode stepTensor} makes it. */
  readonly step: Tensor;
}

/** The {@linkcode Chance} of a step whose number the host knows; each use of it makes a tensor in the surrounding `tf.tidy`. */
export function chanceOf(seed: number, step: number): Chance {
  return {
    seed,
    get step() {
      return stepTensor(step);
    },
  };
}

/** The random numbers of one name. Two tensors of the same kind begin with the same numbers, so use another name for other numbers. */
export interface Draws {
  /** As {@linkcode uniform}. */
  uniform(shape: readonly number[]): Tensor;
  /** As {@linkcode normal}. */
  normal(shape: readonly number[]): Tensor;
  /** As {@linkcode signs}. */
  signs(shape: readonly number[]): Tensor;
}

/**
 * A step's number on the device.
 *
 * @throws `UserError` for a number that is not whole, negative or beyond int32: other steps would get the same random numbers.
 */
export function stepTensor(step: number): Tensor {
  if (!(Number.isInteger(step) && step >= 0 && step <= LAST_STEP)) {
    throw new UserError(`step is ${step}; give a whole number from 0 to ${LAST_STEP}`);
  }
  return tf.scalar(step, "int32");
}

/** The random numbers called `name`. */
export function drawsOf(chance: Chance, name: string): Draws {
  return {
    uniform: (shape) => uniform(chance, name, shape),
    normal: (shape) => normal(chance, name, shape),
    signs: (shape) => signs(chance, name, shape),
  };
}

/**
 * Independent numbers, uniform in [0, 1): multiples of 2⁻²⁴, the same bits on every backend. A shorter tensor has the first numbers
 * of a longer one.
 *
 * @throws `UserError` unless `chance.step` is an int32 scalar.
 */
export function uniform(chance: Chance, name: string, shape: readonly number[]): Tensor {
  return drawn("uniform", chance, `uniform/${name}`, shape);
}

/**
 * Independent signs, −1 or 1, the same on every backend. A shorter tensor has the first signs of a longer one.
 *
 * @throws `UserError` unless `chance.step` is an int32 scalar.
 */
export function signs(chance: Chance, name: string, shape: readonly number[]): Tensor {
  return drawn("signs", chance, `signs/${name}`, shape);
}

/**
 * Independent standard normal numbers (Box and Muller 1958), of a size up to 5.77. One backend always gives the same bits; between
 * backends they differ by rounding, as their logarithms and cosines do.
 *
 * @throws `UserError` unless `chance.step` is an int32 scalar.
 */
export function normal(chance: Chance, name: string, shape: readonly number[]): Tensor {
  return tf.tidy(() => {
    const squared = tf.mul(tf.log(tf.sub(1, drawn("uniform", chance, `radius/${name}`, shape))), -2);
    const radius = tf.sqrt(tf.relu(squared)); // a GPU's logarithm of 1 may be a little more than 0
    const turn = tf.sub(drawn("uniform", chance, `angle/${name}`, shape), 0.5);
    return tf.mul(radius, tf.cos(tf.mul(turn, 2 * Math.PI)));
  });
}

/** The kernel's name: input `step`, attributes {@linkcode DrawAttributes}. Without it the host makes the numbers. */
export const DRAW = "ApoDraw";

/** What the kernel is called with beside the step: element i is made of word i mod 2 of the counter (⌊i/2⌋, step). */
export interface DrawAttributes {
  /** Numbers in [0, 1), or −1 and 1. */
  readonly form: "uniform" | "signs";
  /** The generator's. */
  readonly key: Words;
  /** Of the result, which has elements. */
  readonly shape: readonly number[];
}

const LAST_STEP = 2 ** 31 - 1;

/** @param name With the kind of numbers in front: what one kind gives tells nothing of what another gives under the same name. */
function drawn(form: DrawAttributes["form"], chance: Chance, name: string, shape: readonly number[]): Tensor {
  const size = tf.util.sizeFromShape([...shape]);
  if (size === 0) return tf.zeros([...shape]);
  const number = (word: number) => form === "uniform" ? (word >>> 8) / 0x1000000 : word >>> 31 ? -1 : 1;
  return byGenerator(DRAW, chance, name, { form, shape }, (words) => {
    const values = new Float32Array(size);
    for (let i = 0; i < size; i += 2) {
      const [first, second] = words(i / 2);
      values[i] = number(first);
      values[i + 1] = number(second); // beyond the end it is lost
    }
    return tf.tensor(values, [...shape]);
  });
}

/**
 * Runs a kernel of the step, the generator's key and more attributes.
 *
 * @param onHost Does it where the backend has no such kernel; it gets the random words of each counter.
 * @throws `UserError` unless `chance.step` is an int32 scalar.
 */
export function byGenerator(
  kernelName: string,
  chance: Chance,
  name: string,
  attributes: Readonly<Record<string, unknown>>,
  onHost: (words: (counter: number) => Words) => Tensor,
): Tensor {
  const key = keyOf(chance.seed, name);
  return tf.tidy(() => {
    const { step } = chance;
    if (step.dtype !== "int32" || step.size !== 1) {
      throw new UserError(`chance.step is ${step.dtype} [${step.shape}]; give an int32 scalar, such as stepTensor(0)`);
    }
    if (tf.getKernel(kernelName, tf.getBackend())) {
      return tf.engine().runKernel(kernelName, { step }, { ...attributes, key } as tf.NamedAttrMap) as Tensor;
    }
    const [now] = step.dataSync();
    return onHost((counter) => threefry2x32(key, [counter, now]));
  });
}
