/**
 * A run's folder: how it is made, and what is written into it when.
 * @module
 */
import { join } from "node:path";
import { UserError } from "../../runtime/errors.ts";
import type { FinishedEvent, FitEvent } from "../training/events.ts";
import { writeWhole } from "./atomic.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import { parseConfig, type RunConfig } from "./config.ts";
import { type MetricsLine, metricsLine, parseMetrics } from "./metrics.ts";
import { runPanels } from "./panels.ts";

/** The files of a run. */
export const files = {
  config: "config.json",
  metrics: "metrics.jsonl",
  summary: "summary.json",
  curves: "curves.svg",
  checkpoint: "checkpoint.safetensors",
} as const;

/** Makes the folder of a new run. @throws `UserError` where there is a file, or a folder that is not empty. */
export async function createRunFolder(folder: string, config: RunConfig): Promise<void> {
  const exists = await Deno.stat(folder).catch(() => undefined);
  const occupied = exists && (!exists.isDirectory || !(await Array.fromAsync(Deno.readDir(folder))).every(isPart));
  if (occupied) {
    throw new UserError(
      `--out=${folder} exists and is not empty; give another folder, or go on with --resume=${folder}`,
    );
  }
  await Deno.mkdir(folder, { recursive: true });
  await writeConfig(folder, config);
}

/** What a process that was killed at its very start leaves. */
const isPart = ({ name }: Deno.DirEntry): boolean => name.endsWith(".part");

/** Writes `config.json`, whole or not at all. */
export async function writeConfig(folder: string, config: RunConfig): Promise<void> {
  await writeWhole(join(folder, files.config), JSON.stringify(config, null, 2) + "\n");
}

/** Reads a run's configuration. @throws `UserError` where there is none. */
export async function readConfig(folder: string): Promise<RunConfig> {
  const path = join(folder, files.config);
  const text = await Deno.readTextFile(path).catch(() => undefined);
  if (text === undefined) {
    throw new UserError(`${folder} is no run: there is no ${files.config}; give the folder of a run`);
  }
  return parseConfig(text, path);
}

/** The run's checkpoint, or undefined where none was written yet. @throws `UserError` for one that cannot be read. */
export async function readCheckpoint(folder: string): Promise<Awaited<ReturnType<typeof loadCheckpoint>> | undefined> {
  const path = join(folder, files.checkpoint);
  if (!await Deno.stat(path).catch(() => undefined)) return undefined;
  return await loadCheckpoint(path);
}

/** The lines of a run's metrics. */
export async function readMetrics(folder: string): Promise<MetricsLine[]> {
  return parseMetrics(await Deno.readTextFile(join(folder, files.metrics)));
}

/**
 * Passes events on and writes them down: metrics as they come, checkpoints with the length of the metrics at that moment, and
 * summary and picture at the end.
 *
 * @param metricsBytes How much of `metrics.jsonl` belongs to the run so far; what stands behind it is cut off.
 */
export async function* recorded(
  folder: string,
  config: RunConfig,
  events: AsyncIterable<FitEvent>,
  metricsBytes = 0,
): AsyncGenerator<FitEvent, void, void> {
  using metrics = await Deno.open(join(folder, files.metrics), { write: true, create: true });
  const present = (await metrics.stat()).size;
  if (present < metricsBytes) {
    throw new UserError(
      `${folder}/${files.metrics} is shorter than its checkpoint says (${present} < ${metricsBytes} bytes)`,
    );
  }
  await metrics.truncate(metricsBytes);
  await metrics.seek(0, Deno.SeekMode.End);
  let written = metricsBytes;
  for await (const event of events) {
    if (event.kind === "logged") {
      const line = new TextEncoder().encode(metricsLine(event));
      for (let done = 0; done < line.length;) done += await metrics.write(line.subarray(done));
      written += line.length;
    } else if (event.kind === "checkpoint") {
      await metrics.sync(); // the checkpoint must never know of more metrics than the disk
      const { step, arrays } = event;
      await saveCheckpoint(join(folder, files.checkpoint), { step, arrays, config, metricsBytes: written });
    } else if (event.kind === "finished") await conclude(folder, config, event);
    yield event;
  }
}

async function conclude(folder: string, config: RunConfig, event: FinishedEvent): Promise<void> {
  const { kind: _, step, train, test = {}, trained: __, ...rest } = event;
  const scores = Object.entries(test).map(([name, value]) => [`test${name[0].toUpperCase()}${name.slice(1)}`, value]);
  const summary = {
    steps: step,
    backend: config.backend,
    trainLoss: train.loss,
    ...Object.fromEntries(scores),
    ...rest,
  };
  await writeWhole(join(folder, files.summary), JSON.stringify(summary, null, 2) + "\n");
  const { curvesSvg } = await import("./curves.ts");
  await writeWhole(join(folder, files.curves), await curvesSvg(runPanels(await readMetrics(folder))));
}
