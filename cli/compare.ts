/**
 * The command `deno task compare`.
 * @module
 */
import { resolve } from "node:path";
import { UserError } from "../runtime/errors.ts";
import { chooseBlas } from "../runtime/wasm/blas/choice.ts";
import type { Blas } from "../runtime/wasm/blas/library.ts";
import { runCommand } from "./failure.ts";
import { expectOnly, spelling } from "./flags.ts";
import { interruption } from "./interruption.ts";
import type { Output } from "./output.ts";
import { freshFolder, timestamp } from "./start.ts";
import { commandOf, resumingCommand } from "./compare_settings.ts";
import type { Comparison } from "../studies/compare/comparison.ts";
import { plannedComparison } from "./compare_plan.ts";
import { compareFlags, type Given, helpText } from "./compare_flags.ts";
import { claimFolder, readComparison } from "../studies/compare/comparison_folder.ts";
import { processes } from "./process.ts";
import { progress } from "./study_progress.ts";
import type { Results } from "../studies/compare/results.ts";
import { compared } from "../studies/compare/run.ts";
import { summary } from "../studies/compare/comparison_summary.ts";
import { Interrupted, trainer } from "../studies/trainer.ts";
import { writeResults } from "../studies/compare/write_comparison.ts";
import { machine } from "../runs/machine.ts";
import { runOptions } from "../runs/options.ts";
import { versions } from "../runs/versions.ts";

const ALL_FAILED = 3, INTERRUPTED = 130;

/** Runs the command with these arguments, and returns the exit code: 0 done, 2 bad input, 3 every run failed, 130 interrupted. */
export const main = async (args: readonly string[]): Promise<number> =>
  await runCommand(
    { flags: compareFlags, texts: { help: helpText }, goOn: "--resume and the comparison's folder" },
    args,
    compare,
  );

async function compare(given: Given, out: Output): Promise<number> {
  const comparison = await (given.resume === undefined ? plannedComparison(given) : resumed(given.resume, given));
  const name = given.resume ?? given.out ?? await freshFolder(`out/${timestamp()}-${comparison.shared.task}-compare`);
  using _lock = await claimFolder(name, comparison);
  const folder = resolve(name), jobs = given.jobs ?? 1;
  const say = (text: string) => void (given.quiet || out.print(text));
  say(`data     ${comparison.source}\nmodel    ${comparison.setup}\nfolder   ${name}`);

  using interrupted = interruption();
  const runs = trainer(jobs, interrupted.controller, (text) => line.tell(text), processes(jobs, given.threads));
  const line = progress(out, runs.training, given.quiet);
  try {
    const optimizers = await compared(comparison, folder, runs, line);
    line.end();
    const command = commandOf(comparison);
    const results: Results = { format: 1, command, comparison, jobs, machine: machine(), optimizers };
    await writeResults(results, folder);
    const bold = Deno.stdout.isTerminal() && !Deno.noColor;
    say(`\n${summary(results, name, bold, spelling(runOptions))}`);
    return optimizers.every(({ runs, failures }) => failures === runs.length) ? ALL_FAILED : 0;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    line.end();
    console.error(`Interrupted and saved. Go on with: ${resumingCommand(comparison, name)}`);
    return INTERRUPTED;
  } finally {
    line.end();
  }
}

const KEPT: readonly string[] = ["resume", "jobs", "threads", "quiet"];

/** The comparison of a folder. @throws `UserError` where there is none, or it would be another one from here on. */
async function resumed(folder: string, given: Given): Promise<Comparison> {
  expectOnly(KEPT, given, compareFlags, `cannot be changed with --resume=${folder}; start a new comparison`);
  const comparison = await readComparison(folder), now = versions(blasOf(folder, comparison));
  const changed = Object.keys(now).find((name) => now[name] !== comparison.versions[name]);
  if (changed === undefined) return comparison;
  throw new UserError(
    `--resume=${folder}: ${changed} was ${comparison.versions[changed]} and is ${
      now[changed]
    }, so the next runs would not compare ` +
      "with the earlier ones; start a new comparison",
  );
}

/** The library that multiplies in a comparison. @throws `UserError` where this process may not load it, or it is gone. */
function blasOf(folder: string, comparison: Comparison): Blas | undefined {
  const { blas = "off" } = comparison.shared;
  try {
    return chooseBlas(blas, false).library?.blas;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      `--resume=${folder}: products were by ${blas}, which cannot be loaded here; go on with ` +
        `${resumingCommand(comparison, folder)}, or start a new comparison`,
    );
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
