/**
 * A line that follows the runs.
 * @module
 */
import { join } from "node:path";
import { spelling } from "./flags.ts";
import type { Output } from "./output.ts";
import { short } from "../display/numbers.ts";
import { written } from "../runtime/argument.ts";
import { files } from "../runs/folder.ts";
import { runOptions } from "../runs/options.ts";
import type { Job } from "../studies/job.ts";
import type { Progress } from "../studies/progress.ts";

const REDRAW_MS = 400, BAR = 10, TAIL = 4096; // bytes: longer than a line of metrics of any built-in optimizer

/** In a terminal a line that is drawn over itself; nothing elsewhere, and nothing where one wants it quiet. */
export function progress({ write }: Output, training: ReadonlySet<Job>, quiet = false): Progress {
  let part = "", total = 0, done = 0, failures = 0;
  const draw = async () => {
    const running = await Promise.all(Array.from(training, async (job) => `${job.label} ${await position(job)}`));
    const full = Math.round(BAR * done / Math.max(1, total));
    const counts = `${"█".repeat(full)}${"░".repeat(BAR - full)} ${part} ${done}/${total}${
      failures > 0 ? ` (${failures} failed)` : ""
    }`;
    const width = (Deno.consoleSize().columns || 80) - 1;
    if (timer !== undefined) write(`\r\x1b[K${[counts, ...running].join("  ").slice(0, width)}`);
  };
  let timer = Deno.stdout.isTerminal() && !quiet ? setInterval(() => void draw(), REDRAW_MS) : undefined;
  return {
    begin: (name, count) => void ([part, total, done, failures] = [name, count, 0, 0]),
    ended: (failed) => void (done++, failures += Number(failed)),
    tell: (text) =>
      void (quiet || write(`${timer === undefined ? "" : "\r\x1b[K"}${written(text, spelling(runOptions))}\n`)),
    end: () => {
      if (timer === undefined) return;
      clearInterval(timer);
      timer = undefined;
      write("\r\x1b[K");
    },
  };
}

/** Where a run is: the last line of its metrics. */
async function position({ folder, config: { settings: { steps } } }: Job): Promise<string> {
  const line = await lastLine(join(folder, files.metrics)).catch(() => undefined);
  return line ? `step ${line.step}/${steps} loss ${short(line.loss)}` : "starts";
}

async function lastLine(path: string): Promise<{ step: number; loss: number } | undefined> {
  using file = await Deno.open(path);
  const { size } = await file.stat(), bytes = new Uint8Array(Math.min(size, TAIL));
  await file.seek(size - bytes.length, Deno.SeekMode.Start);
  const count = await file.read(bytes) ?? 0;
  const line = new TextDecoder().decode(bytes.subarray(0, count)).split("\n").at(-2); // the last one may be half written
  return line === undefined || line === "" ? undefined : JSON.parse(line);
}
