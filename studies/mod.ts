/**
 * Studies of many runs: learning rates that are found, and the theorem about APO's limit in numbers.
 * @module
 */
export { findRate, type FindRateOptions, type FoundRate } from "./find_rate/find_rate.ts";
export type { Found, SeedRate } from "./find_rate/found.ts";
export type { Settled } from "./find_rate/settled.ts";
export type { Course } from "./reproduce/theorem/descent.ts";
export * from "./reproduce/theorem/free_matrix.ts";
export * from "./reproduce/theorem/kronecker.ts";
export * from "./reproduce/theorem/natural_gradient.ts";
