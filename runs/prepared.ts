/**
 * What is tried before a new run writes anything.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { resolve } from "node:path";
import type { Carry } from "../optimizers/optimizer.ts";
import { type BackendName, type Blas, chooseBackend } from "../runtime/backend.ts";
import { argument } from "../runtime/argument.ts";
import { DataError, UserError } from "../runtime/errors.ts";
import { pickOptions } from "../runtime/option.ts";
import { unlessMissing } from "../runtime/files/damaged.ts";
import { downloadFolder } from "../data/folder_file.ts";
import { extentOf } from "../data/batches.ts";
import { holdOut } from "../data/hold_out.ts";
import { noisyLabels } from "../data/noisy_labels.ts";
import { assemble, type Assembled, taskNamed } from "./assemble.ts";
import type { RunConfig } from "./config.ts";
import { type Choices, modelOptions } from "./options.ts";
import type { TaskData } from "../data/dataset.ts";
import type { LoadOptions, ModelChoice, Task } from "../tasks/task.ts";
import { checkNames, plan, plannedTask } from "./plan.ts";

/** What runs of the same task, data and backend share. */
export interface Ground {
  readonly task: Task;
  /** With its wrong labels, if there are to be any; nothing is held out yet. */
  readonly data: TaskData;
  /** Where the data came from, absolute, or a run could go on from one working directory only; none for the built-in data. */
  readonly folder?: string;
  readonly backend: BackendName;
  /** What computes matrix products there, if not kernels of our own. */
  readonly blas?: Blas;
  /** Why that backend: one line. */
  readonly reason: string;
}

/** Starts the backend and loads the data. @throws `UserError` for choices that cannot be. */
export async function commonGround(chosen: Choices): Promise<Ground> {
  const task = plannedTask(chosen);
  const { data: given = task.readsFolder ? Deno.env.get("APO_DATA") : undefined } = chosen;
  const folder = given || await downloadedFolder(task);
  checkNames(chosen, task);
  const blas = chosen.blas && wantedBlas(chosen.blas), wanted = (chosen.backend ?? "auto") as BackendName | "auto";
  const { strict, threads } = chosen;
  const { name: backend, reason, ...computes } = await chooseBackend(wanted, { strict, blas, threads });
  const modelChoice = pickOptions(modelOptions, chosen) as ModelChoice, { sourceLanguage } = chosen;
  const loaded = await loadData(task, folder, chosen, loadOptions({ modelChoice, backend, sourceLanguage }));
  const data = withLabelNoise(loaded, chosen.labelNoise, task);
  return { task, data, folder: folder && resolve(folder), backend, reason, ...computes };
}

/** Where the task's data were downloaded to, if they were. */
async function downloadedFolder({ download }: Task): Promise<string | undefined> {
  if (download === undefined) return undefined;
  const folder = downloadFolder(download);
  return await Deno.stat(folder).then(({ isDirectory }) => isDirectory, unlessMissing(false)) ? folder : undefined;
}

/** A file from the working directory on: a bare name would be looked for among the system's libraries. */
function wantedBlas(blas: string): string {
  if (blas === "auto" || blas === "off") return blas;
  if (!/[/\\]/.test(blas)) {
    const remedy = `give auto, off or a file, such as ./${blas}`;
    throw new UserError({ argument: "blas", value: blas, problem: "is unknown", remedy });
  }
  return resolve(blas);
}

/** What data depend on besides their files: on WebGPU the steps on batches of each shape are recorded. */
export function loadOptions(
  { modelChoice, backend, sourceLanguage }: Pick<RunConfig, "modelChoice" | "backend" | "sourceLanguage">,
): LoadOptions {
  return { choice: modelChoice, fewShapes: backend === "webgpu", sourceLanguage };
}

/** The data; an error about a folder that came from the environment says so. */
async function loadData(
  task: Task,
  folder: string | undefined,
  chosen: Choices,
  options: LoadOptions,
): Promise<TaskData> {
  try {
    return await task.load(folder, options);
  } catch (error) {
    if (chosen.data !== undefined || !(error instanceof UserError) || error.bad?.argument !== "data") throw error;
    throw new UserError({ ...error.bad, argument: "APO_DATA" });
  }
}

/**
 * The data with a share of the training labels wrong, if one is given. They are so before anything is held out: who has wrong
 * labels also tunes on them.
 *
 * @throws `UserError` for data without labels.
 */
export function withLabelNoise(data: TaskData, share: number | undefined, task: Task): TaskData {
  if (share === undefined) return data;
  if (!data.train.labels) {
    const problem = `means nothing to ${argument("task", task.name)}, which has no labels`;
    throw new UserError({ argument: "labelNoise", value: share, problem, remedy: "leave it out" });
  }
  const source = `${data.source}; ${Number((100 * share).toPrecision(3))} % of the training labels are wrong`;
  return { ...data, train: noisyLabels(data.train, share), source };
}

/** A run that could train now. */
export interface Prepared extends Assembled {
  readonly config: RunConfig;
  readonly data: TaskData;
}

/**
 * The run of these choices, the rates of a replay among them.
 *
 * @throws `UserError` for choices that cannot be, sizes that the data or the memory have not.
 */
export function prepared(chosen: Choices, ground: Ground): Prepared {
  const { config, data } = planned(chosen, ground), assembled = fitting(config, () => assemble(config));
  tf.dispose(initialCarry(assembled, config));
  return { ...assembled, config, data };
}

/** The configuration of that run, and its data. @throws `UserError` for choices that cannot be, sizes that the data have not. */
export function planned(chosen: Choices, ground: Ground): Pick<Prepared, "config" | "data"> {
  const { task, folder } = ground;
  checkNames(chosen, task);
  const data = chosen.holdout === undefined ? ground.data : holdOut(ground.data, chosen.holdout);
  return { config: plan({ ...chosen, ...folder && { data: folder } }, task, extentOf(data.train), ground), data };
}

/**
 * What training starts from: tried before anything is written.
 *
 * @throws `UserError` for a model that does not fit into memory, or an optimizer that does not fit the model.
 */
export function initialCarry(
  { problem, optimizer }: Pick<Assembled, "problem" | "optimizer">,
  config: RunConfig,
): Carry {
  try {
    return tf.tidy(() => {
      const { params, buffers } = problem.model.init(config.seed);
      return optimizer.init(params, buffers);
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw unfit(error, config);
    const problem = "needs more memory than there is", remedy = "give a smaller one";
    throw new UserError({ ...largestSize(config), problem, remedy });
  }
}

const SIZES = ["hidden", "width", "widen", "vocabulary"] as const;

/** Of a model's sizes the one that is the most times its default; the model where it has none. */
function largestSize({ task, model, modelChoice }: RunConfig): { argument: string; value: unknown } {
  const { defaults } = taskNamed(task).models[model];
  const most = (size: number | readonly number[]) => Math.max(...[size].flat());
  const times = (name: typeof SIZES[number]) => most(modelChoice[name]!) / most(defaults[name]!);
  const [size] = SIZES.filter((name) => modelChoice[name] !== undefined).sort((a, b) => times(b) - times(a));
  return size ? { argument: size, value: modelChoice[size] } : { argument: "model", value: model };
}

/** An error as it is, or one about an optimizer that does not fit its model, where it names no argument. */
export function unfit(error: unknown, { optimizer, model }: Pick<RunConfig, "optimizer" | "model">): unknown {
  if (!(error instanceof UserError) || error instanceof DataError || error.bad) return error;
  const [what, ...remedies] = error.message.split("; "), problem = `does not fit ${argument("model", model)}: ${what}`;
  const remedy = remedies.join("; ") || "give another one";
  return new UserError({ argument: "optimizer", value: optimizer, problem, remedy });
}

/** What `work` gives. @throws its errors as {@linkcode unfit} has them. */
function fitting<T>(config: RunConfig, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw unfit(error, config);
  }
}

/**
 * One step on so many examples, thrown away.
 *
 * @throws `UserError` for what only a step can tell, such as an optimizer that does not fit the model.
 */
export function firstStep({ problem, optimizer, data, config }: Prepared, examples: number): void {
  const batch = () => data.train.batch(Uint32Array.from({ length: examples }, (_, i) => i));
  tf.tidy(() => {
    const carry = initialCarry({ problem, optimizer }, config);
    fitting(config, () => optimizer.step(carry, { batch: batch(), metaBatch: batch }, { step: 0, seed: config.seed }));
  });
}
