/**
 * Where training starts: a new run, or one that goes on.
 * @module
 */
import { type BackendName, chooseBackend } from "../../runtime/backend.ts";
import { UserError } from "../../runtime/errors.ts";
import { named } from "../../runtime/nearest.ts";
import { assemble, type Assembled, taskNamed } from "../run/assemble.ts";
import type { RunConfig } from "../run/config.ts";
import { createRunFolder, readCheckpoint, readConfig, writeConfig } from "../run/folder.ts";
import { versions } from "../run/versions.ts";
import type { TaskData } from "../task.ts";
import type { HostArrays } from "../training/snapshot.ts";
import type { FlagName, Given } from "./flags.ts";
import { plan, plannedTask } from "./plan.ts";

/** A run that is ready to train. Nothing was written yet. */
export interface Start extends Assembled {
  readonly config: RunConfig;
  readonly data: TaskData;
  readonly folder: string;
  /** Which backend and why: one line. */
  readonly reason: string;
  readonly resume?: { readonly step: number; readonly arrays: HostArrays };
  readonly metricsBytes: number;
  /** Makes the folder of a new run, or writes down what changed in an old one. */
  write(): Promise<void>;
}

const backends: Record<BackendName | "auto", true> = { auto: true, webgpu: true, wasm: true, cpu: true };

/** A new run. @throws `UserError` for flags that cannot be; no folder is left behind. */
export async function newRun(given: Given): Promise<Start> {
  const wanted = (given.backend ?? "auto") as BackendName | "auto";
  named("--backend", wanted, backends);
  const task = plannedTask(given), folder = given.data ?? Deno.env.get("APO_DATA");
  plan(given, task, Infinity, "cpu"); // names and flags first: they need neither data nor backend
  const data = await task.load(folder);
  const { name: backend, reason } = await chooseBackend(wanted);
  const config = plan({ ...given, ...folder && { data: folder } }, task, data.train.size, backend);
  const out = given.out ?? await freshFolder(`runs/${timestamp()}-${task.name}-${config.optimizer}`);
  const write = () => createRunFolder(out, config);
  return { ...assemble(config), config, data, folder: out, reason, metricsBytes: 0, write };
}

const timestamp = (): string => new Date().toISOString().slice(0, 19).replaceAll(":", "-");

/** The folder, or one with a number where two runs start in the same second. */
async function freshFolder(folder: string): Promise<string> {
  for (let n = 1;; n++) {
    const name = n === 1 ? folder : `${folder}-${n}`;
    if (!await Deno.stat(name).catch(() => undefined)) return name;
  }
}

const KEPT: readonly FlagName[] = ["resume", "steps", "quiet"];

/** A run that goes on. @throws `UserError` where there is none, or its checkpoint cannot be used; it is left as it is. */
export async function resumedRun(given: Given): Promise<Start> {
  const folder = given.resume!, old = await readConfig(folder);
  const other = (Object.keys(given) as FlagName[]).find((flag) => !KEPT.includes(flag));
  if (other) throw new UserError(`--${other} cannot be changed with --resume=${folder}; start a new run`);
  const checkpoint = await readCheckpoint(folder);
  const steps = given.steps ?? old.settings.steps;
  if (steps < (checkpoint?.step ?? 0)) {
    throw new UserError(`--steps=${steps} is less than the ${checkpoint!.step} that ${folder} has done; give more`);
  }
  if (steps !== old.settings.steps && (old.settings.schedule ?? "constant") !== "constant") {
    throw new UserError(
      `--steps=${steps} would change the horizon of --schedule=${old.settings.schedule}, ${old.settings.steps} steps; start a new run`,
    );
  }
  const config = { ...old, settings: { ...old.settings, steps } };
  if (checkpoint && !sameRun(checkpoint.config, config)) {
    throw new UserError(`${folder}: the checkpoint is of another run than config.json; it is left as it is`);
  }
  const data = await taskNamed(config.task).load(config.data ?? undefined);
  const { reason } = await chooseBackend(config.backend);
  return {
    ...assemble(config),
    config,
    data,
    folder,
    reason: `${reason}${otherVersions(config)}`,
    resume: checkpoint && { step: checkpoint.step, arrays: checkpoint.arrays },
    metricsBytes: checkpoint?.metricsBytes ?? 0,
    write: () => steps === old.settings.steps ? Promise.resolve() : writeConfig(folder, config),
  };
}

/** Whether two configurations differ in nothing but their steps. */
function sameRun(a: RunConfig, b: RunConfig): boolean {
  const comparable = (config: RunConfig) => JSON.stringify({ ...config, settings: { ...config.settings, steps: 0 } });
  return comparable(a) === comparable(b);
}

function otherVersions(config: RunConfig): string {
  const now = versions();
  const changed = Object.keys(now).filter((name) => now[name] !== config.versions[name]);
  if (changed.length === 0) return "";
  return `; not the same bits as before: ${changed.map((name) => `${name} was ${config.versions[name]}`).join(", ")}`;
}
