/**
 * The figure of a real GPU.
 * @module
 */
import { catalogued } from "../../optimizers/catalogue/catalogue.ts";
import { startingRate } from "../../optimizers/catalogue/entry.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { findAdapter } from "../../runtime/webgpu/adapter.ts";
import { mnist } from "../../tasks/mnist.ts";
import { fit } from "../../training/fit.ts";
import type { Figure, Row } from "../figure.ts";
import { AFTER_EARLY } from "../mnist_mlp.ts";
import { type Case, cases, defaultMlp, setting } from "../peers/cases.ts";
import { productRows } from "../peers/gpu_products.ts";
import { findTorchGpu, startTorch, type TorchGpu } from "../peers/torch.ts";
import { type Contestant, interleaved, ratios, spread } from "../timing.ts";
import { trainee, type TraineeOptions } from "../trainee.ts";

const all = [defaultMlp, ...cases];
const LEARNING = ["apo-momentum", "apo-kfac"], LEARNT = all.filter(({ update }) => update === "momentum");
const SIZES = [512, 1024, 2048, 4096], ACCURACY = 0.96;
/** Milliseconds of a block at least, and its steps at most: in Deno the readback that ends one takes some 11 ms. */
const LONG = 500, MOST_STEPS = 400;
const COMPARED = 5, TOLERANCE = 1e-3; // of losses: float32, summed in another order, over some steps

/** What a step costs on a real GPU. */
export const figure: Figure = {
  description:
    "steps on WebGPU where the adapter is a real GPU: their time, and over that of torch on the same GPU, eager and compiled, " +
    "with the same weights and batches, in float32 without TF32; what learning costs there, how soon digits are learned, and " +
    "the rate of products",
  measure: async (quick, tell) => {
    const adapter = await findAdapter();
    if (adapter === undefined || adapter.software) {
      const detail = adapter ? `software adapter (${adapter.name})` : "no WebGPU adapter";
      return all.map(({ what }): Row => ({ what, unit: "ms", detail }));
    }
    await chooseBackend("webgpu");
    const torch = await findTorchGpu(), rows: Row[] = [], rounds = quick ? 5 : 20, { name } = adapter;
    for (const test of all) {
      tell(test.what);
      rows.push(...await besideTorch(test, torch, { rounds, device: "cuda", adapter: name }));
    }
    for (const test of LEARNT) {
      tell(`${test.what}, learning`);
      rows.push(...await learning(test, rounds));
    }
    return [...rows, await timeTo(ACCURACY), ...await productRows(SIZES, torch, { device: "cuda", long: LONG })];
  },
};

/** How long the default training takes on the current backend until it is so accurate on test digits. */
export async function timeTo(accuracy: number, evalEvery = 25): Promise<Row> {
  const { models, output, metrics, defaults, load } = mnist, { train, test } = await load(), steps = 1000;
  const problem = { model: models.mlp.build({}), output }, entry = catalogued("apo-momentum");
  const optimizer = entry.build(problem, { steps, learningRate: startingRate(entry, defaults.learningRates) });
  const row = { what: `apo-momentum on digits, to an accuracy of ${accuracy}`, unit: "s" } as const;
  const begin = performance.now(), { batchSize } = defaults;
  for await (const event of fit({ problem, optimizer, data: { train, test }, metrics, steps, batchSize, evalEvery })) {
    if (event.kind !== "evaluated" || !(event.test!.accuracy >= accuracy)) continue;
    const seconds = (performance.now() - begin) / 1000, detail = `${event.step} steps, scored every ${evalEvery}`;
    return { ...row, result: spread([seconds]), detail };
  }
  return { ...row, detail: `not within ${steps} steps` };
}

/** How a case is measured. */
export interface GpuOptions {
  readonly rounds: number;
  /** Of torch. */
  readonly device: "cpu" | "cuda";
  /** Ours, for people: torch may have taken another GPU. */
  readonly adapter: string;
}

/** How many steps make a long block, a multiple of ten. */
async function enough(options: Omit<TraineeOptions, "blockSteps">): Promise<number> {
  using training = trainee({ ...options, blockSteps: 1 });
  await training.losses(COMPARED); // shaders are compiled, and the step is captured
  const each = await training.run(20, COMPARED) / 20;
  return 10 * Math.ceil(Math.min(MOST_STEPS, Math.max(20, LONG / each)) / 10);
}

/** Our time on the current backend, and over torch's. */
export async function besideTorch(
  test: Case,
  torch: TorchGpu | undefined,
  { rounds, device, adapter }: GpuOptions,
): Promise<Row[]> {
  const trained = await setting(test), { what, update, layers } = test, missing: Row[] = [];
  const blockSteps = await enough(trained);
  using ours = trainee({ ...trained, blockSteps });
  await using running = new AsyncDisposableStack();
  const contestants: Record<string, Contestant> = { ours }, mine = await ours.losses(COMPARED);
  for (const mode of torch ? ["eager", "compile"] as const : []) {
    if (mode === "compile" && !torch!.compiles) continue;
    const row: Row = { what: `${what}, ${update} / torch ${mode}`, unit: "×" };
    const how = { blockSteps, device, mode };
    const theirs = running.use(await startTorch(torch!.python, { ...trained, layers, update }, how));
    const losses = await theirs.losses(COMPARED).catch((error: Error) => error); // compiling needs more than torch
    if (losses instanceof Error) missing.push({ ...row, detail: `it does not run here: ${losses.message}` });
    else if (losses.every((loss, i) => Math.abs(loss / mine[i] - 1) < TOLERANCE)) contestants[mode] = theirs;
    else missing.push({ ...row, detail: `losses differ: ${mine} and ${losses}` });
  }
  const times = await interleaved(contestants, rounds);
  const time: Row = { what: `${what}, ${update}`, unit: "ms", result: spread(times.ours) };
  const how = `${blockSteps} steps a block on ${adapter}`;
  if (torch === undefined) return [{ ...time, detail: `${how}; no torch with a GPU here` }];
  const compared = Object.keys(contestants).filter((name) => name !== "ours").map((mode): Row => ({
    what: `${what}, ${update} / torch ${mode}`,
    unit: "×",
    result: spread(ratios(times.ours, times[mode])),
    detail: `torch ${spread(times[mode]).median.toFixed(2)} ms; ${torch.version}, ${torch.device}`,
  }));
  return [{ ...time, detail: how }, ...compared, ...missing];
}

/** What steps that learn cost over those at a fixed rate. */
async function learning(test: Case, rounds: number): Promise<Row[]> {
  const { problem, train, batchSize } = await setting(test), { task, update, what } = test;
  using training = new DisposableStack();
  const optionsOf = (name: string) => {
    const entry = catalogued(name), learningRate = startingRate(entry, task.defaults.learningRates);
    const optimizer = entry.build(problem, { steps: 1000, learningRate });
    return { problem, optimizer, train, batchSize, firstStep: AFTER_EARLY };
  };
  const blockSteps = await enough(optionsOf(update));
  const contestant = (name: string): Contestant => training.use(trainee({ ...optionsOf(name), blockSteps }));
  const times = await interleaved(
    Object.fromEntries([update, ...LEARNING].map((name) => [name, contestant(name)])),
    rounds,
  );
  return LEARNING.map((name): Row => ({
    what: `${what}: ${name}, |B′| = |B| / ${update}`,
    unit: "×",
    result: spread(ratios(times[name], times[update])),
    detail: `${spread(times[name]).median.toFixed(2)} / ${spread(times[update]).median.toFixed(2)} ms`,
  }));
}
