/**
 * Where training starts: a new run, or one that goes on.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { dirname } from "node:path";
import { UserError } from "../runtime/errors.ts";
import { comparable, type Fingerprint, fingerprint } from "../data/fingerprint.ts";
import { pickOptions } from "../runtime/option.ts";
import { holdOut } from "../data/hold_out.ts";
import { assemble, type Assembled } from "../runs/assemble.ts";
import type { RunConfig } from "../runs/config.ts";
import { runOptions } from "../runs/options.ts";
import { claimRun, createRunFolder, readRun, readSummary, writeConfig } from "../runs/folder.ts";
import { learnedSchedule } from "../runs/learned_schedule.ts";
import type { TaskData } from "../data/dataset.ts";
import { type HostArrays, restore } from "../training/snapshot.ts";
import { commonGround, initialCarry, loadOptions, prepared, withLabelNoise } from "../runs/prepared.ts";
import { sameBackend } from "./same_backend.ts";
import { configFile } from "./config_file.ts";
import { expectOnly } from "./flags.ts";
import { type Given, trainFlags } from "./train_flags.ts";

/** A run that is ready to train. Nothing was written yet. */
export interface Start extends Assembled {
  readonly config: RunConfig;
  readonly data: TaskData;
  /** Which backend and why: one line. */
  readonly reason: string;
  readonly resume?: { readonly step: number; readonly arrays: HostArrays };
  /** How much of `metrics.jsonl` belongs to the run so far. */
  readonly metricsBytes: number;
  /** The run came to its end before. */
  readonly finished: boolean;
  /** An error about what was chosen, as {@linkcode configFile} blames it. */
  blamed(error: unknown): unknown;
  /** Makes the folder of a new run, or writes down what changed in an old one. */
  claim(): Promise<Claimed>;
}

/** A folder that no other process trains in, and its open metrics. */
export interface Claimed {
  readonly folder: string;
  readonly metrics: Deno.FsFile;
}

/** A new run. @throws `UserError` for flags that cannot be; no folder is left behind. */
export async function newRun(given: Given): Promise<Start> {
  const file = given.config === undefined ? undefined : await configFile(given.config, given);
  const chosen = { ...file?.choices, ...pickOptions(runOptions, given) };
  const blamed = (error: unknown) => file === undefined ? error : file.blamed(error);
  try {
    const ground = await commonGround(chosen), { replay } = chosen;
    const run = prepared(
      typeof replay === "string" ? { ...chosen, replay: await learnedSchedule(replay) } : chosen,
      ground,
    );
    const config = { ...run.config, fingerprint: await fingerprint(run.data) }, { task } = run;
    const changed = changedData(file?.fingerprint, config.fingerprint);
    if (changed !== undefined) {
      const problem = `has the fingerprint of other data (${changed})`;
      const remedy =
        'bring back what was there, say with --data=FOLDER what to train on, or edit "fingerprint" out of a copy';
      throw new UserError({ argument: "config", value: given.config, problem, remedy });
    }
    const claim = async () => {
      const out = given.out ?? await freshFolder(`out/${timestamp()}-${task.name}-${config.optimizer}`);
      return { folder: out, metrics: await createRunFolder(out, config, run.data.text?.subwords) };
    };
    return { ...run, config, reason: ground.reason, metricsBytes: 0, finished: false, blamed, claim };
  } catch (error) {
    throw blamed(error);
  }
}

/** The time as a folder's name has it. */
export const timestamp = (): string => new Date().toISOString().slice(0, 19).replaceAll(":", "-");

/** Makes the folder, or one with a number where runs start in the same second. */
export async function freshFolder(folder: string): Promise<string> {
  await Deno.mkdir(dirname(folder), { recursive: true });
  for (let n = 1;; n++) {
    const name = n === 1 ? folder : `${folder}-${n}`;
    try {
      await Deno.mkdir(name); // only one process can
      return name;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}

const KEPT: readonly string[] = ["resume", "steps", "threads", "quiet"];

/** A run that goes on. @throws `UserError` where there is none, or its checkpoint cannot be used; it is left as it is. */
export async function resumedRun(given: Given): Promise<Start> {
  const folder = given.resume!;
  expectOnly(KEPT, given, trainFlags, `cannot be changed with --resume=${folder}; start a new run`);
  const { config: old, checkpoint } = await readRun(folder);
  const steps = given.steps ?? old.settings.steps;
  if (steps < (checkpoint?.step ?? 0)) {
    const problem = `is less than the ${checkpoint!.step} that ${folder} has done`;
    throw new UserError({ argument: "steps", value: steps, problem, remedy: "give more" });
  }
  if (steps !== old.settings.steps && (old.settings.schedule ?? "constant") !== "constant") {
    const problem = `would change the horizon of --schedule=${old.settings.schedule}, ${old.settings.steps} steps`;
    throw new UserError({ argument: "steps", value: steps, problem, remedy: "start a new run" });
  }
  const config = { ...old, settings: { ...old.settings, steps } };
  const assembled = assemble(config);
  const reason = await sameBackend(config, given.threads);
  if (checkpoint) tf.tidy(() => void restore(initialCarry(assembled, config), checkpoint.arrays));
  const loaded = withLabelNoise(
    await assembled.task.load(config.data ?? undefined, loadOptions(config)),
    config.labelNoise,
    assembled.task,
  );
  const data = config.holdout === undefined ? loaded : holdOut(loaded, config.holdout);
  const changed = changedData(config.fingerprint, await fingerprint(data));
  if (changed !== undefined) {
    throw new UserError(
      `${folder}: ${
        config.data ?? "the built-in data"
      } changed since the run began (${changed}); bring back what was ` +
        "there, or start a new run",
    );
  }
  return {
    ...assembled,
    config,
    data,
    reason,
    resume: checkpoint && { step: checkpoint.step, arrays: checkpoint.arrays },
    metricsBytes: checkpoint?.metricsBytes ?? 0,
    finished: await readSummary(folder, steps) !== undefined,
    blamed: (error) => error,
    claim: async () => {
      const metrics = await claimRun(folder);
      if (steps !== old.settings.steps) await writeConfig(folder, config);
      return { folder, metrics };
    },
  };
}

/** How data differ from those of a run before; undefined where they are the same, or nothing is known of them. */
function changedData(then: Fingerprint | undefined, now: Fingerprint): string | undefined {
  if (then === undefined || !comparable(then, now) || then.sha256 === now.sha256) return undefined;
  const count = ([train, test, validation]: Fingerprint["sizes"]) =>
    `${train} examples to train on${validation ? `, ${validation} to validate on` : ""} and ${test} to test on`;
  const counts = `${then.sizes}` === `${now.sizes}` ? "as many, with other contents" : `${count(now.sizes)} now`;
  return `${count(then.sizes)} then, ${counts}`;
}
