/**
 * apo: amortized proximal optimization. Define optimizers, learn them while training, and keep the runs, with nothing but Deno.
 *
 * @module
 */
export * from "./proximal/mod.ts";
export * from "./optimizers/mod.ts";
export * from "./models/mod.ts";
export * from "./tasks/mod.ts";
