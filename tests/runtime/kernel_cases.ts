/**
 * Operations that training needs, each with inputs on which it and its gradient are compared between backends.
 */
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "../../runtime/tensor.ts";

/** On WebGPU tfjs computes 1 + x, or subtracts 1, in float32: the absolute error is 1e-7, but not the relative one. */
export const inexactOnWebgpu = ["expm1 near 0", "log1p near 0"];

/** Rank-free, because the table mixes ranks. */
// deno-lint-ignore no-explicit-any
type Any = any;

export interface KernelCase {
  readonly name: string;
  /** Shapes of the float inputs. */
  readonly shapes: number[][];
  readonly f: (...inputs: Any[]) => Tensor;
  /** False where the operation has no gradient. */
  readonly gradient?: false;
}

const row = (name: string, shapes: number[][], f: KernelCase["f"], gradient?: false): KernelCase => ({
  name,
  shapes,
  f,
  gradient,
});
const labels = (...values: number[]) => tf.tensor1d(values, "int32");

const elementwise: KernelCase[] = ([
  ["relu", tf.relu],
  ["tanh", tf.tanh],
  ["sigmoid", tf.sigmoid],
  ["softplus", tf.softplus],
  ["softplus of large values", (x: Any) => tf.softplus(tf.mul(x, 40))],
  ["exp", tf.exp],
  ["expm1", tf.expm1],
  ["expm1 near 0", (x: Any) => tf.mul(tf.expm1(tf.mul(x, 1e-4)), 1e4)],
  ["log", (x: Any) => tf.log(tf.add(tf.abs(x), 0.1))],
  ["log1p", (x: Any) => tf.log1p(tf.abs(x))],
  ["sqrt", (x: Any) => tf.sqrt(tf.add(tf.abs(x), 0.1))],
  ["rsqrt", (x: Any) => tf.rsqrt(tf.add(tf.abs(x), 0.1))],
  ["square", tf.square],
  ["abs", tf.abs],
  ["neg", tf.neg],
  ["pow", (x: Any) => tf.pow(tf.add(tf.abs(x), 0.1), 1.7)],
  ["clipByValue", (x: Any) => tf.clipByValue(x, -0.5, 0.5)],
  ["leakyRelu", (x: Any) => tf.leakyRelu(x, 0.2)],
  ["elu", tf.elu],
  ["erf", tf.erf],
  ["reshape", (x: Any) => tf.reshape(x, [5, 7])],
  ["cast", (x: Any) => tf.cast(tf.greater(x, 0), "float32"), false],
  ["log1p near 0", (x: Any) => tf.mul(tf.log1p(tf.mul(x, 1e-4)), 1e4)],
] as [string, KernelCase["f"], false?][]).map(([name, f, gradient]) => row(name, [[7, 5]], f, gradient));

const binary: KernelCase[] = [
  row("add with broadcast", [[4, 1, 3], [2, 1]], tf.add),
  row("sub with broadcast", [[3], [4, 3]], tf.sub),
  row("mul with broadcast", [[4, 3], [3]], tf.mul),
  row("div", [[4, 3], [4, 3]], (a, b) => tf.div(a, tf.add(tf.abs(b), 0.5))),
  row("divNoNan", [[4, 3], [3]], (a, b) => tf.divNoNan(a, tf.relu(b)), false),
  row("maximum", [[4, 3], [4, 3]], tf.maximum), // with broadcast it has no gradient on any backend
  row("minimum", [[4, 3], [4, 3]], tf.minimum),
  row("squaredDifference", [[4, 3], [4, 3]], tf.squaredDifference),
  row("addN", [[4, 3], [4, 3]], (a, b) => tf.addN([a, b])),
  // WebGPU binds at most 8 buffers to a shader
  ...[7, 8, 9, 40].map((n) => row(`addN of ${n}`, Array(n).fill([4, 3]), (...terms) => tf.addN(terms))),
  row("where", [[4, 3], [4, 3]], (a, b) => tf.where(tf.tensor2d([[1, 0, 1]], undefined, "bool").tile([4, 1]), a, b)),
  row("dropout by a mask", [[4, 3]], (x) => tf.mul(x, tf.div(tf.tensor1d([0, 1, 1]), 0.7))),
];

const reductions: KernelCase[] = [undefined, 0, 1, 2, [0, 2], [0, 1]].flatMap((axis) =>
  ([["sum", tf.sum], ["mean", tf.mean], ["max", tf.max], ["min", tf.min]] as const).map(([name, reduce]) =>
    row(`${name} over ${axis ?? "all"}`, [[3, 4, 5]], (x) => (reduce as Any)(x, axis))
  )
).concat([
  row("mean over an image", [[2, 3, 4, 21]], (x) => tf.mean(x, [1, 2])),
  row("sum over an image, keeping axes", [[2, 3, 4, 21]], (x) => tf.sum(x, [2, 1], true)),
  row("sum, keeping axes", [[3, 4]], (x) => tf.sum(x, 1, true)),
  row("logSumExp", [[3, 4]], (x) => tf.logSumExp(x, 1)),
  row("softmax", [[3, 4]], (x) => tf.softmax(x)),
  row("logSoftmax", [[3, 4]], (x) => tf.logSoftmax(x)),
  row("logSoftmax of large values", [[3, 4]], (x) => tf.logSoftmax(tf.mul(x, 60))),
  row("moments", [[6, 4]], (x) => tf.add(tf.moments(x, 0).mean, tf.moments(x, 0).variance)),
  row("cumsum", [[3, 4]], (x) => tf.cumsum(x, 1)),
  row("norm", [[3, 4]], (x) => tf.norm(x)),
  row("argMax", [[3, 4]], (x) => tf.argMax(x, 1), false),
  row("isFinite", [[3, 4]], (x) => tf.isFinite(tf.div(x, tf.relu(x))), false),
  row("all, any", [[3, 4]], (x) => tf.logicalOr(tf.all(tf.greater(x, 0), 1), tf.any(tf.less(x, -0.9), 1)), false),
]);

const layout: KernelCase[] = [
  row("flatten", [[2, 3, 4]], (x) => tf.reshape(x, [2, -1])),
  row("transpose", [[3, 4]], (x) => tf.transpose(x)),
  row("transpose rank 4", [[2, 3, 4, 5]], (x) => tf.transpose(x, [0, 2, 1, 3])),
  row("transpose rank 5", [[2, 3, 2, 3, 2]], (x) => tf.transpose(x, [4, 2, 0, 1, 3])),
  row("concat", [[2, 3], [2, 4]], (a, b) => tf.concat([a, b], 1)),
  row("stack", [[2, 3], [2, 3]], (a, b) => tf.stack([a, b], 1)),
  row("unstack", [[3, 4]], (x) => tf.unstack(x)[1]),
  row("split", [[4, 6]], (x) => tf.split(x, 3, 1)[1]),
  row("split in unequal parts", [[2, 7, 5]], (x) => tf.split(x, [1, 4, 2], 1)[1]),
  row("slice", [[4, 6]], (x) => tf.slice(x, [1, 2], [2, 3])),
  row("slice rank 4", [[2, 3, 4, 3]], (x) => tf.slice(x, [1, 0, 1, 0], [1, 2, 2, 3])),
  row("slice of channels", [[2, 3, 4, 9]], (x) => tf.slice(x, [0, 0, 0, 1], [-1, -1, -1, 6])),
  row("slice of rows", [[3, 4, 5]], (x) => tf.slice(x, [1], [2])),
  row("slice of a vector", [[7]], (x) => tf.slice(x, 2, 3)),
  row("slice of nothing", [[3, 4]], (x) => tf.slice(x, [1, 1], [0, 2]), false),
  row("slice rank 5", [[2, 3, 2, 3, 4]], (x) => tf.slice(x, [0, 1, 0, 0, 1], [2, 2, 1, 3, 2])),
  row("pad", [[3, 4]], (x) => tf.pad(x, [[1, 0], [2, 3]], 0.5)),
  row("pad rank 4", [[2, 3, 2, 2]], (x) => tf.pad(x, [[0, 0], [1, 1], [2, 0], [0, 0]])),
  row("pad rank 5", [[2, 3, 2, 2, 3]], (x) => tf.pad(x, [[1, 0], [0, 0], [0, 2], [1, 1], [0, 1]], 0.25)),
  row("tile", [[2, 3]], (x) => tf.tile(x, [2, 3])),
  row("tile of places in between", [[2, 1, 3, 1]], (x) => tf.tile(x, [1, 4, 1, 5])),
  row("broadcastTo", [[1, 3]], (x) => tf.broadcastTo(x, [4, 3])),
  row("reverse", [[3, 4]], (x) => tf.reverse(x, 1)),
  row("expandDims and squeeze", [[3, 4]], (x) => tf.squeeze(tf.expandDims(tf.expandDims(x, 1), 0))),
  row(
    "stridedSlice rank 4",
    [[2, 7, 6, 3]],
    (x) => tf.stridedSlice(x, [0, 1, 0, 0], [2, 6, 5, 3], [1, 2, 2, 1]),
    false,
  ),
  row("gather rows", [[6, 4]], (x) => tf.gather(x, labels(5, 0, 5, 2, 5))),
  row("gather columns", [[3, 6]], (x) => tf.gather(x, labels(1, 1, 4), 1)),
  row("gather in the middle", [[2, 5, 3]], (x) => tf.gather(x, labels(4, 0, 4), 1)),
  row("gather by a matrix", [[6, 4]], (x) => tf.gather(x, tf.tensor2d([[0, 1], [1, 5]], undefined, "int32"))),
  row("where a mask broadcasts", [[3, 2, 4, 5], [1]], (x, y) => {
    return tf.where(tf.tensor([1, 0, 1, 1, 0], [1, 1, 1, 5], "bool"), x, tf.broadcastTo(y, x.shape));
  }),
  row("oneHot", [[3, 4]], (x) => tf.mul(x, tf.cast(tf.oneHot(labels(0, 3, 1), 4), "float32"))),
  row("unsortedSegmentSum", [[5, 3]], (x) => tf.unsortedSegmentSum(x, labels(2, 0, 2, -1, 1), 4)),
];

const convolutions: KernelCase[] = ([
  ["valid", 1, "valid", [3, 3]],
  ["same", 1, "same", [3, 3]],
  ["same, even filter", 1, "same", [2, 4]],
  ["stride 2, same", 2, "same", [3, 3]],
  ["stride 2, valid", 2, "valid", [3, 2]],
  ["strides 2 and 3", [2, 3], "same", [4, 3]],
  ["stride larger than the filter", 3, "valid", [2, 2]],
  ["1 by 1", 1, "valid", [1, 1]],
  ["1 by 1, stride 2", 2, "same", [1, 1]],
  ["padding 1", 1, 1, [3, 3]],
  ["padding 2, stride 2", 2, 2, [3, 3]],
  ["padding wider than the filter", 1, 3, [2, 2]],
] as [string, Any, Any, [number, number]][]).map(([name, strides, pad, size]) =>
  row(`conv2d ${name}`, [[2, 7, 8, 3], [...size, 3, 4]], (x, filter) => tf.conv2d(x, filter, strides, pad))
).concat([
  row("conv2d of one image, one channel", [[5, 6, 1], [3, 3, 1, 2]], (x, filter) => tf.conv2d(x, filter, 1, "same")),
  row("conv2d of even planes", [[2, 8, 8, 4], [3, 3, 4, 8]], (x, filter) => tf.conv2d(x, filter, 2, "same")),
  row("maxPool", [[2, 6, 7, 3]], (x) => tf.maxPool(x, 2, 2, "valid")),
  row("maxPool, overlapping", [[2, 6, 7, 3]], (x) => tf.maxPool(x, 3, 2, "same")),
  row("maxPool, margins of −∞", [[2, 6, 7, 3]], (x) => {
    return tf.maxPool(tf.pad(x, [[0, 0], [1, 1], [0, 2], [0, 0]], -Infinity), 3, 2, "valid");
  }),
  row("avgPool, margins of 0", [[2, 6, 7, 3]], (x) => {
    return tf.avgPool(tf.pad(x, [[0, 0], [1, 0], [1, 2], [0, 0]]), 3, 2, "valid");
  }),
  row("avgPool", [[2, 6, 7, 3]], (x) => tf.avgPool(x, 2, 2, "valid")),
  row("avgPool of every third pixel", [[2, 7, 8, 5]], (x) => tf.avgPool(x, 1, 3, "valid")),
  row("avgPool, overlapping", [[2, 6, 7, 3]], (x) => tf.avgPool(x, 3, 2, "same")),
  row(
    "conv2d, dilated",
    [[2, 8, 8, 3], [3, 3, 3, 4]],
    (x, filter) => tf.conv2d(x, filter, 1, "same", "NHWC", 2),
    false,
  ),
]);

/** The shapes of a (as `[…, rows, inner]`) and b (as `[…, inner, columns]`) before they are transposed. */
export const productShapes: [string, number[], number[]][] = [
  ["matrices", [5, 7], [7, 6]],
  ["a row", [1, 7], [7, 6]],
  ["a column", [5, 7], [7, 1]],
  ["inner size 1", [5, 1], [1, 6]],
  ["multiples of 4", [8, 16], [16, 12]],
  ["larger than a tile", [70, 65], [65, 67]],
  ["a batch", [3, 5, 7], [3, 7, 6]],
  ["two batch axes", [2, 3, 5, 4], [2, 3, 4, 6]],
  ["a batch times one", [3, 5, 7], [1, 7, 6]],
  ["one times a batch", [1, 5, 7], [3, 7, 6]],
  ["a batch times a matrix", [3, 5, 7], [7, 6]],
  ["a matrix times a batch", [5, 7], [3, 7, 6]],
];

const products: KernelCase[] = productShapes.flatMap(([name, a, b]) =>
  [[false, false], [true, false], [false, true], [true, true]].map(([transposeA, transposeB]) => {
    const swap = (shape: number[], swapped: boolean) =>
      swapped ? [...shape.slice(0, -2), ...shape.slice(-2).reverse()] : shape;
    const broadcasts = tf.util.sizeFromShape(a.slice(0, -2)) !== tf.util.sizeFromShape(b.slice(0, -2));
    const title = `matMul${transposeA ? ", aᵀ" : ""}${transposeB ? ", bᵀ" : ""}, ${name}`;
    const product = (x: Any, y: Any) => tf.matMul(x, y, transposeA, transposeB);
    // tfjs's gradient of matMul does not sum over the axes along which an operand was broadcast.
    return row(title, [swap(a, transposeA), swap(b, transposeB)], product, broadcasts ? false : undefined);
  })
);

const fused: KernelCase[] = (["linear", "relu", "relu6", "elu", "sigmoid", "leakyrelu"] as const).flatMap((
  activation,
) =>
  [[false, false], [true, true]].map(([transposeA, transposeB]) =>
    row(
      `fused matMul${transposeA ? ", transposed" : ""}, ${activation}`,
      [[6, 6], [6, 6], [6]],
      (a, b, bias) => tf.fused.matMul({ a, b, transposeA, transposeB, bias, activation, leakyreluAlpha: 0.3 }),
    )
  )
).concat(
  row("fused matMul of a batch", [[3, 5, 7], [3, 7, 6]], (a, b) => tf.fused.matMul({ a, b, activation: "relu" })),
  row(
    "fused matMul, prelu",
    [[5, 7], [7, 6], [6], [6]],
    (a, b, bias, preluActivationWeights) =>
      tf.fused.matMul({ a, b, bias, activation: "prelu", preluActivationWeights }),
    false,
  ),
);

export const kernelCases: KernelCase[] = [
  ...elementwise,
  ...binary,
  ...reductions,
  ...layout,
  ...convolutions,
  ...products,
  ...fused,
];
