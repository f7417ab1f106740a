/**
 * A run's folder: how it is made, and how it is read.
 * @module
 */
import { join } from "node:path";
import { argument } from "../runtime/argument.ts";
import { UserError } from "../runtime/errors.ts";
import { writeWhole } from "../runtime/files/atomic.ts";
import { type Checkpoint, loadCheckpoint, REMEDY } from "./checkpoint.ts";
import { parseSubwords, type Subwords } from "../data/text/subwords.ts";
import { parseConfig, type RunConfig, sameConfig } from "./config.ts";
import { DamagedError, unlessMissing } from "../runtime/files/damaged.ts";
import { badFolder, folderAt, folderError } from "./new_folder.ts";
import { type MetricsLine, parseMetrics } from "../training/metrics_lines.ts";

/** The files of a run. */
export const files = {
  config: "config.json",
  metrics: "metrics.jsonl",
  summary: "summary.json",
  curves: "curves.svg",
  checkpoint: "checkpoint.safetensors",
  subwords: "subwords.json",
} as const;

/**
 * Makes the folder of a new run and claims it.
 *
 * @param subwords Of texts: without them nothing can be made of what the model writes.
 * @returns The open metrics, see {@linkcode claimRun}.
 * @throws `UserError` where there is a file, a folder that is not empty, or one that cannot be made.
 */
export async function createRunFolder(folder: string, config: RunConfig, subwords?: Subwords): Promise<Deno.FsFile> {
  const exists = await folderAt(folder);
  try {
    if (exists) await expectEmpty(folder);
    await Deno.mkdir(folder, { recursive: true });
    const metrics = await claimRun(folder);
    await expectEmpty(folder); // another process may have had it in between
    if (subwords) await writeWhole(join(folder, files.subwords), subwords.toJson());
    await writeConfig(folder, config);
    return metrics;
  } catch (error) {
    throw folderError(folder, error);
  }
}

/** Takes away a new run's folder, or what of it is the run's, before anything was trained. */
export async function abandonRun(folder: string): Promise<void> {
  for (const name of [files.config, files.metrics, files.subwords, ""]) {
    await Deno.remove(join(folder, name)).catch(() => {});
  }
}

async function expectEmpty(folder: string): Promise<void> {
  if (await isEmpty(folder)) return;
  throw badFolder(
    folder,
    "exists and is not empty",
    `give another folder, or go on with ${argument("resume", folder)}`,
  );
}

/** Whether a folder is empty but for what a process leaves that is killed before it wrote the configuration. */
export async function isEmpty(folder: string): Promise<boolean> {
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".part")) continue;
    if (name === files.metrics && (await Deno.stat(join(folder, name))).size === 0) continue;
    return false;
  }
  return true;
}

/**
 * Opens a run's metrics for writing and locks them, so that no two processes train one run. The lock goes with the process, also
 * by `kill -9`.
 *
 * @throws `UserError` where another process has the run.
 */
export async function claimRun(folder: string): Promise<Deno.FsFile> {
  const metrics = await Deno.open(join(folder, files.metrics), { write: true, create: true });
  if (await metrics.tryLock(true)) return metrics;
  metrics.close();
  throw new UserError(`${folder} is in use by another process; wait for it, or give another folder`);
}

/** Writes `config.json`, whole or not at all. */
export async function writeConfig(folder: string, config: RunConfig): Promise<void> {
  await writeWhole(join(folder, files.config), JSON.stringify(config, null, 2) + "\n");
}

/** Reads a run's configuration. @throws `UserError` where there is none. */
export async function readConfig(folder: string): Promise<RunConfig> {
  const path = join(folder, files.config);
  const text = await Deno.readTextFile(path).catch(unlessMissing(undefined));
  if (text === undefined) {
    throw new UserError(`${folder} is no run: there is no ${files.config}; give the folder of a run`);
  }
  return parseConfig(text, path);
}

/** `summary.json` of a run that has done its steps, or undefined. */
export async function readSummary(folder: string, steps: number): Promise<Record<string, unknown> | undefined> {
  const text = await Deno.readTextFile(join(folder, files.summary)).catch(() => "null");
  const summary = parsed(text);
  return summary?.steps === steps ? summary : undefined; // it may be that of fewer steps, before an extension
}

/** How a run's lines become tokens, or undefined where it is not of texts. @throws `UserError` for a damaged file. */
export async function readSubwords(folder: string): Promise<Subwords | undefined> {
  const path = join(folder, files.subwords), text = await Deno.readTextFile(path).catch(unlessMissing(undefined));
  return text === undefined ? undefined : parseSubwords(text, path);
}

/** What a summary says; nothing where it is damaged, as it is then written anew. */
function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const summary = JSON.parse(text), numbers = ["trainLoss", "stepsPerSecond", "refused"];
    return numbers.every((name) => summary?.[name] === null || typeof summary?.[name] === "number")
      ? summary
      : undefined;
  } catch {
    return undefined;
  }
}

/** The run's checkpoint, or undefined where none was written yet. @throws `UserError` for one that cannot be read. */
export async function readCheckpoint(folder: string): Promise<Checkpoint | undefined> {
  const path = join(folder, files.checkpoint);
  return await exists(path) ? await loadCheckpoint(path) : undefined;
}

/** Whether there is a run. */
export async function hasConfig(folder: string): Promise<boolean> {
  return await exists(join(folder, files.config));
}

const exists = async (path: string): Promise<boolean> =>
  await Deno.stat(path).then(() => true).catch(unlessMissing(false));

/** All that going on with a run needs. */
export interface SavedRun {
  /** How it began. */
  readonly config: RunConfig;
  /** Absent before the first one. */
  readonly checkpoint?: Checkpoint;
}

/**
 * Reads a run to go on with.
 *
 * @throws `DamagedError` where its files are damaged or do not belong together, `UserError` where there is no run or its files
 * cannot be read; they are left as they are.
 */
export async function readRun(folder: string): Promise<SavedRun> {
  const config = await readConfig(folder), checkpoint = await readCheckpoint(folder);
  if (checkpoint === undefined) {
    if (await exists(join(folder, files.summary))) {
      throw new DamagedError(`${folder} has finished, but its ${files.checkpoint} is gone; ${REMEDY}`);
    }
    return { config };
  }
  if (!sameRun(checkpoint.config, config)) {
    throw new DamagedError(`${folder}: the checkpoint is of another run than ${files.config}; ${REMEDY}`);
  }
  await checkMetrics(folder, checkpoint.metricsBytes);
  return { config, checkpoint };
}

/** Whether two configurations differ in nothing but their steps. */
function sameRun(a: RunConfig, b: RunConfig): boolean {
  return sameConfig(a, { ...b, settings: { ...b.settings, steps: a.settings.steps } });
}

/** The lines of a run's metrics. */
export async function readMetrics(folder: string): Promise<MetricsLine[]> {
  const path = join(folder, files.metrics);
  return parseMetrics(await Deno.readTextFile(path), path);
}

/** @throws `DamagedError` unless the metrics are there and whole up to the checkpoint. */
async function checkMetrics(folder: string, metricsBytes: number): Promise<void> {
  if (metricsBytes === 0) return;
  const path = join(folder, files.metrics);
  const text = await Deno.readFile(path).catch(unlessMissing(new Uint8Array()));
  if (text.length < metricsBytes) {
    throw new DamagedError(
      `${path} is missing or shorter than the checkpoint says: ${text.length} of ${metricsBytes} bytes; ${REMEDY}`,
    );
  }
  parseMetrics(new TextDecoder().decode(text.subarray(0, metricsBytes)), path);
}
