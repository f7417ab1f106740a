/** Attention of heads: against float64, on every backend and in both builds on wasm. */
import { assert, assertEquals, assertLess } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { attended, ATTENTION, ATTENTION_GRADIENT } from "../../runtime/attention.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { BF16, F16 } from "../../runtime/precision/format.ts";
import { computedIn } from "../../runtime/precision/scope.ts";
import { reversePass } from "../../runtime/reverse_pass.ts";
import type { Tensor, Tensors } from "../../runtime/tensor.ts";
import { assertClose, numbersOf } from "./close.ts";
import { everywhere } from "./everywhere.ts";

type Arrays = Record<"q" | "k" | "v", number[]>;

interface Sizes {
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  /** Of a head. */
  readonly size: number;
  /** The first and the third axis of a mask; none without. */
  readonly mask?: readonly [number, number];
}

const wave = (size: number, phase: number) => Array.from({ length: size }, (_, i) => 2 * Math.sin(i * 1.37 + phase));
const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);

const cases: readonly Sizes[] = [
  { batch: 1, heads: 1, queries: 1, keys: 1, size: 1 },
  { batch: 2, heads: 1, queries: 3, keys: 2, size: 5 },
  { batch: 2, heads: 3, queries: 2, keys: 5, size: 1, mask: [1, 2] },
  { batch: 3, heads: 2, queries: 4, keys: 4, size: 4, mask: [1, 4] },
  { batch: 2, heads: 2, queries: 5, keys: 9, size: 3, mask: [2, 1] },
  { batch: 2, heads: 4, queries: 6, keys: 7, size: 2, mask: [2, 6] },
  { batch: 1, heads: 2, queries: 3, keys: 8, size: 8, mask: [1, 1] },
];

function inputsOf({ batch, heads, queries, keys, size }: Sizes): Arrays {
  const numbers = (rows: number, phase: number) => wave(batch * rows * heads * size, phase);
  return { q: numbers(queries, 0), k: numbers(keys, 1), v: numbers(keys, 2) };
}

/** Every third key is masked, but never all of them. */
function maskOf({ mask, keys }: Sizes): number[] | undefined {
  if (!mask) return undefined;
  return Array.from({ length: mask[0] * mask[1] * keys }, (_, i) => (i % 3 === 1 && i % keys > 0 ? -1e9 : Math.cos(i)));
}

/** By definition, in float64. */
function exact({ batch, heads, queries, keys, size, mask }: Sizes, { q, k, v }: Arrays, masks?: number[]): number[] {
  const width = heads * size, out: number[] = Array(batch * queries * width).fill(0);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const at = (row: number, rows: number) => (b * rows + row) * width + h * size;
      const part = (x: number[], row: number, rows: number) => x.slice(at(row, rows), at(row, rows) + size);
      for (let i = 0; i < queries; i++) {
        const line = masks && ((b % mask![0]) * mask![1] + i % mask![1]) * keys;
        const scores = Array.from({ length: keys }, (_, j) => {
          return dot(part(q, i, queries), part(k, j, keys)) / Math.sqrt(size) +
            (line === undefined ? 0 : masks![line + j]);
        });
        const most = Math.max(...scores), powers = scores.map((score) => Math.exp(score - most));
        const total = powers.reduce((sum, x) => sum + x);
        powers.forEach((power, j) => {
          part(v, j, keys).forEach((value, c) => out[at(i, queries) + c] += power / total * value);
        });
      }
    }
  }
  return out;
}

/** The tensors of a case. The caller disposes of them. */
function tensorsOf(sizes: Sizes, { q, k, v }: Arrays, masks?: number[]): { params: Tensors; mask?: Tensor } {
  const { batch, heads, queries, keys, size, mask } = sizes, width = heads * size;
  const params: Tensors = {
    q: tf.tensor(q, [batch, queries, width]),
    k: tf.tensor(k, [batch, keys, width]),
    v: tf.tensor(v, [batch, keys, width]),
  };
  return { params, ...masks && { mask: tf.tensor(masks, [mask![0], 1, mask![1], keys]) } };
}

/** The output and the gradients of Σ w y on the backend that is chosen. */
async function computed(sizes: Sizes, inputs: Arrays, w: number[]): Promise<{ y: number[]; gradients: Arrays }> {
  const { params, mask } = tensorsOf(sizes, inputs, maskOf(sizes));
  const apply = ({ q, k, v }: Tensors) => attended(sizes.heads, { q, k, v, mask });
  const loss = (at: Tensors): Tensor => tf.sum(tf.mul(apply(at), tf.tensor(w, params.q.shape)));
  const all = tf.tidy(() => ({ y: apply(params), ...reversePass(loss, params).gradients }));
  assertEquals(Object.values(all).map(({ shape }) => shape), [params.q, ...Object.values(params)].map((x) => x.shape));
  const { y, ...gradients } = await numbersOf<"y" | keyof Arrays>(all);
  tf.dispose([params, mask ?? []] as never);
  return { y, gradients };
}

everywhere("attended and its gradients are those of float64, whatever the sizes and masks", async () => {
  for (const sizes of cases) {
    const inputs = inputsOf(sizes), w = wave(inputs.q.length, 4), step = 1e-5, what = JSON.stringify(sizes);
    const masks = maskOf(sizes), { y, gradients } = await computed(sizes, inputs, w);
    assertClose(y, exact(sizes, inputs, masks), 1e-5, what);
    for (const [name, values] of Object.entries(inputs)) {
      const expected = values.map((_, i) => {
        const moved = (by: number) => {
          return dot(w, exact(sizes, { ...inputs, [name]: values.map((x, k) => k === i ? x + by : x) }, masks));
        };
        return (moved(step) - moved(-step)) / (2 * step);
      });
      assertClose(gradients[name as keyof Arrays], expected, 2e-5, `${what}, gradient of ${name}`);
    }
  }
});

everywhere("attended of long sequences: the slope along directions is that of float64", async () => {
  const sizes: Sizes = { batch: 2, heads: 2, queries: 40, keys: 260, size: 33, mask: [2, 40] };
  const inputs = inputsOf(sizes), w = wave(inputs.q.length, 4), step = 1e-4, masks = maskOf(sizes);
  const { y, gradients } = await computed(sizes, inputs, w);
  assertClose(y, exact(sizes, inputs, masks), 1e-5, "output");
  for (const [name, values] of Object.entries(inputs)) {
    const along = wave(values.length, 4.2);
    const moved = (by: number) =>
      dot(w, exact(sizes, { ...inputs, [name]: values.map((x, k) => x + by * along[k]) }, masks));
    const expected = (moved(step) - moved(-step)) / (2 * step), gradient = gradients[name as keyof Arrays];
    const size = Math.sqrt(dot(gradient, gradient) * dot(along, along));
    assertLess(Math.abs(dot(gradient, along) - expected), 1e-5 * size, name);
  }
});

everywhere("attended: a query that sees nothing takes the mean, and NaN stays with its sequence and head", async () => {
  const sizes: Sizes = { batch: 2, heads: 2, queries: 2, keys: 3, size: 2, mask: [1, 2] },
    { q, k, v } = inputsOf(sizes);
  k[0] = NaN; // of the first sequence's first head
  const { params, mask } = tensorsOf(sizes, { q, k, v }, [0, 0, 0, -1e9, -1e9, -1e9]);
  const y = tf.tidy(() => attended(2, { q: params.q, k: params.k, v: params.v, mask }));
  const numbers = [...await y.data()], isNaN = numbers.map(Number.isNaN);
  assertEquals(isNaN.slice(8), Array(8).fill(false));
  assertEquals(isNaN.slice(0, 8), [true, true, false, false, true, true, false, false]);
  const means = [0, 1, 2, 3].map((c) => [0, 1, 2].reduce((sum, j) => sum + v[12 + 4 * j + c], 0) / 3);
  assertClose(numbers.slice(12), means, 1e-5, "means");
  tf.dispose([y, params, mask!] as never);
});

everywhere("attended: a gradient of a gradient is tfjs's, as far as that has one", async () => {
  const inputs = () => tf.tensor3d([[[0], [1]]]);
  const [q, k, v] = [tf.ones([1, 1, 1]), inputs(), inputs()];
  const slope = tf.tidy(() => {
    const weight = (q: Tensor): Tensor => { // of the second value: σ(q)
      const weights = tf.grad((v: Tensor) => tf.sum(attended(1, { q, k, v })))(v);
      return tf.sum(tf.mul(weights, v));
    };
    return tf.grad(weight)(q);
  });
  const weight = 1 / (1 + Math.exp(-1));
  assertClose([...await slope.data()], [weight * (1 - weight)], 1e-5, "slope");
  tf.dispose([q, k, v, slope]);
});

Deno.test("attended on wasm is one kernel there and one back; in 16 bits and for other masks it is operations", async () => {
  await chooseBackend("wasm");
  const engine = tf.engine(), { runKernel } = engine;
  const sizes = cases[5], { params, mask } = tensorsOf(sizes, inputsOf(sizes), maskOf(sizes)), { k, v } = params;
  const names = (run: () => void) => {
    const all: string[] = [];
    engine.runKernel = function (name, ...rest) {
      all.push(name);
      return runKernel.call(this, name, ...rest) as never;
    };
    try {
      tf.tidy(run);
    } finally {
      engine.runKernel = runKernel;
    }
    return all;
  };
  const gradient = () => tf.grad((q: Tensor) => tf.sum(attended(sizes.heads, { q, k, v, mask })))(params.q);
  const plain = names(() => void gradient());
  assertEquals(plain.filter((name) => name.startsWith("Apo")), [ATTENTION, ATTENTION_GRADIENT]);
  assert(!plain.some((name) => ["BatchMatMul", "Softmax", "Transpose"].includes(name)), `${plain}`);
  for (const arithmetic of [{ results: { passes: BF16 } }, { results: {}, products: F16 }]) {
    const narrow = names(() => void computedIn(arithmetic, "passes", gradient));
    assert(!narrow.includes(ATTENTION) && narrow.includes("BatchMatMul"));
  }
  const perHead = names(() => {
    attended(sizes.heads, { q: params.q, k, v, mask: tf.zeros([1, sizes.heads, 1, sizes.keys]) });
  });
  assert(!perHead.includes(ATTENTION));
  tf.dispose([params, mask!] as never);
});
