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
import { trainee } from "../trainee.ts";

const all = [defaultMlp, ...cases];
const LEARNING = ["apo-momentum", "apo-kfac"], LEARNT = all.filter(({ update }) => update === "momentum");
const SIZES = [512, 1024, 2048, 4096], ACCURACY = 0.96;
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
    const torch = await findTorchGpu(), rows: Row[] = [], rounds = quick ? 5 : 20;
    for (const test of all) {
      tell(test.what);
      rows.push(...await besideTorch(test, torch, { rounds, device: "cuda" }));
    }
    for (const test of LEARNT) {
      tell(`${test.what}, learning`);
      rows.push(...await learning(test, rounds));
    }
    return [...rows, await timeTo(ACCURACY), ...await productRows(SIZES, torch, "cuda")];
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
  /** Default: those of the case. */
  readonly blockSteps?: number;
}

/** Our time on the current backend, and over torch's. */
export async function besideTorch(
  test: Case,
  torch: TorchGpu | undefined,
  { rounds, device, blockSteps = test.blockSteps }: GpuOptions,
): Promise<Row[]> {
  const trained = await setting(test), { what, update, layers } = test, missing: Row[] = [];
  using ours = trainee({ ...trained, blockSteps });
  await using running = new AsyncDisposableStack();
  const contestants: Record<string, Contestant> = { ours }, mine = await ours.losses(COMPARED);
  for (const mode of torch ? ["eager", "compile"] as const : []) {
    if (mode === "compile" && !torch!.compiles) continue;
    const row: Row = { what: `${what}, ${update} / torch ${mode}`, unit: "×" };
    const options = { blockSteps, device, mode };
    const theirs = running.use(await startTorch(torch!.python, { ...trained, layers, update }, options));
    const losses = await theirs.losses(COMPARED).catch((error: Error) => error); // compiling needs more than torch
    if (losses instanceof Error) missing.push({ ...row, detail: `it does not run here: ${losses.message}` });
    else if (losses.every((loss, i) => Math.abs(loss / mine[i] - 1) < TOLERANCE)) contestants[mode] = theirs;
    else missing.push({ ...row, detail: `losses differ: ${mine} and ${losses}` });
  }
  const times = await interleaved(contestants, rounds);
  const time: Row = { what: `${what}, ${update}`, unit: "ms", result: spread(times.ours) };
  if (torch === undefined) return [{ ...time, detail: "no torch with a GPU here" }];
  const compared = Object.keys(contestants).filter((name) => name !== "ours").map((mode): Row => ({
    what: `${what}, ${update} / torch ${mode}`,
    unit: "×",
    result: spread(ratios(times.ours, times[mode])),
    detail: `torch ${spread(times[mode]).median.toFixed(2)} ms; ${torch.version}, ${torch.device}`,
  }));
  return [time, ...compared, ...missing];
}

/** What steps that learn cost over those at a fixed rate. */
async function learning(test: Case, rounds: number): Promise<Row[]> {
  const { problem, train, batchSize } = await setting(test), { task, update, what } = test, blockSteps = 20;
  using training = new DisposableStack();
  const contestant = (name: string): Contestant => {
    const entry = catalogued(name), learningRate = startingRate(entry, task.defaults.learningRates);
    const optimizer = entry.build(problem, { steps: 1000, learningRate });
    return training.use(trainee({ problem, optimizer, train, batchSize, blockSteps, firstStep: AFTER_EARLY }));
  };
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
