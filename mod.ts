/**
 * apo: amortized proximal optimization. Define, learn, compare and publish optimizers with nothing but Deno.
 *
 * @module
 */
export * from "./proximal/mod.ts";
export * from "./optimizers/mod.ts";
export * from "./models/mod.ts";
export * from "./tasks/mod.ts";
