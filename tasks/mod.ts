/**
 * Tasks, the training loop, data sets and runs.
 * @module
 */
export * from "./task.ts";
export * from "./list.ts";
export * from "./mnist.ts";
export * from "./mnist_autoencoder.ts";
export * from "./rosenbrock.ts";
export { uciParkinsons, uciProtein, uciSlice } from "./uci.ts";
export { illConditioned } from "./ill_conditioned.ts";
export * from "../training/metrics.ts";
export * from "../training/fit.ts";
export * from "../training/events.ts";
export {
  findRate,
  type FindRateOptions,
  type Found,
  type FoundRate,
  type SeedRate,
} from "../studies/find_rate/find_rate.ts";
export type { Settled } from "../studies/find_rate/settled.ts";
export type { Scores } from "../training/evaluate.ts";
export type { HostArray, HostArrays } from "../training/snapshot.ts";
export type { Batch } from "../proximal/problem.ts";
export type { Dataset } from "../data/dataset.ts";
export { type Rows, rows } from "../data/rows.ts";
export { noisyLabels } from "../data/noisy_labels.ts";
export { classification, type Images, reconstruction } from "../data/images.ts";
export { openRun, type Run } from "../runs/open_run.ts";
export type { RunConfig } from "../runs/config.ts";
export type { MetricsLine } from "../training/metrics_lines.ts";
export type { Panel, Series } from "../display/curves_svg.ts";
export { type Displayable, type Formats, jupyterDisplay } from "../display/displayable.ts";
export type { Cell } from "../display/cells.ts";
export * from "../display/table.ts";
export { diagrams, type Picture } from "../display/picture.ts";
export * from "../display/curves.ts";
export { liveCurves } from "../training/live_curves.ts";
export * from "../display/layer_table.ts";
export * from "../runtime/backend.ts";
export * from "../runtime/errors.ts";
