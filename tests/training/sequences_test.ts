/** Training on sequences of many lengths: batches by tokens, exact to resume, scored whatever the order; and what was learned is written. */
import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  adam,
  amortize,
  chooseBackend,
  fit,
  type FitEvent,
  type FitOptions,
  fixedRate,
  greedy,
  linearDecay,
  type Optimizer,
  random,
  scalarRate,
  softmax,
  tokenPairs,
  transformer,
  UserError,
} from "../../mod.ts";
import { evaluate } from "../../training/evaluate.ts";
import { restore } from "../../training/snapshot.ts";

await chooseBackend("wasm");

/** Targets of 1 to 6 letters; sources have each letter as the one before it in the alphabet, and then two more, always the same. */
const START = 1, END = 2, LETTERS = 5, SIZE = 400, draw = random(2, "letters");
const target = Array.from(
  { length: SIZE },
  () => Array.from({ length: 1 + draw.integer(6) }, () => 1 + draw.integer(LETTERS - 1)),
);
const source = target.map((letters) => [...letters.map((letter) => letter % (LETTERS - 1) + 1), 0, 0]);
const tokens = (all: number[][]) => all.map((letters) => letters.map((letter) => 3 + letter));
const part = (from: number, to: number) =>
  tokenPairs({
    source: tokens(source).slice(from, to),
    target: tokens(target).slice(from, to),
    start: START,
    end: END,
  });
const data = { train: part(0, 350), test: part(350, SIZE) };
const model = transformer({ vocabulary: 3 + LETTERS, width: 16, heads: 2, hidden: 32, layers: 1 });
const problem = { model, output: softmax({ labelSmoothing: 0.05 }) };

const eventsOf = async (options: Partial<FitOptions<never>>): Promise<FitEvent[]> => {
  const optimizer = (options.optimizer ??
    fixedRate({ problem, direction: adam(), learningRate: linearDecay({ initial: 0.02, steps: 400 }) })) as Optimizer;
  return await Array.fromAsync(fit({ problem, data, batchSize: 120, steps: 20, seed: 5, ...options, optimizer }));
};
const checkpoints = (events: FitEvent[]) => events.flatMap((event) => event.kind === "checkpoint" ? [event] : []);

Deno.test("a Transformer learns another alphabet, and where to end, and writes what it has learned", async () => {
  const before = tf.memory().numTensors, end = (await eventsOf({ steps: 400, seed: 7 })).at(-1)!;
  assert(end.kind === "finished");
  assert(end.test!.loss < 0.6, `${end.test!.loss}`); // of which the smoothing alone is 0.31
  const { params } = tf.tidy(() => restore(model.init(0), end.trained));
  const sources = tokens(source).slice(350).map((letters) => [...letters, END]);
  const written = await greedy(model, params, sources, { start: START, end: END });
  const right = written.filter((letters, i) => `${letters}` === `${tokens(target)[350 + i]}`).length;
  assert(right > 40, `${right} of 50`);
  tf.dispose(params);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("APO on batches of tokens: B′ of another size, and a resumed run has the bits of one that was left alone", async () => {
  const apo = () =>
    amortize({ problem, direction: adam(), parameterization: scalarRate() }) as unknown as Optimizer<never>;
  const options = { metaBatchSize: 60, checkpointEvery: 12 };
  const whole = checkpoints(await eventsOf({ ...options, optimizer: apo() }));
  const { step, arrays } = whole.find(({ step }) => step === 12)!;
  const resumed = checkpoints(await eventsOf({ ...options, optimizer: apo(), resume: { step, arrays } }));
  assertEquals(resumed.at(-1), whole.at(-1));
});

Deno.test("scores of sequences are means over tokens, whatever chunks they were read in", async () => {
  const { params } = model.init(3), { loss } = await evaluate(problem, {}, params, {}, data.test);
  let sum = 0, count = 0;
  for (let i = 0; i < data.test.size; i++) {
    tf.tidy(() => {
      const { inputs, targets, weights } = data.test.batch([i]), written = target[350 + i].length + 1;
      const { outputs } = model.apply(params, {}, inputs, {
        training: false,
        random: () => {
          throw new Error("nothing is drawn");
        },
      });
      sum += problem.output.loss(outputs, targets, weights).dataSync()[0] * written;
      count += written;
    });
  }
  assertAlmostEquals(loss, sum / count, 1e-5);
  tf.dispose(params);
});

Deno.test("few sequences that are very long: one of them is scored", async () => {
  const long = tokenPairs({ source: [[3], [4]], target: [[3], [4]], start: START, end: END });
  const events = await eventsOf({
    data: { train: { ...long, lengths: [50_000, 50_000] } },
    batchSize: 50_000,
    steps: 1,
  });
  const end = events.at(-1)!;
  assertEquals([end.kind, end.kind === "finished" && end.trainSample], ["finished", 1]);
});

Deno.test("batches of tokens: the usual size, and sizes and lengths that cannot be", async () => {
  const finished = (await eventsOf({ batchSize: undefined, steps: 2 })).at(-1)!;
  assertEquals(finished.kind, "finished");
  const refused: [Partial<FitOptions<never>>, string][] = [
    [{ batchSize: 8 }, "batch size is 8; give a whole number from 9, the tokens of the longest sequence, to "],
    [
      { data: { train: { ...data.train, lengths: [3] } } },
      "data.train.lengths has 1 numbers, but there are 350 examples",
    ],
    [
      { data: { ...data, test: { ...data.test, lengths: new Array(50).fill(0) } } },
      "data.test.lengths[0] is 0; give whole numbers from 1",
    ],
  ];
  for (const [options, message] of refused) await assertRejects(() => eventsOf(options), UserError, message);
});
