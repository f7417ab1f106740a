/** Which batches are changed at random, and by which numbers. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  adam,
  amortize,
  batchNorm,
  chooseBackend,
  conv2d,
  type Dataset,
  dense,
  fit,
  type FitEvent,
  type FitOptions,
  flatten,
  images,
  noisyLabels,
  type Optimizer,
  type Random,
  random,
  scalarRate,
  sequential,
  softmax,
  weightAverage,
} from "../../mod.ts";
import { holdOut } from "../../data/hold_out.ts";

await chooseBackend("cpu");

const SIZE = 60, SEED = 7, draw = random(1, "images");
const pixels = Uint8Array.from({ length: SIZE * 6 * 6 * 3 }, () => draw.integer(256));
const labels = Array.from({ length: SIZE }, (_, i) => i % 3);
const of = { pixels, labels, height: 6, width: 6, channels: 3 };
const changing = () => images({ ...of, augmentation: { pad: 2, flip: true } });
const model = sequential([6, 6, 3], [conv2d({ filters: 2, window: 3 }), batchNorm(), flatten(), dense({ units: 3 })]);
const problem = { model, output: softmax() };
const apo = () => amortize({ problem, direction: adam(), parameterization: scalarRate() });
const averaged = () => weightAverage(apo() as unknown as Optimizer, { decay: 0.9 }) as unknown as Optimizer;

interface Asked {
  readonly indices: number[];
  /** The first number of what was given to draw from. */
  readonly drawn?: number;
}

/** The same data; tells what is asked of it. */
function watched(data: Dataset, asked: Asked[]): Dataset {
  return {
    ...data,
    batch: (indices, chance) => {
      asked.push({ indices: Array.from(indices), ...chance && { drawn: chance.uniform() } });
      return data.batch(indices);
    },
  };
}

async function eventsOf(train: Dataset, options: Partial<FitOptions<never>> = {}): Promise<FitEvent[]> {
  const optimizer = (options.optimizer ?? averaged()) as Optimizer;
  return await Array.fromAsync(
    fit({ problem, data: { train, test: images(of) }, batchSize: 8, steps: 30, seed: SEED, ...options, optimizer }),
  );
}
const checkpoints = (events: FitEvent[]) => events.filter((event) => event.kind === "checkpoint");

Deno.test("fit: B and B′ get chance, each a stream of its own for each step; scores, statistics and checks get none", async () => {
  const train: Asked[] = [], test: Asked[] = [];
  const data = { train: watched(images(of), train), test: watched(images(of), test) };
  await eventsOf(data.train, { data, steps: 25, evalEvery: 10 });
  assert(test.length > 0 && test.every(({ drawn }) => drawn === undefined));
  assertEquals(train.some(({ drawn, indices }) => drawn === undefined && indices.length === 8), true, "statistics");
  const numbers = new Set(train.flatMap(({ drawn }) => drawn ?? []));
  const of25 = (name: "batch" | "metaBatch") =>
    Array.from({ length: 25 }, (_, step) => random(SEED, `augmentation/${name}/step ${step}`).uniform());
  const batch = of25("batch"), meta = of25("metaBatch"), known = new Set([...batch, ...meta]);
  assertEquals(known.size, 50);
  assertEquals([...numbers].filter((x) => !known.has(x)), []);
  assertEquals(batch.filter((x) => !numbers.has(x)), [], "every B");
  assert(meta.filter((x) => numbers.has(x)).length >= 20, "the B′ of meta steps");
  for (const { indices, drawn } of train) if (drawn !== undefined) assertEquals(indices.length, 8);
});

Deno.test("fit: with changes at random a run that was interrupted goes on to the same bits", async () => {
  const whole = await eventsOf(changing(), { checkpointEvery: 1 }), saved = checkpoints(whole);
  for (const step of [1, 13, 29]) {
    const rest = checkpoints(await eventsOf(changing(), { resume: saved[step - 1] }));
    assertEquals(rest.at(-1)!.arrays, saved.at(-1)!.arrays);
  }
  const plain = checkpoints(await eventsOf(images(of)));
  assertNotEquals(plain.at(-1)!.arrays, saved.at(-1)!.arrays);
  const other = checkpoints(await eventsOf(changing(), { seed: SEED + 1 }));
  assertNotEquals(other.at(-1)!.arrays, saved.at(-1)!.arrays);
});

Deno.test("data that are made of other data pass chance on", () => {
  const seen: (Random | undefined)[] = [], inner = images(of);
  const data: Dataset = { ...inner, batch: (indices, chance) => (seen.push(chance), inner.batch(indices)) };
  const chance = random(0, "passed on");
  for (const made of [noisyLabels(data, 0.2), holdOut({ train: data, source: "" }, 0.2).train]) {
    made.batch([0], chance);
    made.batch([0]);
  }
  assertEquals(seen, [chance, undefined, chance, undefined]);
});
