/**
 * The command `deno task train`: a thin listener to `fit`.
 * @module
 */
import { DataError, DeviceLostError, DivergedError, UserError } from "../runtime/errors.ts";
import { runCommand } from "./failure.ts";
import { interruption } from "./interruption.ts";
import { lostGradient } from "./lost_gradient.ts";
import { commandLine, type Output } from "./output.ts";
import { progress } from "./run_progress.ts";
import { report } from "./run_report.ts";
import { newRun, resumedRun } from "./start.ts";
import { type Given, helpText, listText, trainFlags, versionText } from "./train_flags.ts";
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
  const texts = { help: helpText, list: listText, version: versionText };
  return await runCommand({ flags: trainFlags, texts, goOn: "--resume and the run's folder" }, args, train);
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
    `data     ${run.data.source}\nbackend  ${run.reason}\nrun      ${folder}: ${config.optimizer}${
      config.precision ? ` in ${config.precision}` : ""
    }, seed ${config.seed}`,
  );
  const lost = resume ? undefined : await lostGradient(run);
  if (lost) say(`warning  ${lost}`);
  if (resume) say(`resumes  at step ${resume.step} of ${steps}`);

  using interrupted = interruption();
  const fromStep = resume?.step ?? 0;
  const line = given.quiet ? undefined : progress(out, steps, fromStep);
  const events = fit({
    problem: run.problem,
    optimizer: run.optimizer,
    data: run.data,
    steps,
    batchSize: config.batchSize,
    metaBatchSize: config.metaBatchSize,
    seed: config.seed,
    metrics: task.metrics,
    judge: task.judge?.(run.data, run.problem.model, config),
    logEvery: config.logEvery,
    evalEvery: config.evalEvery,
    checkpointEvery: config.checkpointEvery,
    resume,
    signal: interrupted.controller.signal,
  });
  const resumingCommand = commandLine("train", config.blas !== undefined, [`--resume=${folder}`]);
  let last: FitEvent | undefined, saved = resume?.step;
  try {
    for await (const event of recorded({ folder, config, events, metrics, fromStep, metricsBytes: run.metricsBytes })) {
      line?.show(event);
      last = event;
      if (event.kind === "checkpoint") saved = event.step;
    }
  } catch (error) {
    if (error instanceof DivergedError) {
      const wider = config.precision
        ? `, or the same without --precision=${config.precision}, as it may be too narrow`
        : "";
      throw new DivergedError(`${error.message}${wider}; the run is in ${folder}`);
    }
    const whole = saved === undefined ? "" : `${folder}/${files.checkpoint} is whole, `;
    if (error instanceof DeviceLostError) throw new DeviceLostError(`${error.message}: ${whole}${resumingCommand}`);
    // what only the first step could tell, such as an optimizer that does not fit the model
    if (error instanceof UserError && last === undefined && given.resume === undefined) {
      await abandonRun(folder);
      throw run.blamed(unfit(error, config));
    }
    if (error instanceof DataError) throw new DataError(`${error.message}; the run is in ${folder}`);
    throw error;
  } finally {
    line?.end();
  }
  if (last?.kind === "interrupted") {
    const where = last.step < steps
      ? `saved at step ${last.step}`
      : `saved after the last step: only scores are missing`;
    console.error(`Interrupted and ${where}. Go on with: ${resumingCommand}`);
    return INTERRUPTED;
  }
  if (last?.kind === "finished") {
    const lines = await readMetrics(folder);
    say(`\n${report(folder, { event: last, lines, labels: run.data.train.labels, config })}`);
  }
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
