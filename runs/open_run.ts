/**
 * Finished runs, for reading.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { ensureBackend } from "../runtime/backend.ts";
import { inference } from "../models/mode.ts";
import { argument } from "../runtime/argument.ts";
import { UserError } from "../runtime/errors.ts";
import { named } from "../runtime/nearest.ts";
import { checkOption } from "../runtime/option.ts";
import type { Tensor, Tree } from "../runtime/tensor.ts";
import { disposeTree, flatten, mapTree } from "../runtime/tree.ts";
import { type Displayable, displayable } from "../display/displayable.ts";
import { buffersBeside, type HostArrays, restore, snapshot, toTensor } from "../training/snapshot.ts";
import type { SequenceModel } from "../models/networks/transformer.ts";
import { translated, type TranslationOptions } from "../tasks/translated.ts";
import { assemble } from "./assemble.ts";
import { runOptions } from "./options.ts";
import { readCheckpoint, readConfig, readMetrics, readSubwords, readSummary } from "./folder.ts";
import { inputTree, type InputValues, misfit, type NamedInputs, treeText } from "./predict_inputs.ts";
import type { RunStory } from "./run_story.ts";

/** A run's results. In a notebook it shows itself as a table with the picture of its curves. */
export interface Run extends RunStory, Displayable {
  /** The parameters to use, by name. */
  readonly params: HostArrays;
  /**
   * The model's outputs (logits, for classifiers) for any number of examples, in inference mode, as lists of lists; the type
   * parameter says of which rank they are.
   *
   * @param inputs The model's input, `[rows, …]`, scaled as in training (pixels from 0 to 1); inputs by name for a model that
   * has several.
   * @throws `UserError` that says what does not fit, and what the model takes.
   */
  predict<Outputs extends readonly unknown[] = number[][]>(inputs: InputValues | NamedInputs): Promise<Outputs>;
  /**
   * The translations of lines: by the most likely token each time, or by beam search. Blank lines become empty ones.
   *
   * @throws `UserError` for a run that has not learned to translate, for what is no list of lines, for a line of more than 1,024
   * subwords, for options that there are not, and for a beam that is no whole number from 1 to 100; the signal's reason where it aborts.
   */
  translate(lines: readonly string[], options?: TranslationOptions): Promise<string[]>;
}

const TRANSLATION: Readonly<Record<keyof TranslationOptions, true>> = { beam: true, signal: true };

/**
 * Opens the folder of a run. Needs no particular backend, and holds no tensors between calls.
 *
 * @throws `UserError` where there is no run, or no checkpoint yet.
 */
export async function openRun(folder: string): Promise<Run> {
  const config = await readConfig(folder), checkpoint = await readCheckpoint(folder);
  if (!checkpoint) {
    throw new UserError(
      `${folder} has no checkpoint yet; let \`deno task train\` go on with it, ${argument("resume", folder)}`,
    );
  }
  const metrics = await readMetrics(folder);
  const summary = await readSummary(folder, config.settings.steps);
  const { problem, optimizer } = assemble(config);
  await ensureBackend();
  const carry = tf.tidy(() => {
    const { params, buffers } = problem.model.init(config.seed);
    return restore(optimizer.init(params, buffers), checkpoint.arrays);
  });
  const params = await snapshot((optimizer.evaluated?.(carry) ?? carry).params);
  const buffers = { ...await snapshot(carry.buffers), ...buffersBeside(checkpoint.arrays) },
    structure = mapTree(carry.buffers, (tensor) => tensor);
  disposeTree(carry);
  const kinds = config.fingerprint?.inputs;
  const tensorsOfParams = () =>
    Object.fromEntries(Object.entries(params).map(([name, array]) => [name, toTensor(array)]));
  const applied = (inputs: Tree): Tensor => {
    const theta = tensorsOfParams();
    const running: Tree = mapTree(structure, (_, path) => toTensor(buffers[path]));
    try {
      return problem.model.apply(theta, running, inputs, inference).outputs;
    } catch (error) {
      throw misfit(`the model does not take ${treeText(inputs)}: ${(error as Error).message}`, kinds);
    }
  };
  const predict = async <Outputs extends readonly unknown[]>(given: InputValues | NamedInputs): Promise<Outputs> => {
    const outputs = tf.tidy(() => {
      const inputs = inputTree(given, kinds), rows = Object.values(flatten(inputs)).map(({ shape }) => shape[0]);
      return rows.some((count) => count === 0) ? tf.zeros([0]) : applied(inputs);
    });
    try {
      return await outputs.array() as unknown as Outputs;
    } finally {
      outputs.dispose();
    }
  };
  let reading: ReturnType<typeof readSubwords> | undefined;
  const translate = async (lines: readonly string[], options: TranslationOptions = {}): Promise<string[]> => {
    for (const name of Object.keys(options)) named("option", name, TRANSLATION); // a notebook has no types to refuse it
    const { beam = 1, signal } = options;
    checkOption("beam", runOptions.beam, beam);
    const subwords = await (reading ??= readSubwords(folder));
    if (!subwords) throw new UserError(`${folder} has no subwords.json: it has not learned to translate`);
    const theta = tensorsOfParams();
    try {
      return await translated(problem.model as SequenceModel, theta, subwords, lines, { beam, signal });
    } finally {
      disposeTree(theta);
    }
  };
  const run = { config, metrics, summary, step: checkpoint.step };
  const show = displayable(async () => (await import("./run_story.ts")).runFormats(run));
  return { ...run, params, predict, translate, ...show };
}
