/** KFAC's factors of modules with several kernels, of maps that are used twice, and of uses with masks of their own. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  type Batch,
  crossEntropy,
  dense,
  inference,
  kfac,
  kroneckerFactors,
  layerPass,
  type Model,
  network,
  type Problem,
  residual,
  sequential,
  series,
  softmax,
  type Tensor,
  type Tensors,
  type UsePass,
  weightMatrices,
} from "../../../mod.ts";
import { type BackendName, chooseBackend } from "../../../runtime/backend.ts";
import { UserError } from "../../../runtime/errors.ts";
import { random, randomTensor } from "../../../runtime/random.ts";
import { disposeTree, innerProduct } from "../../../runtime/tree.ts";
import { assertClose } from "../baselines/quadratic.ts";
import { encoderDecoder } from "../contract_models.ts";
import { start, train } from "../tiny_task.ts";

await chooseBackend("cpu");

const stream = random(1, "maps"), normal = (shape: number[]) => randomTensor(shape, () => stream.normal());
const classification = (model: Model): Problem => ({ model, output: softmax() });
const all = (x: Tensor) => [...x.dataSync()];
const labels = (...values: number[]) => tf.tensor1d(values, "int32");

/** The factors of every map of a model, by name. */
function factorsOf(problem: Problem, params: Tensors, batch: Batch): Record<string, { A: Tensor; B: Tensor }> {
  const { uses, outputs } = layerPass(problem, params, {}, batch, inference);
  return Object.fromEntries(
    weightMatrices(problem.model).map((
      map,
    ) => [map.name, kroneckerFactors(map, uses[map.name], outputs.shape[0], batch.weights)]),
  );
}

/** Σ scale x xᵀ over rows, in float64. */
function moment(rows: readonly number[][], scale: number): number[] {
  const sum = rows[0].map(() => rows[0].map(() => 0));
  for (const x of rows) x.forEach((xi, i) => x.forEach((xj, j) => sum[i][j] += scale * xi * xj));
  return sum.flat();
}

const rowsOf = (x: Tensor): number[][] => tf.reshape(x, [-1, x.shape.at(-1)!]).arraySync() as number[][];

Deno.test("two kernels of one module: each has its own inputs, gradients and bias", () => {
  tf.tidy(() => {
    const hidden = dense({ units: 2, activation: "tanh" });
    const model = network(residual(series([hidden, dense({ units: 3, bias: "none" })]), dense({ units: 3 })), [4]);
    const { params } = model.init(1), x = normal([5, 4]), targets = [0, 2, 1, 1, 0];
    const factors = factorsOf(classification(model), params, { inputs: { x }, targets: labels(...targets) });
    assertEquals(Object.keys(factors), ["body/dense1", "body/dense2", "shortcut"]);
    // by hand: δ of the outputs is p − y for both branches, that of the hidden layer goes back through the body alone
    const code = tf.tanh(tf.add(tf.matMul(x, params["body/dense1/kernel"]), params["body/dense1/bias"]));
    const body = tf.matMul(code, params["body/dense2/kernel"]);
    const around = tf.add(tf.matMul(x, params["shortcut/kernel"]), params["shortcut/bias"]);
    const delta = tf.sub(tf.softmax(tf.add(body, around)), tf.oneHot(targets, 3));
    const back = tf.mul(tf.matMul(delta, params["body/dense2/kernel"], false, true), tf.sub(1, tf.square(code)));
    const withOne = (x: Tensor) => tf.concat([x, tf.ones([5, 1])], 1);
    const expected: Record<string, [a: Tensor, delta: Tensor]> = {
      "body/dense1": [withOne(x), back],
      "body/dense2": [code, delta],
      "shortcut": [withOne(x), delta],
    };
    for (const [name, [a, delta]] of Object.entries(expected)) {
      assertClose(all(factors[name].A), moment(rowsOf(a), 1 / 5), 1e-5);
      assertClose(all(factors[name].B), moment(rowsOf(delta), 1 / 5), 1e-5);
    }
  });
});

/** From `[batch, 2, 3]` to classes: one map for both positions, in two uses or in one. */
function shared(uses: "two" | "one"): Model {
  return network({
    kind: "shared",
    build: (site, [, size]) => {
      const inner = site.child("inner", dense({ units: 4 }), [size]);
      return {
        output: [4],
        apply: (pass, x) => {
          const parts = uses === "one"
            ? inner.apply(pass, x)
            : tf.stack(tf.unstack(x, 1).map((part) => inner.apply(pass, part)), 1);
          return tf.sum(tf.sin(parts), 1);
        },
      };
    },
  }, [2, 3]);
}

for (const backend of ["cpu", "wasm"] as BackendName[]) {
  Deno.test(`${backend}: a map that is used twice has the factors of one use with all the rows, and the right gradient`, async () => {
    await chooseBackend(backend);
    tf.tidy(() => {
      const n = 5, x = normal([n, 2, 3]), targets = labels(0, 3, 1, 2, 0), { params } = shared("two").init(3);
      const weighted = { inputs: { x }, targets, weights: tf.tensor1d([1, 0, 2, 1, 1]) };
      for (const batch of [{ inputs: { x }, targets }, weighted]) {
        const [two, one] = (["two", "one"] as const).map((uses) =>
          factorsOf(classification(shared(uses)), params, batch).inner
        );
        assertClose(all(two.A), all(one.A), 1e-5);
        assertClose(all(two.B), all(one.B), 1e-5);
      }
      const problem = classification(shared("two"));
      const { uses, gradient } = layerPass(problem, params, {}, { inputs: { x }, targets }, inference);
      assertEquals(uses.inner.length, 2);
      const { A, B } = factorsOf(problem, params, { inputs: { x }, targets }).inner;
      const a = rowsOf(tf.concat([x, tf.ones([n, 2, 1])], 2));
      const delta = uses.inner.flatMap(({ delta }) => rowsOf(tf.mul(delta, n)));
      assertClose(all(A), moment(a, 1 / n), 1e-5); // summed over positions
      assertClose(all(B), moment(delta, 1 / (2 * n)), 1e-5); // averaged over them
      for (const name of Object.keys(params)) {
        const loss = (at: Tensors) =>
          crossEntropy(problem.model.apply(at, {}, { x }, inference).outputs, targets).dataSync()[0];
        const along = normal(params[name].shape), h = 1e-2;
        const at = (t: number) => loss({ ...params, [name]: tf.add(params[name], tf.mul(along, t)) });
        const slope = innerProduct({ x: gradient[name] }, { x: along }).dataSync()[0];
        assertAlmostEquals(slope, (at(h) - at(-h)) / (2 * h), 2e-3, name);
      }
    });
    await chooseBackend("cpu");
  });
}

/** Pairs of sentences of these lengths. 0 is padding. */
const lengths: readonly (readonly [source: number, target: number])[] = [[4, 2], [2, 3], [1, 1]];
const sentences = lengths.map(([source, target]) =>
  [source, target, target].map((length) => Array.from({ length }, () => 1 + stream.integer(6)))
);

/** The pairs side by side, padded to these lengths. */
function padded(pairs: typeof sentences, source: number, target: number): Batch {
  const side = (which: number, length: number) =>
    tf.tensor2d(pairs.map((pair) => Array.from({ length }, (_, i) => pair[which][i] ?? 0)), undefined, "int32");
  const targets = side(2, target);
  return {
    inputs: { source: side(0, source), target: side(1, target) },
    targets,
    weights: tf.cast(tf.notEqual(targets, 0), "float32"),
  };
}

for (const backend of ["cpu", "wasm"] as BackendName[]) {
  Deno.test(`${backend}: masks by use: the factors are those of the tokens, whatever the padding`, async () => {
    await chooseBackend(backend);
    tf.tidy(() => {
      const model = encoderDecoder(7, 4), problem = classification(model), { params } = model.init(2);
      // each pair by itself has no padding; its mean loss is over its own tokens
      const own: Record<string, { a: number[][]; delta: number[][] }> = {};
      const alone = sentences.map((pair) => padded([pair], pair[0].length, pair[1].length));
      for (const batch of alone) {
        const { uses } = layerPass(problem, params, {}, batch, inference);
        for (const [name, [{ inputs, delta }]] of Object.entries(uses)) {
          const { a, delta: rows } = own[name] ??= { a: [], delta: [] };
          a.push(...rowsOf(inputs));
          rows.push(...rowsOf(tf.mul(delta, batch.targets.size)));
        }
      }
      const tokens = lengths.reduce((sum, [, target]) => sum + target, 0);
      assertEquals(Object.keys(own).sort(), ["decoder/key", "decoder/output", "decoder/query", "encoder/dense"]);
      for (const [source, target] of [[4, 3], [6, 3], [4, 5], [6, 6]]) { // also sources as long as targets
        const factors = factorsOf(problem, params, padded(sentences, source, target));
        for (const { name, bias } of weightMatrices(model)) {
          const { a, delta } = own[name], rows = bias ? a.map((x) => [...x, 1]) : a;
          assertClose(all(factors[name].A), moment(rows, 1 / tokens), 1e-5);
          assertClose(all(factors[name].B), moment(delta, 1 / delta.length), 1e-5);
        }
      }
    });
    await chooseBackend("cpu");
  });
}

Deno.test("without a mask, uses of another length than the weights are refused with what to do, at every ratio", () => {
  tf.tidy(() => {
    const model = encoderDecoder(7, 4, false), problem = classification(model), { params } = model.init(2);
    for (const [source, target] of [[4, 3], [6, 3], [3, 6]]) {
      const batch = padded(sentences.map((pair) => pair.map((side) => side.slice(0, 3))), source, target);
      const { uses } = layerPass(problem, params, {}, batch, inference);
      const map = weightMatrices(model).find(({ name }) => name === "encoder/dense")!;
      const { message } = assertThrows(() => kroneckerFactors(map, uses[map.name], 3, batch.weights), UserError);
      assertEquals(
        message,
        `the weights of shape [3,${target}] do not fit the linear map "encoder/dense", whose outputs have the shape ` +
          `[3,${source},4]; let the network apply it in pass.masked(mask), with a mask of the leading axes of these outputs`,
      );
    }
  });
});

Deno.test("kfac trains with masks by use, and says which map lacks one", async () => {
  const batch = padded(sentences, 5, 3),
    of = (model: Model) => {
      const problem = classification(model);
      return { problem, batch: () => batch, metaBatch: () => batch, dispose: () => {} };
    };
  const task = of(encoderDecoder(7, 4)), optimizer = kfac({ problem: task.problem });
  const { carry, losses, metrics } = train(optimizer, task, await start(optimizer, task), { to: 60 });
  assert(losses[59] < 0.6 * losses[0], `${losses[0]} to ${losses[59]}`);
  assertEquals([metrics.refused, metrics.inverseFailures], [0, 0]);
  disposeTree(carry);
  const lacking = of(encoderDecoder(7, 4, false)), other = kfac({ problem: lacking.problem });
  const first = await start(other, lacking);
  assertThrows(() => train(other, lacking, first, { to: 1 }), UserError, 'the linear map "encoder/dense"');
  disposeTree(first);
});

/** A map of 3 inputs and 2 outputs, and rows for it. */
const [map] = weightMatrices(sequential([3], [dense({ units: 2, bias: "none" })]));
const useOf = (leading: number[], mask?: Tensor): UsePass => ({
  ...{ inputs: normal([...leading, 3]), delta: normal([...leading, 2]) },
  ...mask && { mask },
});

Deno.test("weights by row and by position, masks, and both: what counts 0 is as if it were not there", () => {
  tf.tidy(() => {
    const use = useOf([3, 4]), [batch, time] = [3, 4];
    const pick = (x: Tensor, rows: number[]) => tf.gather(tf.reshape(x, [-1, x.shape.at(-1)!]), rows);
    /** A = Σ s a aᵀ/Σw and B = Σ δδᵀ/s/positions, of rows that count s. */
    const expected = (count: (example: number, position: number) => number, examples: number) => {
      const shares = Array.from({ length: batch * time }, (_, i) => count(Math.floor(i / time), i % time) / examples);
      const positions = shares.reduce((sum, s) => sum + s), inputs = rowsOf(use.inputs), delta = rowsOf(use.delta);
      const kept = shares.flatMap((s, i) => s > 0 ? [i] : []);
      return {
        A: moment(kept.map((i) => inputs[i].map((a) => a * Math.sqrt(shares[i]))), 1),
        B: moment(kept.map((i) => delta[i].map((d) => d / Math.sqrt(shares[i]))), 1 / positions),
      };
    };
    const check = (actual: { A: Tensor; B: Tensor }, { A, B }: { A: number[]; B: number[] }) => {
      assertClose(all(actual.A), A, 1e-5);
      assertClose(all(actual.B), B, 1e-5);
    };
    const byExample = [1, 0, 2.5], mask = [[1, 1, 0, 0], [1, 1, 1, 1], [1, 1, 1, 0]];
    check(kroneckerFactors(map, [use], batch), expected(() => 1, batch));
    check(kroneckerFactors(map, [use], batch, tf.tensor1d(byExample)), expected((n) => byExample[n], 3.5));
    const positions = tf.tensor2d(mask, undefined, "int32");
    check(kroneckerFactors(map, [use], batch, positions), expected((n, t) => mask[n][t], 9));
    const masked = [{ ...use, mask: positions }];
    check(kroneckerFactors(map, masked, batch), expected((n, t) => mask[n][t], batch));
    check(
      kroneckerFactors(map, masked, batch, tf.tensor1d(byExample)),
      expected((n, t) => mask[n][t] * byExample[n], 3.5),
    );
    check(kroneckerFactors(map, masked, batch, positions), expected((n, t) => mask[n][t], 9));
    // rows that the model has made one axis of, and one row alone
    const flat = { inputs: tf.reshape(use.inputs, [12, 3]), delta: tf.reshape(use.delta, [12, 2]) };
    check(kroneckerFactors(map, [flat], batch, positions), expected((n, t) => mask[n][t], 9));
    check(kroneckerFactors(map, [{ ...flat, mask: positions }], batch), expected((n, t) => mask[n][t], batch));
    check(kroneckerFactors(map, [flat], batch, tf.tensor1d(byExample)), expected((n) => byExample[n], 3.5));
    const single = useOf([1, 1, 1], tf.ones([1, 1, 1])), { A, B } = kroneckerFactors(map, [single], 1);
    assertEquals([A.shape, B.shape], [[3, 3], [2, 2]]);
    assertClose(all(A), moment(rowsOf(pick(single.inputs, [0])), 1), 1e-5);
    // nothing counts: nothing is learned, and nothing is NaN
    const none = kroneckerFactors(map, [{ ...use, mask: tf.zeros([3, 4]) }], batch);
    assert([...all(none.A), ...all(none.B)].every((x) => x === 0));
  });
});

Deno.test("masks, weights and inputs of other rows are refused, also where their sizes divide", () => {
  tf.tidy(() => {
    const refused = (use: UsePass, what: string, weights?: Tensor) =>
      assertThrows(() => kroneckerFactors(map, [use], 2, weights), UserError, `the ${what} of shape`);
    refused(useOf([2, 6], tf.ones([2, 3])), "mask");
    refused(useOf([2, 6], tf.ones([4, 3])), "mask");
    refused(useOf([2, 3], tf.ones([2, 6])), "mask");
    refused(useOf([2]), "weights", tf.ones([2, 2])); // as many positions as outputs
    refused(useOf([2, 6]), "weights", tf.ones([2, 3]));
    refused(useOf([6, 2]), "weights", tf.ones([2, 6]));
    refused({ ...useOf([2, 6]), inputs: normal([2, 3, 3]) }, "inputs");
  });
});

Deno.test("maps that cannot be are refused by name", () => {
  const leaves = {
    w: { shape: [2, 2], role: "dense" as const },
    v: { shape: [2, 2], role: "dense" as const },
    table: { shape: [5, 2], role: "embedding" as const },
  };
  const refused: [maps: { name: string; kernel: string; bias?: string }[], string][] = [
    [[{ name: "a", kernel: "u" }], 'the linear map "a" has "u", which is no parameter'],
    [[{ name: "a", kernel: "w" }, { name: "b", kernel: "w" }], 'the linear maps "a" and "b" share "w"'],
    [[{ name: "a", kernel: "w" }, { name: "a", kernel: "v" }], 'two linear maps are called "a"'],
    [[{ name: "a", kernel: "table" }], 'the kernel "table" of the linear map "a" has the role "embedding"'],
  ];
  for (const [maps, message] of refused) {
    assertThrows(() => weightMatrices({ leaves, maps }), UserError, message);
  }
});
