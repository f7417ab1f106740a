/**
 * What a found rate is worth, case by case.
 * @module
 */
import { findRate, type FindRateOptions, fit, fixedRate, type Problem } from "../../mod.ts";
import { bases } from "../../optimizers/catalogue/bases.ts";
import { recommendedLambdaFsd, recommendedRegime } from "../../optimizers/catalogue/recommended.ts";
import { DivergedError } from "../../runtime/errors.ts";
import type { Tree } from "../../runtime/tensor.ts";
import { rateText } from "../../studies/find_rate/rate_text.ts";
import { geometricMean } from "../../studies/statistics.ts";
import { taskNamed } from "../../runs/assemble.ts";
import type { TaskData } from "../../data/dataset.ts";
import { completeChoice, type ModelChoice } from "../../tasks/task.ts";

/** A problem, an optimizer, and how long a run is. */
export interface Case {
  readonly task: string;
  readonly optimizer: string;
  readonly steps: number;
  readonly model?: string;
  readonly choice?: ModelChoice;
  readonly batchSize: number;
}

/** Of the grid. */
export const SEEDS = 2;
const MEMO = "out/find-rate-table.jsonl";

await Deno.mkdir("runs", { recursive: true });
const lines = (await Deno.readTextFile(MEMO).catch(() => "")).split("\n").filter(Boolean);
const memo = new Map<string, unknown>(lines.map((line) => JSON.parse(line)));
const loaded = new Map<string, TaskData>();

/** What `make` gives, once and for all. */
async function once<T>(key: readonly unknown[], make: () => Promise<T>): Promise<T> {
  const text = key.filter((part) => part !== undefined).join(" ");
  if (!memo.has(text)) {
    memo.set(text, await make());
    await Deno.writeTextFile(MEMO, JSON.stringify([text, memo.get(text)]) + "\n", { append: true });
    console.error(text, JSON.stringify(memo.get(text)));
  }
  return memo.get(text) as T;
}

/** Final losses, in the geometric mean over seeds; `test` is NaN where the task has no test data. */
export interface Losses {
  readonly train: number;
  readonly test: number;
}

/** What was found with an objective, and the losses at that rate over the best ones of the grid. */
export interface Found {
  readonly rate: number;
  readonly range: readonly number[];
  readonly spread: number;
  readonly train: number;
  readonly test: number;
}

/** Of one case. */
export interface Result {
  readonly bestRate: number;
  readonly best: Losses;
  readonly gridSize: number;
  readonly found: Readonly<Record<string, Found>>;
}

/** Searches, and trains on the grid and at the rates found. Start the backend before. */
export async function measured({ task: name, model, choice = {}, batchSize, optimizer, steps }: Case): Promise<Result> {
  const task = taskNamed(name), entry = model === undefined ? Object.values(task.models)[0] : task.models[model];
  const built = entry.build(completeChoice(entry.defaults, choice));
  const problem: Problem = { model: built, output: task.output };
  const direction = bases[optimizer].direction(built.leaves);
  const data = loaded.get(name) ?? await task.load();
  loaded.set(name, data);
  const key = [name, model, choice.hidden, batchSize, optimizer];

  const final = async (learningRate: number, seed: number): Promise<{ train: number; test?: number }> => {
    const fixed = fixedRate({ problem, direction, learningRate });
    try {
      for await (const event of fit({ problem, optimizer: fixed, data, batchSize, steps, seed, evalEvery: steps })) {
        if (event.kind === "finished") return { train: event.train.loss, test: event.test?.loss };
      }
    } catch (error) {
      if (!(error instanceof DivergedError)) throw error;
    }
    return { train: 1e300, test: 1e300 }; // JSON has no infinity
  };
  const losses = async (rate: number): Promise<Losses> => {
    const runs: { train: number; test?: number }[] = [];
    for (let seed = 0; seed < SEEDS; seed++) {
      runs.push(await once([...key, steps, `seed ${seed}`, rate], () => final(rate, seed)));
    }
    return {
      train: geometricMean(runs.map(({ train }) => train)),
      test: geometricMean(runs.map(({ test }) => test ?? NaN)),
    };
  };

  const search = (rule: string, changes: Pick<FindRateOptions<Tree>, "objective" | "regime">) =>
    once([...key, "found", rule], async () => {
      const { rate, range, spread } = await findRate({ problem, direction, data, batchSize, ...changes });
      return { rate, range, spread };
    });
  const regime = (lambdaFsd?: number) => recommendedRegime(optimizer, { steps, schedule: "constant", lambdaFsd });
  const rules = {
    "as it is": await search("as it is", { regime: regime() }),
    "λ × 0.3": await search("λ × 0.3", { regime: regime(0.3 * recommendedLambdaFsd(optimizer, "constant")) }),
    "J on B′": await search("J on B′", { objective: { lossOn: "metaBatch" } }),
  };

  const grid = new Map<number, Losses>(), rateOf = (k: number) => Number((10 ** (k / 2)).toPrecision(4));
  let best = Math.round(2 * Math.log10(rules["as it is"].rate));
  for (let moved = true; moved;) {
    const around = [best - 1, best, best + 1];
    for (const k of around) if (!grid.has(k)) grid.set(k, await losses(rateOf(k)));
    const better = around.toSorted((a, b) => grid.get(a)!.train - grid.get(b)!.train)[0];
    moved = better !== best;
    best = better;
  }
  const tested = Math.min(...Array.from(grid.values(), ({ test }) => test)), { train } = grid.get(best)!;
  const found: Record<string, Found> = {};
  for (const [rule, { rate, range, spread }] of Object.entries(rules)) {
    const ours = await losses(Number(rateText(rate)));
    found[rule] = { rate, range, spread, train: ours.train / train, test: ours.test / tested };
  }
  return { bestRate: rateOf(best), best: { train, test: tested }, gridSize: grid.size, found };
}
