/**
 * The figure of a real GPU.
 * @module
 */
import { chooseBackend } from "../../runtime/backend.ts";
import { findAdapter } from "../../runtime/webgpu/adapter.ts";
import { mnist } from "../../tasks/mnist.ts";
import type { Figure, Row } from "../figure.ts";
import { AFTER_EARLY, mnistMlp } from "../mnist_mlp.ts";
import { findTorchGpu, startTorchGpu, type TorchGpu } from "../peers/torch_gpu.ts";
import { CENTRE, optimizerAt } from "../setup.ts";
import { type Contestant, interleaved, ratios, spread } from "../timing.ts";
import { type Trainee, trainee } from "../trainee.ts";

const UPDATES = ["sgd", "momentum", "adam"] as const, LEARNING = ["apo-momentum", "apo-kfac"];
const BLOCK = 20; // steps; of those that learn, two are meta steps
const COMPARED = 5, TOLERANCE = 1e-3; // of losses: float32, summed in another order, over some steps

/** What a step costs on a real GPU. */
export const figure: Figure = {
  description:
    "a step of the default MLP on WebGPU where the adapter is a real GPU: its time, and over that of torch on the " +
    "same GPU, eager and compiled, with the same weights and batches",
  measure: async (quick) => {
    const adapter = await findAdapter();
    if (adapter === undefined || adapter.software) {
      const detail = adapter ? `software adapter (${adapter.name})` : "no WebGPU adapter";
      return [...UPDATES, ...LEARNING].map((what): Row => ({ what, unit: "ms", detail }));
    }
    await chooseBackend("webgpu");
    const torch = await findTorchGpu(), rows: Row[] = [];
    for (const update of UPDATES) rows.push(...await besideTorch(update, torch, quick ? 5 : 20));
    for (const name of LEARNING) {
      using training = await start(name);
      const { time } = await interleaved({ time: training }, quick ? 5 : 20);
      rows.push({ what: name, unit: "ms", result: spread(time), detail: adapter.name });
    }
    return rows;
  },
};

async function start(name: string, firstStep: number = AFTER_EARLY): Promise<Trainee> {
  const { train } = await mnist.load(), problem = mnistMlp(), { batchSize } = CENTRE;
  const optimizer = optimizerAt(name, problem, CENTRE);
  return trainee({ problem, optimizer, train, batchSize, blockSteps: BLOCK, firstStep });
}

/** Our time, and how often torch's it is. */
async function besideTorch(
  update: typeof UPDATES[number],
  torch: TorchGpu | undefined,
  rounds: number,
): Promise<Row[]> {
  using ours = await start(update, 0);
  await using running = new AsyncDisposableStack();
  const { train } = await mnist.load(), mine = await ours.losses(COMPARED), missing: Row[] = [];
  const contestants: Record<string, Contestant> = { ours };
  const modes = torch === undefined
    ? []
    : (["eager", "compile"] as const).filter((m) => m === "eager" || torch.compiles);
  for (const mode of modes) {
    const rate = mnist.defaults.learningRates[update], { batchSize, width } = CENTRE, widths = [784, width, width, 10];
    const peer = { problem: mnistMlp(), widths, train, batchSize, update, rate, mode, device: "cuda" } as const;
    const row: Row = { what: `${update} / torch ${mode}`, unit: "×" };
    const theirs = running.use(await startTorchGpu(torch!.python, peer, BLOCK));
    const losses = await theirs.losses(COMPARED).catch((error: Error) => error); // compiling needs more than torch
    if (losses instanceof Error) missing.push({ ...row, detail: `it does not run here: ${losses.message}` });
    else if (losses.every((loss, i) => Math.abs(loss / mine[i] - 1) < TOLERANCE)) contestants[mode] = theirs;
    else missing.push({ ...row, detail: `losses differ: ${mine} and ${losses}` });
  }
  const times = await interleaved(contestants, rounds);
  const time: Row = { what: update, unit: "ms", result: spread(times.ours) };
  if (torch === undefined) return [{ ...time, detail: "no torch with a GPU here" }];
  const compared = Object.keys(contestants).filter((name) => name !== "ours").map((mode): Row => ({
    what: `${update} / torch ${mode}`,
    unit: "×",
    result: spread(ratios(times.ours, times[mode])),
    detail: `torch ${spread(times[mode]).median.toFixed(2)} ms; ${torch.version}, ${torch.device}`,
  }));
  return [time, ...compared, ...missing];
}
