/**
 * The command `deno task reproduce`.
 * @module
 */
import { resolve } from "node:path";
import { UserError } from "../runtime/errors.ts";
import { named } from "../runtime/nearest.ts";
import { runCommand } from "./failure.ts";
import { flagWords } from "./flags.ts";
import { interruption } from "./interruption.ts";
import { commandLine, type Output } from "./output.ts";
import { type Given, helpText, listText, reproduceFlags } from "./reproduce_flags.ts";
import { claimReproduction } from "../studies/reproduce/reproduction_folder.ts";
import { groundsOf, sharedChoices } from "../studies/reproduce/grounds.ts";
import { recipes as every } from "../studies/reproduce/recipes/list.ts";
import type { Recipe, SizeName } from "../studies/reproduce/recipe.ts";
import { resultOf } from "../studies/reproduce/result.ts";
import { writeResult } from "../studies/reproduce/write_reproduction.ts";
import { laboratory } from "../studies/reproduce/room.ts";
import { announcement, summary } from "../studies/reproduce/reproduction_summary.ts";
import { FEWEST_SEEDS } from "../studies/reproduce/verdict.ts";
import { machine } from "../runs/machine.ts";
import { versions } from "../runs/versions.ts";
import { processes } from "./process.ts";
import { progress } from "./study_progress.ts";
import { Interrupted, trainer } from "../studies/trainer.ts";

const ALL_FAILED = 3, INTERRUPTED = 130;

/**
 * Runs the command with these arguments, and returns the exit code: 0 done, 2 bad input, 3 every run failed, 130 interrupted.
 *
 * @param recipes What can be reproduced.
 */
export async function main(args: readonly string[], recipes: readonly Recipe[] = every): Promise<number> {
  const texts = { help: () => helpText(recipes), list: () => listText(recipes) };
  const command = { flags: reproduceFlags, words: ["name"], texts, goOn: "the same command" } as const;
  return await runCommand(command, args, (given, out) => reproduce(given, recipes, out));
}

async function reproduce(given: Given, recipes: readonly Recipe[], out: Output): Promise<number> {
  const recipe = recipeOf(given, recipes), size: SizeName = given.full ? "full" : "quick";
  const seeds = Array.from({ length: given.seeds ?? FEWEST_SEEDS }, (_, seed) => seed);
  const { tables, sizes: { [size]: { tasks = recipe.tasks } } } = recipe;
  const { grounds, leftOut } = await groundsOf({ tasks, tables }, given), blas = grounds[0]?.blas;
  const computes = versions(blas);
  const name = given.out ?? `out/reproduce-${recipe.name}${given.full ? "-full" : ""}`, folder = resolve(name);
  using _lock = await claimReproduction(name, {
    format: 1,
    name: recipe.name,
    size,
    rule: recipe.rule,
    settings: recipe.sizes[size].settings,
    shared: grounds.map(sharedChoices),
    versions: computes,
  });
  const say = (text: string) => void (given.quiet || out.print(text));
  say(announcement(recipe, size, leftOut, name));
  const command = commandOf(given, blas !== undefined);

  using interrupted = interruption();
  const { controller } = interrupted;
  const jobs = given.jobs ?? navigator.hardwareConcurrency;
  const runs = trainer(jobs, controller, (text) => line.tell(text), processes(jobs, given.threads)),
    line = progress(out, runs.training, given.quiet);
  try {
    const place = { folder, grounds, leftOut, seeds, trainer: runs, progress: line, signal: controller.signal };
    const lab = laboratory(place), finding = await recipe.sizes[size].study(lab);
    line.end();
    const result = resultOf(recipe, size, finding, {
      source: [...new Set(grounds.map(({ data }) => data.source))].join("; ") || null,
      seeds,
      counts: lab.counts,
      command,
      machine: machine(),
      backend: grounds[0]?.backend ?? null,
      versions: computes,
    });
    await writeResult(folder, result, finding.pictures);
    say(`\n${summary(result, name, Deno.stdout.isTerminal() && !Deno.noColor)}`);
    return lab.counts.runs.failed === lab.counts.runs.total ? ALL_FAILED : 0;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    line.end();
    console.error(`Interrupted and saved. Go on with: ${commandOf(given, blas !== undefined, given.out)}`);
    return INTERRUPTED;
  } finally {
    line.end();
  }
}

/** What is to be reproduced. @throws `UserError` where that is unknown, or flags mean nothing to it. */
function recipeOf(given: Given, recipes: readonly Recipe[]): Recipe {
  const byName = Object.fromEntries(recipes.map((recipe) => [recipe.name, recipe]));
  if (given.name === undefined) {
    throw new UserError(`nothing to reproduce; give a name: ${Object.keys(byName).join(", ")}`);
  }
  const recipe = named("name", given.name, byName);
  for (const flag of ["backend", "data", "jobs", "threads"] as const) {
    if (recipe.tasks || recipe.tables || given[flag] === undefined) continue;
    const problem = `means nothing to ${recipe.name}, which trains nothing`;
    throw new UserError({ argument: flag, value: given[flag], problem, remedy: "leave it out" });
  }
  return recipe;
}

/** What does it again, or goes on in a folder. */
function commandOf({ name, full, seeds, data, backend }: Given, blas: boolean, out?: string): string {
  return commandLine("reproduce", blas, [name!, ...flagWords(reproduceFlags, { full, seeds, data, backend, out })]);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
