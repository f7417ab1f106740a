/**
 * Maps over named tensors and trees of them. Every function leaves its arguments alone and, unless it says so, creates
 * tensors that the caller's `tf.tidy` owns.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { difference } from "./elementwise/difference.ts";
import { inFloat32 } from "./precision/scope.ts";
import type { Tensor, Tensors, Tree } from "./tensor.ts";

/** Applies `f` to each tensor; the names and their order stay. */
export function mapTensors(tensors: Tensors, f: (tensor: Tensor, name: string) => Tensor): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, f(tensor, name)]));
}

/** Applies `f` to each tensor of a tree; the structure stays. */
export function mapTree<T extends Tree>(tree: T, f: (tensor: Tensor, path: string) => Tensor, prefix = ""): T {
  const mapped = Object.entries(tree).map(([name, node]) => {
    const path = prefix + name;
    return [name, node instanceof tf.Tensor ? f(node, path) : mapTree(node as Tree, f, `${path}.`)];
  });
  return Object.fromEntries(mapped) as T;
}

/** Calls `f` with each tensor of a tree: at every step for the whole carry, so nothing is made on the way. */
function visit(tree: Tree, f: (tensor: Tensor, path: string) => void, prefix = ""): void {
  for (const name of Object.keys(tree)) {
    const node = tree[name];
    if (node instanceof tf.Tensor) f(node, prefix + name);
    else visit(node as Tree, f, `${prefix}${name}.`);
  }
}

/** The tensors of a tree by their path (`"state.momentum.dense1/kernel"`), in a stable order. */
export function flatten(tree: Tree): Tensors {
  const flat: Record<string, Tensor> = {};
  visit(tree, (tensor, path) => flat[path] = tensor);
  return flat;
}

/** Frees every tensor of a tree. */
export function disposeTree(tree: Tree): void {
  visit(tree, (tensor) => tensor.dispose());
}

/** Copies that alias the same data and are disposed on their own. */
export function cloneTree<T extends Tree>(tree: T): T {
  return mapTree(tree, (tensor) => tensor.clone());
}

/** The names of kernels of many pairs of tensors: inputs `a0`, `b0`, `a1`, …, of float32 and none of them empty. */
export const INNER_PRODUCT = "ApoInnerProduct", SQUARED_DISTANCE = "ApoSquaredDistance";

/** Σ over all tensors of ⟨a, b⟩: a scalar, and in float32 until the end. */
export function innerProduct(a: Tensors, b: Tensors): Tensor {
  const sums = () => Object.keys(a).map((name) => tf.sum(tf.mul(a[name], b[name])));
  return ofPairs(INNER_PRODUCT, a, b) ?? sumOf(inFloat32(sums));
}

/** Σ over all tensors of ‖a − b‖²: a scalar. */
export function squaredDistance(a: Tensors, b: Tensors): Tensor {
  const known = ofPairs(SQUARED_DISTANCE, a, b);
  if (known) return known;
  const { x } = inFloat32(() => difference({ a, b }));
  return innerProduct(x, x);
}

/** By a kernel, where the backend has it and no gradient is being taken. */
function ofPairs(kernel: string, a: Tensors, b: Tensors): Tensor | undefined {
  if (!tf.getKernel(kernel, tf.getBackend()) || tf.engine().state.gradientDepth > 0) return undefined;
  const pairs = Object.keys(a).map((name) => [a[name], b[name]]);
  const plain = pairs.every(([x, y]) =>
    x.dtype === "float32" && y.dtype === "float32" && x.size > 0 && tf.util.arraysEqual(x.shape, y.shape)
  );
  if (!plain || pairs.length === 0) return undefined;
  const inputs = pairs.flatMap(([x, y], i) => [[`a${i}`, x], [`b${i}`, y]]);
  return tf.engine().runKernel(kernel, Object.fromEntries(inputs)) as Tensor;
}

/** √⟨a, a⟩ over all tensors: a scalar. NaN where a square is too large for float32, as those of numbers above 1e19 are. */
export function globalNorm(a: Tensors): Tensor {
  return tf.sqrt(finiteOrNan(innerProduct(a, a)));
}

/**
 * x, or NaN where it is infinite: for sums of finite numbers that may have overflowed. To divide by an infinite one gives 0, which
 * passes for a result; NaN does not.
 */
export function finiteOrNan(x: Tensor): Tensor {
  return tf.add(x, tf.mul(x, 0));
}

/**
 * The tensors times a power of 2, which is exact: of very small or large ones, whose squares vanish in float32 or overflow, one that
 * brings them nearer to 1; of all others 1.
 */
export function squarable(a: Tensors): { scaled: Tensors; scale: Tensor } {
  const most = largest(a);
  const scale: Tensor = tf.where(tf.less(most, 1e-12), 2 ** 90, tf.where(tf.greater(most, 1e12), 2 ** -90, 1));
  return { scaled: mapTensors(a, (x) => tf.mul(x, scale)), scale };
}

/** max |a| over all elements of all tensors: a scalar. */
export function largest(a: Tensors): Tensor {
  return tf.max(tf.stack(Object.values(a).map((x) => tf.max(tf.abs(x)))));
}

/** The sum of scalars; 0 of none. */
export function sumOf(scalars: Tensor[]): Tensor {
  return scalars.length === 0 ? tf.scalar(0) : scalars.length === 1 ? scalars[0] : tf.addN(scalars);
}
