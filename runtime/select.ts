/**
 * The choice between two trees of tensors, made where the data are.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { UserError } from "./errors.ts";
import { addKernel } from "./mend.ts";
import type { Tensor, Tree } from "./tensor.ts";
import { flatten, mapTree } from "./tree.ts";

/** The name of the kernel that chooses between many tensors: inputs `condition`, `yes0`, `no0`, …, none of them empty. */
export const SELECT = "ApoSelect";

/** What a backend whose memory the host can read has in common. */
interface HostBackend {
  readSync(dataId: object): ArrayLike<number>;
  incRef(dataId: object): void;
}

/** Registers the kernel that {@linkcode select} uses on a backend whose memory the host can read: cpu, wasm. */
export function registerSelect(backendName: "cpu" | "wasm"): void {
  addKernel(SELECT, backendName, ({ inputs, backend }) => {
    const given = inputs as Record<string, tf.TensorInfo>, host = backend as HostBackend;
    const which = host.readSync(given.condition.dataId)[0] ? "yes" : "no";
    const count = (Object.keys(given).length - 1) / 2;
    return Array.from({ length: count }, (_, i) => {
      const { dataId, shape, dtype } = given[`${which}${i}`];
      host.incRef(dataId); // an alias of the data with a life of its own, as tfjs's Reshape returns
      return { dataId, shape, dtype };
    });
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
  const tensors = flatten(yes), others = flatten(no), names = Object.keys(tensors);
  const missing = names.find((name) => others[name] === undefined) ??
    Object.keys(others).find((name) => !names.includes(name));
  if (missing !== undefined) throw new UserError(`select: "${missing}" is in one tree only; give two alike`);
  for (const name of names) {
    const [a, b] = [tensors[name], others[name]];
    if (a.dtype !== b.dtype || !tf.util.arraysEqual(a.shape, b.shape)) {
      throw new UserError(`select: "${name}" is ${describe(a)} in one tree and ${describe(b)} in the other`);
    }
  }
  return tf.tidy(() => {
    const differing = names.filter((name) => tensors[name].dataId !== others[name].dataId && tensors[name].size > 0);
    const pairs = differing.map((name) => [tensors[name], others[name]] as const);
    const results = tf.getKernel(SELECT, tf.getBackend()) ? byKernel(condition, pairs) : byOperations(condition, pairs);
    const chosen = new Map(differing.map((name, i) => [name, results[i]]));
    return mapTree(yes, (a, name) => chosen.get(name) ?? a.clone());
  });
}

type Pairs = readonly (readonly [yes: Tensor, no: Tensor])[];

function byKernel(condition: Tensor, pairs: Pairs): Tensor[] {
  if (pairs.length === 0) return [];
  const named = pairs.flatMap(([yes, no], i) => [[`yes${i}`, yes], [`no${i}`, no]]);
  return tf.engine().runKernel(SELECT, { condition, ...Object.fromEntries(named) }) as Tensor[];
}

function byOperations(condition: Tensor, pairs: Pairs): Tensor[] {
  const flat = (x: Tensor) => tf.reshape(x, [-1]); // tfjs's WebGPU kernel ends at rank 4
  return pairs.map(([yes, no]) => tf.reshape(tf.where(flat(condition), flat(yes), flat(no)), yes.shape));
}

function describe(tensor: Tensor): string {
  return `${tensor.dtype} [${tensor.shape}]`;
}
