/**
 * Seeded random numbers that are drawn on the host, before a step. A run has one seed; each use of chance (initial weights, the
 * order of batches, B′) has a stream of its own, named in words, so that one use never shifts the numbers of another. (Streams are
 * told apart by 32 bits.) Within a step random numbers are made on the device: `chance.ts`.
 *
 * The generator is xoroshiro128+ (Blackman & Vigna 2018) from `npm:pure-rand`.
 * @module
 */
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "./tensor.ts";

/** A source of random numbers. Two with the same seed and name give the same numbers for ever. */
export interface Random {
  /** Uniform in [0, 1), 24 bits. */
  uniform(): number;
  /** An integer in [0, `end`). */
  integer(end: number): number;
  /** Standard normal (Box–Muller). */
  normal(): number;
  /** The integers 0 … `size` − 1 in a random order (Fisher–Yates). */
  permutation(size: number): Uint32Array;
}

/** FNV-1a over the name and the seed, then murmur3's finalizer: 32 bits that differ in about half between any two. */
function hash(seed: number, name: string): number {
  let h = 0x811c9dc5;
  for (const char of `${seed}/${name}`) h = Math.imul(h ^ char.codePointAt(0)!, 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** The stream called `name` of a run's `seed` (any number). */
export function random(seed: number, name: string): Random {
  const generator = xoroshiro128plus(hash(seed, name));
  for (let i = 0; i < 8; i++) generator.next(); // the seed fills half of the state; these mix it into all of it
  let spare: number | undefined;
  const uniform = () => (generator.next() >>> 8) / 0x1000000;
  const integer = (end: number) => uniformInt(generator, 0, end - 1);
  return {
    uniform,
    integer,
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform())), angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    permutation(size) {
      const order = Uint32Array.from({ length: size }, (_, i) => i);
      for (let i = size - 1; i > 0; i--) {
        const j = integer(i + 1);
        [order[i], order[j]] = [order[j], order[i]];
      }
      return order;
    },
  };
}

/** A tensor of independent draws, such as `randomTensor([3, 4], () => stream.normal())`. */
export function randomTensor(shape: number[], draw: () => number): Tensor {
  const values = new Float32Array(tf.util.sizeFromShape(shape));
  for (let i = 0; i < values.length; i++) values[i] = draw();
  return tf.tensor(values, shape, "float32");
}
