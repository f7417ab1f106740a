/**
 * The command `deno task train`: a thin listener to `fit`.
 * @module
 */
import { DeviceLostError, DivergedError, UserError } from "../runtime/errors.ts";
import { exitCodeOf } from "./failure.ts";
import { parseFlags } from "./flags.ts";
import { helpText, listText, versionText } from "./help.ts";
import { interruption } from "./interruption.ts";
import { type Output, output, quoted } from "./output.ts";
import { progress } from "./run_progress.ts";
import { report } from "./run_report.ts";
import { newRun, resumedRun } from "./start.ts";
import { type Given, trainFlags } from "./train_flags.ts";
import type { RunConfig } from "../runs/config.ts";
import { unfit } from "../runs/prepared.ts";
import { abandonRun, files, readMetrics } from "../runs/folder.ts";
import { recorded } from "../runs/recorded.ts";
import type { FitEvent } from "../training/events.ts";
import { fit } from "../training/fit.ts";

const INTERRUPTED = 130;

/**
 * Runs the command with these arguments, and returns the exit code: 0 done, 2 bad input, 3 diverged, 4 GPU lost, 130 interrupted.
 */
export async function main(args: readonly string[]): Promise<number> {
  const out = output();
  try {
    const given = parseFlags(trainFlags, args);
    if (given.help) out.print(helpText());
    else if (given.list) out.print(listText());
    else if (given.version) out.print(versionText());
    else return await train(given, out);
    return 0;
  } catch (error) {
    return exitCodeOf(error, "--resume and the run's folder", trainFlags);
  }
}

async function train(given: Given, out: Output): Promise<number> {
  const say = (text: string) => void (given.quiet || out.print(text));
  const run = await (given.resume === undefined ? newRun(given) : resumedRun(given));
  const { config, task, resume } = run, { steps } = config.settings;
  if (resume?.step === steps && run.finished) {
    const { schedule = "constant" } = config.settings, done = `${given.resume} has done its ${resume.step} steps`;
    say(
      schedule === "constant"
        ? `${done}; go on with --steps=${2 * resume.step}, or open it with openRun`
        : `${done}, the horizon of --schedule=${schedule}; open it with openRun, or start a new run of more`,
    );
    return 0;
  }
  const { folder, metrics: file } = await run.claim();
  using metrics = file;
  say(
    `data     ${run.data.source}\nbackend  ${run.reason}\nrun      ${folder}: ${config.optimizer}, seed ${config.seed}`,
  );
  if (resume) say(`resumes  at step ${resume.step} of ${steps}`);

  using interrupted = interruption();
  const fromStep = resume?.step ?? 0;
  const line = given.quiet ? undefined : progress(out, steps, fromStep, Object.keys(task.metrics)[0]);
  const events = fit({
    problem: run.problem,
    optimizer: run.optimizer,
    data: run.data,
    steps,
    batchSize: config.batchSize,
    metaBatchSize: config.metaBatchSize,
    seed: config.seed,
    metrics: task.metrics,
    logEvery: config.logEvery,
    evalEvery: config.evalEvery,
    checkpointEvery: config.checkpointEvery,
    resume,
    signal: interrupted.controller.signal,
  });
  let last: FitEvent | undefined, saved = resume?.step;
  try {
    for await (const event of recorded({ folder, config, events, metrics, fromStep, metricsBytes: run.metricsBytes })) {
      line?.show(event);
      last = event;
      if (event.kind === "checkpoint") saved = event.step;
    }
  } catch (error) {
    if (error instanceof DivergedError) throw new DivergedError(`${error.message}; the run is in ${folder}`);
    if (error instanceof DeviceLostError) throw new DeviceLostError(`${error.message}: ${whatToDo(folder, saved)}`);
    // what only the first step could tell, such as an optimizer that does not fit the model
    if (error instanceof UserError && last === undefined && given.resume === undefined) {
      await abandonRun(folder);
      throw run.blamed(unfit(error, config));
    }
    throw error;
  } finally {
    line?.end();
  }
  if (last?.kind === "interrupted") {
    console.error(
      `Interrupted and saved at step ${last.step}. Go on with: ${trainTask(config.blas)} --resume=${quoted(folder)}`,
    );
    return INTERRUPTED;
  }
  if (last?.kind === "finished") {
    const lines = await readMetrics(folder);
    say(`\n${report(folder, { event: last, lines, labels: run.data.train.labels, config })}`);
  }
  return 0;
}

/** The task that goes on with the same products: only `deno task blas` may load a library. */
function trainTask(blas: RunConfig["blas"]): string {
  return blas ? "deno task blas train" : "deno task train";
}

/** After the loss of the GPU. */
function whatToDo(folder: string, saved: number | undefined): string {
  const whole = saved === undefined ? "" : `${folder}/${files.checkpoint} is whole, `;
  return `${whole}deno task train --resume=${quoted(folder)}`;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
