/**
 * apo: amortized proximal optimization. Define optimizers and learn them while training. Everything here runs in a browser, too; the
 * tasks, which read files, are `@amortized/apo/tasks`, runs on disk are `@amortized/apo/runs`.
 *
 * @module
 */
export * from "./proximal/mod.ts";
export * from "./optimizers/mod.ts";
export * from "./models/mod.ts";
export * from "./display/mod.ts";
export * from "./data/mod.ts";
export * from "./training/mod.ts";
export { findRate, type FindRateOptions, type FoundRate } from "./studies/find_rate/find_rate.ts";
export type { Found, SeedRate } from "./studies/find_rate/found.ts";
export type { Settled } from "./studies/find_rate/settled.ts";
