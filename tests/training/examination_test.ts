/** The scores of the end: not computed twice, and cut short by who asks training to stop. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  chooseBackend,
  crossEntropy,
  fit,
  type FitEvent,
  type FitOptions,
  fixedRate,
  type Judge,
  type Loss,
  UserError,
} from "../../mod.ts";
import { mlp, momentum, rows, softmax } from "../../mod.ts";
import { breathing } from "../../runtime/breath.ts";
import { evaluate } from "../../training/evaluate.ts";

await chooseBackend("cpu");

const problem = { model: mlp([2, 4, 2]), output: softmax() };
const some = (from: number) =>
  rows({
    inputs: Array.from({ length: 40 }, (_, i) => [Math.sin(i + from), Math.cos(2 * i)]),
    labels: Array.from({ length: 40 }, (_, i) => Number(Math.sin(i + from) > 0)),
  });
const data = { train: some(0), validation: some(1), test: some(2) };
const training = (options: Partial<FitOptions<never>>) =>
  fit({
    problem,
    data,
    steps: 16,
    batchSize: 10,
    evalEvery: 8,
    ...options,
    optimizer: fixedRate({ problem, direction: momentum(), learningRate: 0.1 }),
  });
const named = (events: readonly FitEvent[]) => events.map(({ kind, step }) => `${step} ${kind}`);
const endOf = (events: readonly FitEvent[]) => {
  const end = events[events.length - 1];
  assert(end.kind === "finished");
  const { train, validation, test, samples } = end;
  return { train, validation, test, samples };
};

Deno.test("fit: a signal amidst the scores of the end interrupts, and going on computes them anew", async () => {
  const stop = new AbortController(), whole = await Array.fromAsync(training({})), before = tf.memory().numTensors;
  const slow: Judge = async (_, extent, signal) => {
    if (extent === "some") return { scores: {}, samples: [] };
    setTimeout(() => stop.abort());
    for (const breathe = breathing(signal);;) await breathe();
  };
  const cut = await Array.fromAsync(training({ judge: slow, signal: stop.signal }));
  assertEquals(named(cut).slice(-2), ["16 checkpoint", "16 interrupted"]);
  assertEquals(named(cut).slice(0, -1), named(whole).slice(0, -1));
  assertEquals(tf.memory().numTensors, before);
  const saved = cut.find(({ kind }) => kind === "checkpoint")!;
  assert(saved.kind === "checkpoint");
  const rest = await Array.fromAsync(training({ resume: { step: 16, arrays: saved.arrays } }));
  assertEquals(endOf(rest), endOf(whole));
});

Deno.test("fit: an error of a judge stays one when the signal has aborted too", async () => {
  const stop = new AbortController();
  const judge: Judge = (_, extent) => {
    if (extent === "some") return Promise.resolve({ scores: {}, samples: [] });
    stop.abort();
    return Promise.reject(new RangeError("lines"));
  };
  await assertRejects(() => Array.fromAsync(training({ judge, signal: stop.signal })), RangeError, "lines");
});

Deno.test("fit: what the last step's evaluation has found is not computed again, and is the same", async () => {
  for (const parts of [data, { train: data.train, test: data.test }, { train: data.train }]) {
    const asked: string[] = [];
    let measured = 0;
    const judge: Judge = (_, extent) => {
      asked.push(extent);
      return Promise.resolve({ scores: { bleu: 1 }, samples: [{ input: extent, output: "", expected: "" }] });
    };
    const entropy: Loss = (...batch) => {
      measured++;
      return crossEntropy(...batch);
    };
    const of = async (evalEvery: number) => {
      [asked.length, measured] = [0, 0];
      const end = endOf(await Array.fromAsync(training({ data: parts, judge, metrics: { entropy }, evalEvery })));
      return { end, asked: [...asked], measured };
    };
    const once = await of(16), apart = await of(15);
    assertEquals(once.end, apart.end);
    const looks = "validation" in parts
      ? [["some", "all"], ["some", "some", "all"]]
      : [["some", "all"], ["some", "all"]];
    assertEquals([once.asked, apart.asked], looks);
    assertEquals(once.measured < apart.measured, "test" in parts, `${once.measured} of ${apart.measured}`);
  }
});

Deno.test("fit: what is no signal is refused before the first step, by name", async () => {
  const signal = new AbortController() as unknown as AbortSignal;
  await assertRejects(
    () => training({ signal }).next(),
    UserError,
    "signal is [object AbortController]; give the signal",
  );
});

Deno.test("evaluate: a signal ends it with its reason", async () => {
  const { params } = problem.model.init(1), reason = new Error("enough"), tensors = tf.memory().numTensors;
  const score = (signal: AbortSignal) => evaluate(problem, {}, params, {}, data.test, { signal });
  assert(await assertRejects(() => score(AbortSignal.abort(reason))) === reason);
  assertEquals(
    (await score(new AbortController().signal)).loss,
    (await evaluate(problem, {}, params, {}, data.test)).loss,
  );
  assertEquals(tf.memory().numTensors, tensors);
  tf.dispose(params);
});
