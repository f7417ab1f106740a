/**
 * Every optimizer at every size.
 * @module
 */
import { shampoo } from "../optimizers/directions/shampoo.ts";
import { soap } from "../optimizers/directions/soap.ts";
import { catalogue, catalogued } from "../optimizers/catalogue/catalogue.ts";
import { startingRate } from "../optimizers/catalogue/entry.ts";
import { chain } from "../optimizers/directions/chain.ts";
import type { Direction } from "../optimizers/directions/direction.ts";
import { momentum } from "../optimizers/directions/momentum.ts";
import { fixedRate } from "../optimizers/fixed_rate.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { Problem } from "../proximal/problem.ts";
import { mnist } from "../tasks/mnist.ts";
import { BATCH } from "./mnist_mlp.ts";

/** The sizes that a step's cost depends on. */
export interface Setup {
  /** Of both hidden layers. */
  readonly width: number;
  /** |B| = |B′|. */
  readonly batchSize: number;
  /** K. */
  readonly every: number;
  /** Of preconditioners; by default their own. */
  readonly blockSize?: number;
}

/** What `deno task train` trains. */
export const CENTRE: Setup = { width: 256, batchSize: BATCH, every: 10 };

/** What the others are compared with. */
export const BASELINE = "sgd";

/** What is not measured, and why. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  "apo-full": "a matrix of all weights by all weights",
  newton: "solves a system of equations in each step",
  "natural-gradient": "solves a system of equations in each step",
  "proximal-point": "trains on a problem of its own in each step",
};

/** The optimizers that are measured. */
export const optimizers: readonly string[] = Object.keys(catalogue).filter((name) => !(name in LEFT_OUT));

/** What a description says about {@linkcode LEFT_OUT}. */
export const leftOut: string = `left out: ${
  Object.entries(LEFT_OUT).map(([name, why]) => `${name} (${why})`).join(", ")
}`;

/** An optimizer of the catalogue at its default settings, but for the sizes. */
export function optimizerAt(name: string, problem: Problem, { every, blockSize }: Setup): Optimizer {
  const entry = catalogued(name), { leaves } = problem.model;
  const learningRate = startingRate(entry, mnist.defaults.learningRates);
  const fixed = (direction: Direction) => fixedRate({ problem, direction, learningRate });
  // the catalogue has no block size of these
  if (blockSize !== undefined && name === "shampoo") return fixed(chain(shampoo({ leaves, blockSize }), momentum()));
  if (blockSize !== undefined && name === "soap") return fixed(soap({ leaves, blockSize }));
  return entry.build(problem, { steps: 1000, learningRate, every, blockSize });
}
