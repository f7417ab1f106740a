/**
 * Rosenbrock's function.
 * @module
 */
import { short } from "../../../display/numbers.ts";
import type { Choices } from "../../../runs/options.ts";
import { allEnded } from "../../turns.ts";
import { valuesText } from "../../values_text.ts";
import { borders, type Contestant, figureCell, runsOf, tunedAll } from "../contest.ts";
import { lossLine } from "../curve.ts";
import { drawn } from "../diagram.ts";
import { figures, type Laboratory, metricsOf, type Run } from "../laboratory.ts";
import { type Finding, type Recipe, sizes, type SizeText } from "../recipe.ts";
import { judged } from "../verdict.ts";

/** What is chosen. */
export interface Settings extends SizeText {
  /** The minimum counts as reached at this loss. */
  readonly target: number;
  readonly baselines: readonly Contestant[];
  readonly ours: Contestant;
  readonly steps: number;
  readonly trials: number;
}

const BASELINES: readonly Contestant[] = [
  { name: "gradient descent", given: { optimizer: "sgd" } },
  { name: "momentum", given: { optimizer: "momentum" } },
];
const META_STEPS = 10;
const APO: Contestant = {
  name: "APO-P",
  given: { optimizer: "apo-full", lambdaFsd: 1, every: 1, metaSteps: META_STEPS, metaRate: 0.1 },
  steps: 300, // a step of it takes as long as a dozen of theirs
};
const QUICK: Settings = {
  about: "10 trials for each start, 2500 iterations of the baselines and 300 of APO-P at most",
  time: "6 minutes on two cores",
  target: 1e-2,
  baselines: BASELINES,
  ours: APO,
  steps: 2500,
  trials: 10,
};
const FULL: Settings = { ...QUICK, about: QUICK.about.replace("10", "30"), time: "20 minutes", trials: 30 };
const FAR_FEWER = 0.5;

/** The recipe, of other sizes than its own for tests. */
export function rosenbrock(quick: Settings = QUICK, full: Settings = FULL): Recipe {
  return {
    name: "rosenbrock",
    claim:
      "APO-P with a structured (here: full) preconditioner reaches the minimum of Rosenbrock's function in far fewer " +
      "iterations than gradient descent or momentum.",
    paper: "The function (1 − x)² + 100 (y − x²)², and what is compared.",
    ours:
      "Least squares of two outputs, whose squared error is the FSD; the start (−1, 1) with seed 0 and near it (off by 0.1 " +
      "times a normal number) with the others; P = LLᵀ with momentum; 10 meta steps an iteration; to have reached the minimum " +
      "means that the loss stays below 1e-2 until the run ends, as one may also fly past it.",
    rule:
      "Supported if APO-P needs fewer than half the iterations of either baseline until the loss stays below 1e-2, by two standard " +
      "errors of the ratio over starts. The baselines' rates, and λ_FSD and the meta rate of APO-P, are tuned for the number of " +
      "iterations, for each start anew, with as many trials each: nothing here depends on chance but the start.",
    tasks: ["rosenbrock"],
    sizes: sizes(quick, full, study),
  };
}

async function study(laboratory: Laboratory, { target, baselines, ours, steps, trials }: Settings): Promise<Finding> {
  const iterations = async (run: Run): Promise<number> => {
    const lines = await metricsOf(run), above = lines.findLast(({ loss }) => loss > target)?.step ?? 0;
    return above === lines.length ? Infinity : Math.max(1, above); // a line has the loss before its update
  };
  const contestants = [...baselines, ours].map((one) => ({ ...one, given: { ...one.given, logEvery: 1 } }));
  laboratory.begin("tuning", contestants.length * laboratory.seeds.length * trials);
  // where the minimum is not reached, nearer is better
  const measure = async (run: Run) => Math.min(await iterations(run), steps * (1 + run.summary!.trainLoss));
  const bySeed = await allEnded(
    laboratory.seeds.map((seed) => tunedAll(laboratory, contestants, { steps, trials, measure, seed })),
  );
  laboratory.begin("runs", contestants.length * laboratory.seeds.length);
  const results = await allEnded(contestants.map(async (contestant, i) => {
    const entrants = bySeed.map((entrants) => entrants[i]), { steps: own = steps } = contestant;
    const runs = await allEnded(laboratory.seeds.map((seed, j) => runsOf(laboratory, entrants[j], own, { seed })));
    return { ...contestant, entrants, steps: own, runs: runs.flat(), figures: await figures(runs.flat(), iterations) };
  }));
  const border = ({ name, entrants }: typeof results[number]) => borders(entrants).length > 0 ? [name] : [];
  const apo = results.at(-1)!, others = results.slice(0, -1);
  const lines = await Promise.all(results.map(({ name, runs }) => lossLine(name, runs)));
  const svg = await drawn([{
    title: "Loss",
    x: { title: "iterations + 1", log: true },
    y: { title: "loss" },
    lines,
  }]);
  return {
    parts: others.map((other) =>
      judged({
        claim: `fewer than half the iterations of ${other.name}`,
        ours: apo.figures,
        theirs: other.figures,
        below: FAR_FEWER,
        atBorder: { theirs: border(other), ours: border(apo) },
      })
    ),
    tables: [{
      title: `Iterations until the loss stays below ${short(target)}`,
      heads: ["optimizer", "iterations", "by seed", "tuned settings, by seed"],
      rows: results.map((result) => [
        { text: result.name },
        figureCell(result.figures),
        {
          text: result.figures.map((x) => Number.isFinite(x) ? String(x) : `not in ${result.steps}`).join(
            ", ",
          ),
        },
        {
          text: result.entrants.map(({ tuned }) => tuned ? valuesText(changed(tuned, result.given)) || "defaults" : "–")
            .join(", "),
        },
      ]),
    }],
    pictures: [{
      name: "rosenbrock",
      caption: `Loss against iterations, the geometric mean over ${laboratory.seeds.length} starts.`,
      svg,
    }],
    notes: [
      `An iteration of APO-P is not one of the others: it has ${META_STEPS} meta steps, each with the gradients of the loss and ` +
      "of the discrepancy, and so costs about 21 gradients.",
      "Of the rule, that the loss has to stay below 1e-2, the tuning for each start and the comparison with either baseline were " +
      "decided after runs with these starts had been seen.",
    ],
  };
}

/** What tuning changed. */
function changed(tuned: Choices, given: Choices): Choices {
  return Object.fromEntries(Object.entries(tuned).filter(([name, value]) => given[name as keyof Choices] !== value));
}
