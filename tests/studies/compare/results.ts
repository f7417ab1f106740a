/** Made-up results: what tables, pictures and reports are tested with. */
import type { RunConfig } from "../../../runs/config.ts";
import { means, type OptimizerResult, type Results, type RunResult } from "../../../studies/compare/results.ts";

const finished = (seed: number, folder: string, figures: Record<string, number>): RunResult => ({
  seed,
  folder,
  figures,
  fromStep: 0,
  refused: 0,
});

const config = (optimizer: string): RunConfig => ({
  format: 1,
  task: "mnist",
  model: "mlp",
  modelChoice: { hidden: [16, 8] },
  optimizer,
  settings: { steps: 300, learningRate: 0.1 },
  batchSize: 128,
  metaBatchSize: 128,
  seed: 0,
  backend: "cpu",
  data: null,
  logEvery: 10,
  evalEvery: 20,
  checkpointEvery: 200,
  versions: {},
});

function optimizer(name: string, runs: RunResult[]): OptimizerResult {
  return {
    name,
    settings: { learningRate: 0.1, schedule: "constant" },
    steps: 300,
    runs,
    failures: runs.filter((run) => "failed" in run).length,
    means: means(runs),
  };
}

/** Two optimizers: the second is better, but one of its runs failed where told. */
export function results({ fails = false }: { readonly fails?: boolean } = {}): Results {
  const figures = (trainLoss: number, testAccuracy: number, secondsPerStep: number) => ({
    trainLoss,
    testLoss: 2 * trainLoss,
    testAccuracy,
    stepsPerSecond: 1 / secondsPerStep,
    secondsPerStep,
  });
  const momentum = [0.1, 0.2, 0.3].map((loss, seed) =>
    finished(seed, `runs/momentum-seed-${seed}`, figures(loss, 0.9, 0.01))
  );
  const apo = [0.05, 0.06, 0.07].map((loss, seed) =>
    finished(seed, `runs/apo-momentum-seed-${seed}`, figures(loss, 0.95 + seed / 100, 0.015))
  );
  const reason = "training stopped at step 21 <&>";
  const failed: RunResult = { seed: 2, folder: "runs/apo-momentum-seed-2", failed: reason, exitCode: 3 };
  const trials = [1.5, 4.74, 0.474].map((lambdaFsd, i) => ({
    values: { lambdaFsd, metaRate: 0.05 },
    loss: 0.3 + i / 10,
  }));
  return {
    format: 1,
    command: "deno task compare",
    jobs: 1,
    machine: { cpu: "a processor", cores: 2, system: "a system" },
    comparison: {
      format: 2,
      contestants: [
        { name: "momentum", given: { learningRate: 0.5, schedule: "cosine" }, config: config("momentum") },
        { name: "apo-momentum", given: {}, config: config("apo-momentum") },
      ],
      seeds: 3,
      budget: { steps: 300 },
      tuning: { trials: 3, holdout: 0.1, seed: 1000 },
      shared: { task: "mnist", hidden: [16, 8], backend: "cpu" },
      source: "digits",
      setup: "mlp; batches of 128",
      versions: { apo: "0.0.0" },
    },
    optimizers: [
      optimizer("momentum", momentum),
      {
        ...optimizer("apo-momentum", fails ? [...apo.slice(0, 2), failed] : apo),
        tuning: {
          kind: "tuned",
          knobs: ["lambdaFsd", "metaRate"],
          trials,
          best: trials[0],
          inside: { lambdaFsd: true, metaRate: false },
        },
      },
    ],
  };
}
