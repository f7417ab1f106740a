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

/** The name of the kernel that chooses between many tensors at once: inputs `condition`, `yes0`, `no0`, …, none of them empty. */
export const SELECT_EACH = "ApoSelectEach";

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
    const chosen = chooser()(condition, differing.map((name) => [tensors[name], others[name]]));
    return mapTree(yes, (a, name) => differing.includes(name) ? chosen[differing.indexOf(name)] : a.clone());
  });
}

/** For each pair the first where the condition holds, else the second; none is empty. */
type Chooser = (condition: Tensor, pairs: readonly [yes: Tensor, no: Tensor][]) => Tensor[];

/** The way of the current backend. */
function chooser(): Chooser {
  const has = (kernel: string) => tf.getKernel(kernel, tf.getBackend()) !== undefined;
  const run = (kernel: string, inputs: tf.NamedTensorMap) => tf.engine().runKernel(kernel, inputs);
  if (has(SELECT_EACH)) {
    return (condition, pairs) => {
      if (pairs.length === 0) return [];
      const named = pairs.flatMap(([yes, no], i) => [[`yes${i}`, yes], [`no${i}`, no]]);
      return run(SELECT_EACH, { condition, ...Object.fromEntries(named) }) as Tensor[];
    };
  }
  if (has(KERNEL)) return (condition, pairs) => pairs.map(([yes, no]) => run(KERNEL, { condition, yes, no }) as Tensor);
  const flat = (x: Tensor) => tf.reshape(x, [-1]); // tfjs's WebGPU kernel ends at rank 4
  return (condition, pairs) =>
    pairs.map(([yes, no]) => tf.reshape(tf.where(flat(condition), flat(yes), flat(no)), yes.shape));
}

function describe(tensor: Tensor): string {
  return `${tensor.dtype} [${tensor.shape}]`;
}
