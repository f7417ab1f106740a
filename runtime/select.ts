/**
 * The choice between two trees of tensors, made where the data are.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "./errors.ts";
import { addKernel } from "./mend.ts";
import type { Tensor, Tree } from "./tensor.ts";
import { flatten, mapTree } from "./tree.ts";

const KERNEL = "ApoSelect";

/** What a backend whose memory the host can read has in common. */
interface HostBackend {
  readSync(dataId: object): ArrayLike<number>;
  incRef(dataId: object): void;
}

/** Registers the kernel that {@linkcode select} uses on a backend whose memory the host can read: cpu, wasm. */
export function registerSelect(backendName: "cpu" | "wasm"): void {
  addKernel(KERNEL, backendName, ({ inputs, backend }) => {
    const { condition, yes, no } = inputs as Record<string, tf.TensorInfo>;
    const host = backend as HostBackend;
    const chosen = host.readSync(condition.dataId)[0] ? yes : no;
    host.incRef(chosen.dataId); // an alias of the data with a life of its own, as tfjs's Reshape returns
    return { dataId: chosen.dataId, shape: chosen.shape, dtype: chosen.dtype };
  });
}

/**
 * `yes` where `condition` holds, else `no`, tensor by tensor. NaN in the tree that is not chosen does not show in the result,
 * and nothing is read back from a GPU. The results and the arguments are disposed independently. On cpu and wasm, once
 * `chooseBackend` has run, a result is an alias and costs no pass over the data. It has no gradient.
 *
 * @param condition A boolean scalar.
 * @param yes A tree of tensors.
 * @param no A tree of the same names, shapes and types.
 * @throws `UserError` if the trees or the tensors differ in more than their values.
 */
export function select<T extends Tree>(condition: Tensor, yes: T, no: T): T {
  if (condition.dtype !== "bool" || condition.size !== 1) {
    throw new UserError(`select: condition is ${describe(condition)}; give a boolean scalar`);
  }
  const others = flatten(no);
  const names = Object.keys(flatten(yes));
  const missing = names.find((name) => others[name] === undefined) ??
    Object.keys(others).find((name) => !names.includes(name));
  if (missing !== undefined) throw new UserError(`select: "${missing}" is in one tree only; give two alike`);
  const native = tf.getKernel(KERNEL, tf.getBackend()) !== undefined;
  return tf.tidy(() =>
    mapTree(yes, (a, name) => {
      const b = others[name];
      if (a.dtype !== b.dtype || !tf.util.arraysEqual(a.shape, b.shape)) {
        throw new UserError(`select: "${name}" is ${describe(a)} in one tree and ${describe(b)} in the other`);
      }
      if (a === b) return a.clone();
      return native
        ? tf.engine().runKernel(KERNEL, { condition, yes: a, no: b }) as Tensor
        // Flat, because tfjs's WebGPU kernel ends at rank 4.
        : tf.reshape(tf.where(tf.reshape(condition, [1]), tf.reshape(a, [-1]), tf.reshape(b, [-1])), a.shape);
    })
  );
}

function describe(tensor: Tensor): string {
  return `${tensor.dtype} [${tensor.shape}]`;
}
