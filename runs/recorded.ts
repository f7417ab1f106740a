/**
 * What is written into a run's folder, and when.
 * @module
 */
import { join } from "node:path";
import type { FinishedEvent, FitEvent } from "../training/events.ts";
import { writeAll, writeWhole } from "../runtime/files/atomic.ts";
import { saveCheckpoint } from "./checkpoint.ts";
import type { RunConfig } from "./config.ts";
import { files, readMetrics } from "./folder.ts";
import { metricsLine } from "../training/metrics_lines.ts";
import { runPanels } from "../training/run_panels.ts";
import { runSummary } from "./summary.ts";

/** What {@linkcode recorded} writes down, and where. */
export interface Recording {
  readonly folder: string;
  readonly config: RunConfig;
  readonly events: AsyncIterable<FitEvent>;
  /** As {@linkcode claimRun} opened them. */
  readonly metrics: Deno.FsFile;
  /** How many steps were done before; 0 for a run in one go. */
  readonly fromStep: number;
  /** How much of `metrics.jsonl` belongs to the run so far; what stands behind it is cut off. */
  readonly metricsBytes: number;
}

/**
 * Passes events on and writes them down: metrics as they come, checkpoints with the length of the metrics at that moment, and
 * summary and picture at the end.
 */
export async function* recorded(recording: Recording): AsyncGenerator<FitEvent, void, void> {
  const { folder, config, events, metrics, metricsBytes } = recording;
  await metrics.truncate(metricsBytes);
  await metrics.seek(0, Deno.SeekMode.End);
  let written = metricsBytes;
  for await (const event of events) {
    if (event.kind === "logged") {
      const line = new TextEncoder().encode(metricsLine(event));
      await writeAll(metrics, line);
      written += line.length;
    } else if (event.kind === "checkpoint") {
      await metrics.sync(); // the checkpoint must never know of more metrics than the disk
      const { step, arrays } = event;
      await saveCheckpoint(join(folder, files.checkpoint), { step, arrays, config, metricsBytes: written });
    } else if (event.kind === "finished") await conclude(recording, event);
    yield event;
  }
}

/** Writes picture and summary. */
async function conclude({ folder, config, fromStep }: Recording, event: FinishedEvent): Promise<void> {
  const lines = await readMetrics(folder), { curvesSvg } = await import("../display/curves_svg.ts");
  await writeWhole(join(folder, files.curves), await curvesSvg(runPanels(lines, event)));
  const summary = runSummary(config, event, lines, fromStep);
  await writeWhole(join(folder, files.summary), JSON.stringify(summary, null, 2) + "\n");
}
