/**
 * Carries on the host: what checkpoints hold.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../runtime/errors.ts";
import type { Tensor, Tree } from "../runtime/tensor.ts";
import { flatten, mapTree } from "../runtime/tree.ts";

/** An array on the host. */
export type HostArray =
  | { readonly dtype: "F32"; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: "I32"; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly dtype: "BOOL"; readonly shape: readonly number[]; readonly data: Uint8Array };

/** The arrays of a tree by their path, such as `"params.dense1/kernel"`. */
export type HostArrays = Readonly<Record<string, HostArray>>;

/** Copies a tree to the host. */
export async function snapshot(tree: Tree): Promise<HostArrays> {
  const arrays = Object.entries(flatten(tree)).map(async ([path, tensor]) => {
    const data = await tensor.data(), shape = tensor.shape;
    const array = data instanceof Float32Array
      ? { dtype: "F32", shape, data }
      : data instanceof Int32Array
      ? { dtype: "I32", shape, data }
      : { dtype: "BOOL", shape, data };
    return [path, array as HostArray] as const;
  });
  return Object.fromEntries(await Promise.all(arrays));
}

const BESIDE = "published.buffers.";

/** Recalibrated buffers, which cannot be made of the carry alone, under the names that they have beside it in a checkpoint. */
export function besideCarry(buffers: HostArrays): HostArrays {
  return Object.fromEntries(Object.entries(buffers).map(([path, array]) => [`${BESIDE}${path}`, array]));
}

/** The buffers that {@linkcode besideCarry} put into a checkpoint, by their own names; none where there are none. */
export function buffersBeside(checkpoint: HostArrays): HostArrays {
  const beside = Object.entries(checkpoint).filter(([path]) => path.startsWith(BESIDE));
  return Object.fromEntries(beside.map(([path, array]) => [path.slice(BESIDE.length), array]));
}

const dtypes = { F32: "float32", I32: "int32", BOOL: "bool" } as const;

/** A tensor of an array; the caller owns it. */
export function toTensor(array: HostArray): Tensor {
  return tf.tensor(array.data, [...array.shape], dtypes[array.dtype]);
}

/**
 * A tree of the structure of `template`, filled from arrays; the caller owns its tensors.
 *
 * @throws `UserError` where names, shapes or types differ: the arrays are of another model or optimizer.
 */
export function restore<T extends Tree>(template: T, arrays: HostArrays): T {
  const expected = flatten(template);
  const strange = Object.keys(arrays).find((path) => !(path in expected) && !path.startsWith(BESIDE));
  if (strange !== undefined) {
    throw new UserError(
      `the checkpoint holds "${strange}", which this model and optimizer have not; it is left as it is, start a new run`,
    );
  }
  for (const [path, tensor] of Object.entries(expected)) {
    const array = arrays[path];
    if (!array) {
      throw new UserError(
        `the checkpoint lacks "${path}", which this model and optimizer need, perhaps as an older version wrote it; it is left as it is, start a new run`,
      );
    }
    if (dtypes[array.dtype] !== tensor.dtype || `${array.shape}` !== `${tensor.shape}`) {
      const theirs = `${dtypes[array.dtype]} [${array.shape}]`, ours = `${tensor.dtype} [${tensor.shape}]`;
      throw new UserError(
        `the checkpoint's "${path}" is ${theirs}; this model and optimizer need ${ours}; it is left as it is, start a new run`,
      );
    }
  }
  return mapTree(template, (_, path) => toTensor(arrays[path]));
}
