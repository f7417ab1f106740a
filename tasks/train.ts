/**
 * The command `deno task train`: a thin listener to `fit`.
 * @module
 */
import { DivergedError, UserError } from "../runtime/errors.ts";
import { type Given, parseFlags } from "./cli/flags.ts";
import { helpText, listText, versionText } from "./cli/help.ts";
import { progress } from "./cli/progress.ts";
import { report } from "./cli/report.ts";
import { newRun, resumedRun } from "./cli/start.ts";
import { readMetrics, recorded } from "./run/folder.ts";
import type { FitEvent } from "./training/events.ts";
import { fit } from "./training/fit.ts";

const INTERRUPTED = 130;

/**
 * Runs the command with these arguments, and returns the exit code: 0 done, 2 bad input, 3 diverged, 130 interrupted.
 */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const given = parseFlags(args);
    if (given.help) console.log(helpText());
    else if (given.list) console.log(listText());
    else if (given.version) console.log(versionText());
    else return await train(given);
    return 0;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    return error.exitCode;
  }
}

async function train(given: Given): Promise<number> {
  const say = (text: string) => void (given.quiet || console.log(text));
  const run = await (given.resume === undefined ? newRun(given) : resumedRun(given));
  const { config, folder, task, resume } = run;
  await run.write();
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
    for await (const event of recorded(folder, config, events, run.metricsBytes)) {
      line?.show(event);
      last = event;
    }
  } catch (error) {
    if (error instanceof DivergedError) console.error(`The run is in ${folder}`);
    throw error;
  } finally {
    Deno.removeSignalListener("SIGINT", interrupt);
    line?.end();
  }
  if (last?.kind === "interrupted") {
    console.error(`Interrupted and saved at step ${last.step}. Go on with: deno task train --resume=${folder}`);
    return INTERRUPTED;
  }
  if (last?.kind === "finished") say(`\n${report(folder, last, await readMetrics(folder))}`);
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
