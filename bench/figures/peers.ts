/**
 * The figure of peers.
 * @module
 */
import { catalogued } from "../../optimizers/catalogue/catalogue.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import { mnist } from "../../tasks/mnist.ts";
import { mnistAutoencoder } from "../../tasks/mnist_autoencoder.ts";
import type { Task } from "../../tasks/task.ts";
import type { Figure, Row, Target } from "../figure.ts";
import { findTorch, type PeerLayer, startTorch } from "../peers/torch.ts";
import { interleaved, ratios, spread } from "../timing.ts";
import { trainee } from "../trainee.ts";

const COMPARED = 5; // steps
const TOLERANCE = 1e-3; // of losses: float32, summed in another order, over some steps of Adam
const RATE = 1e-3;

interface Case {
  readonly what: string;
  readonly task: Task;
  readonly model: string;
  readonly hidden?: readonly number[];
  readonly batchSize: number;
  readonly layers: readonly PeerLayer[];
  readonly blockSteps: number;
  readonly target: Target;
}

const dense = (units: readonly string[]): PeerLayer[] =>
  units.map((activation, i) => ({ kind: "dense", name: `dense${i + 1}`, activation }));
const autoencoding = ["tanh", "tanh", "tanh", "linear", "tanh", "tanh", "tanh", "linear"];

const cases: readonly Case[] = [
  {
    what: "784-1000-10, batch 128",
    task: mnist,
    model: "mlp",
    hidden: [1000],
    batchSize: 128,
    layers: dense(["relu", "linear"]),
    blockSteps: 10,
    target: { atMost: 1.4 },
  },
  {
    what: "8-layer autoencoder, batch 512",
    task: mnistAutoencoder,
    model: "autoencoder",
    batchSize: 512,
    layers: dense(autoencoding),
    blockSteps: 2,
    target: { atMost: 2 },
  },
  {
    what: "two convolutions (8, 16), batch 64",
    task: mnist,
    model: "conv",
    batchSize: 64,
    layers: [
      { kind: "reshape", shape: [28, 28, 1] },
      { kind: "conv", name: "conv1", activation: "relu" },
      { kind: "maxPool", window: 2 },
      { kind: "conv", name: "conv2", activation: "relu" },
      { kind: "maxPool", window: 2 },
      { kind: "flatten" },
      { kind: "dense", name: "dense1", activation: "relu" },
      { kind: "dense", name: "dense2", activation: "linear" },
    ],
    blockSteps: 10,
    target: { atMost: 1.5 },
  },
];

/** How far torch is ahead. */
export const figure: Figure = {
  description: "a step of Adam on wasm over one of torch on one thread, the same model, weights and batches",
  measure: async (quick) => {
    const torch = await findTorch();
    if (torch === undefined) {
      return cases.map(({ what, target }) => ({ what, unit: "×", target, detail: "no Python with torch here" }));
    }
    await chooseBackend("wasm");
    const rows: Row[] = [];
    for (const test of cases) rows.push(await measured(test, torch, quick ? 4 : 15));
    return rows;
  },
};

async function measured(
  { what, task, model, hidden, batchSize, layers, blockSteps, target }: Case,
  { python, version }: { readonly python: string; readonly version: string },
  rounds: number,
): Promise<Row> {
  const problem = { model: task.models[model].build({ hidden }), loss: task.loss, discrepancy: task.discrepancy };
  const { train } = await task.load();
  const optimizer = catalogued("adam").build(problem, { steps: 1000, learningRate: RATE });
  using ours = trainee({ problem, optimizer, train, batchSize, blockSteps });
  await using torch = await startTorch(python, { problem, layers, train, batchSize, rate: RATE }, blockSteps);
  const mine = await ours.losses(COMPARED), theirs = await torch.losses(COMPARED);
  const difference = Math.max(...mine.map((loss, i) => Math.abs(loss / theirs[i] - 1)));
  const row = { what, unit: "×", target } as const;
  if (!(difference < TOLERANCE)) return { ...row, detail: `losses differ: ${mine} and ${theirs}` };
  const times = await interleaved({ ours, torch }, rounds);
  return {
    ...row,
    result: spread(ratios(times.ours, times.torch)),
    detail:
      `${spread(times.ours).median.toFixed(1)} / ${spread(times.torch).median.toFixed(1)} ms; torch ${version}; ` +
      `losses of ${COMPARED} steps agree to ${difference.toExponential(0)}`,
  };
}
