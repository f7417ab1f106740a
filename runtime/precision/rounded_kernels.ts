/**
 * Operations whose results are rounded.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { ALL_FINITE } from "../all_finite.ts";
import { DRAW } from "../chance.ts";
import { DENSE } from "../dense_layer.ts";
import { ELEMENTWISE } from "../elementwise/elementwise.ts";
import { PARITY_SIGNS, RANDOM_LINES } from "../parity_signs.ts";
import { SELECT } from "../select.ts";
import type { Format } from "./format.ts";
import { halfKernelFor, requireHalfProducts } from "./half_products.ts";
import { hasNarrowSums, narrowSums } from "./narrow_sums.ts";
import { ROUND } from "./round.ts";
import { ROUND_RESULT, roundResult } from "./round_result.ts";
import { computedIn, formatNow, halvesNow, inFloat32, productsNow, sumsNow } from "./scope.ts";

/** What moves numbers or picks some of them: a format that has the operands has the results, and float32 numbers must stay what they are. */
const EXACT: ReadonlySet<string> = new Set([
  ...["Identity", "Reshape", "ExpandDims", "Transpose", "Slice", "StridedSlice", "Concat", "Pack", "Unpack", "SplitV"],
  ...["GatherV2", "GatherNd", "Tile", "PadV2", "MirrorPad", "Reverse", "Cast", "Select", "Fill", "Diag"],
  ...["ZerosLike", "OnesLike", "OneHot", "Range", "SpaceToBatchND", "BatchToSpaceND", "DepthToSpace", "SparseToDense"],
  ...["TensorScatterUpdate", "ResizeNearestNeighbor", "FlipLeftRight", "Relu", "Relu6", "Abs", "Neg", "Sign", "Step"],
  ...[
    "Floor",
    "Ceil",
    "Round",
    "Max",
    "Min",
    "Maximum",
    "Minimum",
    "MaxPool",
    "MaxPool3D",
    "MaxPoolWithArgmax",
    "TopK",
  ],
  ...[SELECT, DRAW, PARITY_SIGNS, RANDOM_LINES, ROUND, ROUND_RESULT, ALL_FINITE],
]);

/** Matrix products and convolutions, there and back. */
const PRODUCTS: ReadonlySet<string> = new Set([
  ...["BatchMatMul", "_FusedMatMul", DENSE, "Conv2D", "FusedConv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"],
  ...["DepthwiseConv2dNative", "DepthwiseConv2dNativeBackpropInput", "DepthwiseConv2dNativeBackpropFilter"],
]);

type Call = Parameters<tf.KernelFunc>[0];

const rounding = new WeakSet<tf.KernelConfig>();

/**
 * Lets every kernel of the current backend round what it computes while a scope asks for it: each result to the format that holds
 * when it is computed. Formulas round after each of their operations. Numbers that stand alone (a loss, a rate, a counter) stay in
 * float32. Calling it again is cheap.
 */
export function roundKernels(): void {
  const backendName = tf.getBackend(), known = tf.getKernel(ROUND, backendName);
  if (!known || rounding.has(known)) return; // whoever registers kernels anew registers this one, too
  for (const kernel of tf.getKernelsForBackend(backendName)) {
    if (rounding.has(kernel)) continue;
    const { kernelName, kernelFunc } = kernel;
    const rounded = { ...kernel, kernelFunc: withRounding(kernelName, kernelFunc) };
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel(rounded);
    rounding.add(rounded);
  }
}

/**
 * As {@linkcode computedIn}, with kernels that round.
 *
 * @throws `UserError` where the device is to compute in float16 and cannot.
 */
export function roundedIn<T>(...[arithmetic, part, f, lossScale]: Parameters<typeof computedIn<T>>): T {
  roundKernels();
  if (arithmetic.halves) requireHalfProducts();
  return computedIn(arithmetic, part, f, lossScale);
}

function withRounding(name: string, compute: tf.KernelFunc): tf.KernelFunc {
  if (EXACT.has(name)) return compute;
  if (name === ELEMENTWISE) {
    return (call) => {
      const format = formatNow();
      return compute(format ? { ...call, attrs: { ...call.attrs, format } as unknown as tf.NamedAttrMap } : call);
    };
  }
  const isProduct = PRODUCTS.has(name), sums = hasNarrowSums(name);
  return (call) => {
    const summed = sums ? sumsNow() : undefined;
    if (summed) return inFloat32(() => narrowSums(name, compute, call, summed));
    const products = isProduct ? productsNow() : undefined, format = products ?? formatNow();
    if (!format) return compute(call);
    const half = products && halvesNow() ? halfKernelFor(name, call) : undefined;
    if (half) return half.kernelFunc(call);
    const once = (whole: Call) => roundedResults(inFloat32(() => compute(whole)), call, format); // not in what it calls, too
    if (!products) return once(call);
    const narrow = narrowed(call, products);
    try {
      return once({ ...call, inputs: narrow.inputs });
    } finally {
      for (const { dataId } of narrow.made) tf.backend().disposeData(dataId);
    }
  };
}

/** The operands of a product in a narrow format, and those of them that are new. */
function narrowed({ inputs, backend, attrs }: Call, format: Format) {
  const made: tf.TensorInfo[] = [], round = tf.getKernel(ROUND, tf.getBackend())!.kernelFunc;
  const entries = Object.entries(inputs).map(([name, x]) => {
    if (!x || x.dtype !== "float32") return [name, x] as const;
    const attributes = { ...attrs, format } as unknown as tf.NamedAttrMap;
    const narrow = round({ inputs: { x }, backend, attrs: attributes }) as tf.TensorInfo;
    made.push(narrow);
    return [name, narrow] as const;
  });
  return { inputs: Object.fromEntries(entries) as tf.NamedTensorInfoMap, made };
}

function roundedResults(results: ReturnType<tf.KernelFunc>, { inputs }: Call, format: Format): typeof results {
  const given = new Set(Object.values(inputs).flat().map((x) => x?.dataId));
  const rounded = (result: tf.TensorInfo): tf.TensorInfo => {
    const stays = result.dtype !== "float32" || given.has(result.dataId) || tf.util.sizeFromShape(result.shape) <= 1;
    return stays ? result : roundResult(result, format);
  };
  return Array.isArray(results) ? results.map(rounded) : rounded(results);
}
