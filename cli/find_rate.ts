/**
 * The command `deno task find-rate`: a thin listener to `findRate`.
 * @module
 */
import { runCommand } from "./failure.ts";
import { interruption } from "./interruption.ts";
import type { Output } from "./output.ts";
import { type Progress, progress } from "./run_progress.ts";
import { findRate, type FoundRate } from "../studies/find_rate/find_rate.ts";
import { findRateFlags, type Given, helpText } from "./find_rate_flags.ts";
import { expectFree, writeFolder } from "../studies/find_rate/search_folder.ts";
import { type PlannedSearch, plannedSearch } from "./find_rate_plan.ts";
import { rateText } from "../studies/find_rate/rate_text.ts";
import { contents, report, warning } from "./find_rate_report.ts";
import { modelText } from "../tasks/task.ts";

const INTERRUPTED = 130;

/** Runs the command with these arguments, and returns the exit code: 0 done, 2 bad input, 3 diverged, 130 interrupted. */
export const main = async (args: readonly string[]): Promise<number> =>
  await runCommand({ flags: findRateFlags, texts: { help: helpText }, goOn: "the same command" }, args, search);

async function search(given: Given, out: Output): Promise<number> {
  if (given.out !== undefined) await expectFree(given.out);
  const planned = await plannedSearch(given), { config } = planned;
  const say = (text: string) => void (given.quiet || out.print(text));
  say(`data     ${planned.data.source}\nbackend  ${planned.reason}`);
  say(`model    ${modelText(config.model, config.modelChoice)}; ${planned.optimizer}, batches of ${config.batchSize}`);

  const found = await interruptible((signal) => searched(planned, given.quiet ? undefined : out, signal));
  if (found === undefined) {
    console.error("Interrupted: there is no rate yet, and nothing was written");
    return INTERRUPTED;
  }
  out.print(given.quiet ? rateText(found.rate) : `\n${report(found, planned)}`);
  const doubt = warning(found);
  if (doubt !== undefined) console.error(`Do not trust this rate: ${doubt}`);
  if (given.out === undefined) return 0;
  await writeFolder(given.out, await contents(found, planned));
  say(`\nEverything is in ${given.out}`);
  return 0;
}

/** The search, followed by a line for each seed. */
async function searched(planned: PlannedSearch, out: Output | undefined, signal: AbortSignal): Promise<FoundRate> {
  let line: Progress | undefined, current = -1;
  try {
    return await findRate({
      ...planned,
      batchSize: planned.config.batchSize,
      signal,
      listen: (event, seed) => {
        if (out === undefined) return;
        if (seed !== current) {
          line?.end();
          line = progress(out, planned.steps, 0);
          current = seed;
        }
        line!.show(event);
      },
    });
  } finally {
    line?.end();
  }
}

/** What `work` gives, or nothing where Ctrl-C came first. */
async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  using interrupted = interruption();
  const { signal } = interrupted.controller;
  try {
    return await work(signal);
  } catch (error) {
    if (error !== signal.reason) throw error;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
