/**
 * The command `deno task train`: a thin listener to `fit`.
 * @module
 */
import { DivergedError, UserError } from "../runtime/errors.ts";
import { type Given, parseFlags } from "./cli/flags.ts";
import { helpText, listText, versionText } from "./cli/help.ts";
import { print, quoted } from "./cli/output.ts";
import { progress } from "./cli/progress.ts";
import { report } from "./cli/report.ts";
import { newRun, resumedRun } from "./cli/start.ts";
import { readMetrics, recorded } from "./run/folder.ts";
import type { FitEvent } from "./training/events.ts";
import { fit } from "./training/fit.ts";

const FILE_SYSTEM = 1, INTERRUPTED = 130;

/**
 * Runs the command with these arguments, and returns the exit code: 0 done, 2 bad input, 3 diverged, 130 interrupted.
 */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const given = parseFlags(args);
    if (given.help) print(helpText());
    else if (given.list) print(listText());
    else if (given.version) print(versionText());
    else return await train(given);
    return 0;
  } catch (error) {
    if (error instanceof UserError) {
      console.error(error.message);
      return error.exitCode;
    }
    if (!fromFileSystem(error)) throw error;
    console.error(`${error.message}; what was written before is whole: make room and go on with --resume=RUN`);
    return FILE_SYSTEM;
  }
}

/** A full disk, a file taken away: nothing that a stack trace explains. */
function fromFileSystem(error: unknown): error is Error {
  return error instanceof Error &&
    ("code" in error || Object.values(Deno.errors).some((kind) => error instanceof kind));
}

async function train(given: Given): Promise<number> {
  const say = (text: string) => void (given.quiet || print(text));
  const run = await (given.resume === undefined ? newRun(given) : resumedRun(given));
  const { config, folder, task, resume } = run;
  if (resume?.step === config.settings.steps && run.finished) {
    say(`${folder} has done its ${resume.step} steps; go on with --steps=${2 * resume.step}, or open it with openRun`);
    return 0;
  }
  using metrics = await run.claim();
  say(
    `data     ${run.data.source}\nbackend  ${run.reason}\nrun      ${folder}: ${config.optimizer}, seed ${config.seed}`,
  );
  if (resume) say(`resumes  at step ${resume.step} of ${config.settings.steps}`);

  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  const line = given.quiet
    ? undefined
    : progress(config.settings.steps, resume?.step ?? 0, Object.keys(task.metrics)[0]);
  const events = fit({
    ...config,
    ...run,
    steps: config.settings.steps,
    metrics: task.metrics,
    signal: interruption.signal,
  });
  Deno.addSignalListener("SIGINT", interrupt);
  let last: FitEvent | undefined;
  try {
    for await (const event of recorded(folder, config, events, metrics, run.metricsBytes)) {
      line?.show(event);
      last = event;
    }
  } catch (error) {
    throw error instanceof DivergedError ? new DivergedError(`${error.message}; the run is in ${folder}`) : error;
  } finally {
    Deno.removeSignalListener("SIGINT", interrupt);
    line?.end();
  }
  if (last?.kind === "interrupted") {
    console.error(`Interrupted and saved at step ${last.step}. Go on with: deno task train --resume=${quoted(folder)}`);
    return INTERRUPTED;
  }
  if (last?.kind === "finished") say(`\n${report(folder, last, await readMetrics(folder))}`);
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
