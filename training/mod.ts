/**
 * The training loop, and what is measured.
 * @module
 */
export * from "./fit.ts";
export type { FitOptions } from "./fit_options.ts";
export * from "./events.ts";
export * from "./metrics.ts";
export type { Scores } from "./evaluate.ts";
export type { Judge, Judged } from "./judge.ts";
export type { Sample } from "../display/samples.ts";
export type { HostArray, HostArrays } from "./snapshot.ts";
export type { MetricsLine } from "./metrics_lines.ts";
export { liveCurves } from "./live_curves.ts";
export * from "../runtime/backend.ts";
export * from "../runtime/errors.ts";
