/**
 * Runs on disk.
 * @module
 */
export { openRun, type Run } from "./open_run.ts";
export type { RunStory } from "./run_story.ts";
export type { RunConfig } from "./config.ts";
export type { InputValues, NamedInputs, NestedNumbers, TypedArray } from "./predict_inputs.ts";
export type { TranslationOptions } from "../tasks/translated.ts";
