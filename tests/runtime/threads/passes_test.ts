/** The same bits for any number of threads: kernels that pass over all numbers. */
import { assertEquals } from "@std/assert";
import { program } from "../../../runtime/elementwise/program.ts";
import { addRow } from "../../../runtime/wasm/add_row.ts";
import { atLeast } from "../../../runtime/wasm/at_least.ts";
import { attention, attentionGradient } from "../../../runtime/wasm/attention.ts";
import { averagePoolGradient } from "../../../runtime/wasm/average_pool.ts";
import { batchNorm, batchNormGradient } from "../../../runtime/wasm/batch_norm.ts";
import { maxPoolGradient } from "../../../runtime/wasm/convolution.ts";
import { draw } from "../../../runtime/wasm/chance.ts";
import { activationGradient, biased } from "../../../runtime/wasm/biased.ts";
import { dense } from "../../../runtime/wasm/dense_layer.ts";
import { elementwise } from "../../../runtime/wasm/elementwise.ts";
import { free } from "../../../runtime/wasm/heap.ts";
import { kronecker } from "../../../runtime/wasm/kronecker.ts";
import { layerNorm } from "../../../runtime/wasm/layer_norm.ts";
import { map } from "../../../runtime/wasm/maps.ts";
import { rowLoss } from "../../../runtime/wasm/row_loss.ts";
import { sum } from "../../../runtime/wasm/sum.ts";
import { blockProducts, twoSided } from "../../../runtime/wasm/two_sided.ts";
import { onThreads } from "./on_threads.ts";
import { backend, call, sameBits, SMALL } from "./same_bits.ts";

Deno.test("threads: passes over all numbers have the same bits", () => {
  const formula = program(({ x, y, rate }) => {
    const next = x.mul(rate).add(y);
    return { next, other: next.div(y.mul(y).add(1).sqrt()) };
  });
  const attributes = { program: formula, shared: ["rate"], count: 1 };
  const variances = backend.makeOutput([67], "float32"); // positive, as a wave is not
  backend.typedArrayFromHeap(variances).forEach((_, i, all) => all[i] = 1 + i % 7);
  sameBits({
    "a formula": call(
      [[1003], [1003], []],
      (context, [x, y, rate]) => elementwise(context, { "x.0": x, "y.0": y, rate }, attributes),
    ),
    "a rounded formula": call([[1003], [1003], []], (context, [x, y, rate]) => {
      return elementwise(context, { "x.0": x, "y.0": y, rate }, {
        ...attributes,
        format: { name: "bf16", exponent: 8, mantissa: 7 },
      });
    }),
    "exp": call([[17, 61]], (context, [x]) => map(context, "Exp", x)),
    "a row": call([[37, 5, 11], [5, 11]], (context, [a, b]) => addRow(context, { a, b })!),
    "dense": call([[37, 20], [20, 45], [45]], (context, [x, kernel, bias]) => {
      return dense(context, { x, kernel, bias }, { activation: "tanh" });
    }),
    "dense, back": call(
      [[37, 45], [37, 45]],
      (context, [dy, y]) => activationGradient(context, { dy, y }, { activation: "relu" }),
    ),
    "a bias and an activation": call([[3, 5, 7, 6], [6]], (context, [x, bias]) => {
      return biased(context, { x, bias }, { activation: "relu" });
    }),
    "a bias and an activation of many rows, back": call(
      [[3, 21, 17, 6], [3, 21, 17, 6]],
      (context, [dy, y]) => activationGradient(context, { dy, y }, { activation: "tanh" }),
    ),
    "average pooling, back": call([[5, 4, 4, 6], [5, 8, 8, 6]], (context, [dy, input]) => {
      return averagePoolGradient(context, { dy, input }, { filterSize: 2, strides: 2, pad: "valid" });
    }),
    "comparison": call([[1003], [1]], (context, [a, b]) => atLeast(context, { a, b })!),
    "between factors": call([[24, 17], [17], [7, 4, 4], [5, 4, 4]], (context, [body, last, a, b]) => {
      return twoSided(context, { body, last, a, b }, { transposeLeft: true });
    }),
    "between full factors": call([[25, 17], [25, 25], [17, 17]], (context, [body, a, b]) => {
      return twoSided(context, { body, a, b }, { transposeRight: true });
    }),
    "blocks of products": call([[24, 17], [17], [24, 17], [17]], (context, [x, xLast, y, yLast]) => {
      return blockProducts(context, { x, xLast, y, yLast }, { a: [7, 4, 4], b: [5, 4, 4] });
    }),
    "random numbers": call([[]], (context) => {
      const step = backend.makeOutput([], "int32");
      backend.typedArrayFromHeap(step).fill(7);
      const drawn = (["uniform", "signs"] as const).map((form) => {
        return draw(context, { step }, { form, key: [3, 4], shape: [7, 19, 11] });
      });
      free(backend, step);
      return drawn;
    }),
    "sums of rows": call([[37, 41]], (context, [x]) => sum(context, { x }, { axis: 1, keepDims: false })!),
    "sums of columns": call([[37, 71]], (context, [x]) => sum(context, { x }, { axis: 0, keepDims: false })!),
    "sums between": call([[7, 13, 11]], (context, [x]) => sum(context, { x }, { axis: 1, keepDims: false })!),
    "attention": call([[3, 7, 20], [3, 9, 20], [3, 9, 20], [3, 1, 1, 9]], (context, [q, k, v, mask]) => {
      return attention(context, { q, k, v, mask }, { heads: 4 });
    }),
    "attention, back": call(
      [[3, 7, 20], [3, 7, 20], [3, 9, 20], [3, 9, 20], [3, 4, 7, 9]],
      (context, [dy, q, k, v, weights]) => attentionGradient(context, { dy, q, k, v, weights }, { heads: 4 }),
    ),
    "layer norm": call([[37, 21], [21], [21]], (context, [x, scale, shift]) => {
      return layerNorm(context, { x, scale, shift }, { epsilon: 1e-5 });
    }),
    "loss": call([[37, 21], [37, 21]], (context, [outputs, reference]) => {
      return rowLoss(context, { outputs, reference }, { loss: "softmaxDivergence", rank: 1 });
    }),
    "P G": call([[45, 37], [45, 37], [3, 20, 20], [2, 24, 24]], (context, [g, scale, a, b]) => {
      return kronecker(context, { g, scale, a, b });
    }),
    "P G without A": call(
      [[200, 37], [200, 37], [2, 24, 24]],
      (context, [g, scale, b]) => kronecker(context, { g, scale, b }),
    ),
    "batch norm": call([[75, 67], [67], [67]], (context, [x, scale, shift]) => {
      return batchNorm(context, { x, scale, shift }, { epsilon: 1e-3, relu: true, added: false });
    }),
    "batch norm with an addend, back": call(
      [[75, 67], [75, 67], [75, 67], [67], [67], [67], [67]],
      (context, [dy, x, y, scale, mean, dMean, dVariance]) => {
        const inputs = { dy, x, y, scale, mean, variance: variances, dMean, dVariance };
        return batchNormGradient(context, inputs, { epsilon: 1e-3, relu: true, added: true });
      },
    ),
    "batch norm, back": call(
      [[75, 67], [75, 67], [67], [67], [67], [67]],
      (context, [dy, x, scale, mean, dMean, dVariance]) => {
        const inputs = { dy, x, scale, mean, variance: variances, dMean, dVariance };
        return batchNormGradient(context, inputs, { epsilon: 1e-3, relu: false, added: false });
      },
    ),
    "max pooling, back": call([[5, 4, 4, 6], [5, 8, 8, 6]], (context, [dy, input]) => {
      return maxPoolGradient(context, { dy, input }, { filterSize: 2, strides: 2, pad: "valid" });
    }),
  }, (name) => name.includes("many rows"));
});

Deno.test("threads: a formula's results are known to be finite only where all threads have found them so", () => {
  const formula = program(({ x }) => ({ y: x.mul(2) })), attributes = { program: formula, shared: [], count: 1 };
  onThreads(backend, true, { threads: 3, large: SMALL }, (context) => {
    for (const [bad, known] of [[0, true], [NaN, false], [Infinity, false]] as const) {
      for (const place of [0, 500, 999]) {
        const x = backend.makeOutput([1000], "float32");
        backend.typedArrayFromHeap(x).fill(1).fill(bad, place, place + 1);
        const [y] = elementwise(context, { "x.0": x }, attributes);
        assertEquals(context.finite.has(y.dataId), known, `${bad} at ${place}`);
        free(backend, x, y);
      }
    }
  });
});
