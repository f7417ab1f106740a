/**
 * Preconditioner adaptation on a deep autoencoder.
 * @module
 */
import { short } from "../../cli/progress.ts";
import type { Given as TrainGiven } from "../../cli/train_flags.ts";
import { allEnded } from "../../trials/turns.ts";
import { bestOf, borders, type Contestant, type Entrant, figureCell, runsOf, tunedAll } from "../contest.ts";
import { lossLine } from "../curve.ts";
import { drawn } from "../diagram.ts";
import { figures, type Laboratory, type Run } from "../laboratory.ts";
import { type Finding, type Recipe, sizes } from "../recipe.ts";
import { type Figures, judged, type Judgement } from "../verdict.ts";

/** What is chosen. */
export interface Settings {
  readonly about: string;
  readonly time: string;
  /** Flags of every run. */
  readonly given: TrainGiven;
  /** The last of them says how long equal time is: that of its steps. */
  readonly firstOrder: readonly Contestant[];
  readonly secondOrder: readonly Contestant[];
  readonly ours: Contestant;
  readonly steps: number;
  readonly trials: number;
}

const FULL: Settings = {
  about: "784-1000-500-250-30-…, batches of 512, 1500 steps, 20 trials each",
  time: "a day and a half on two cores",
  given: { hidden: [1000, 500, 250, 30], "batch-size": 512 },
  firstOrder: [
    { name: "momentum", given: { optimizer: "momentum", schedule: "linear" } },
    { name: "adam", given: { optimizer: "adam", schedule: "linear" } },
  ],
  secondOrder: [
    { name: "kfac", given: { optimizer: "kfac", schedule: "linear", "trust-region": 0.02 } },
    { name: "shampoo", given: { optimizer: "shampoo", schedule: "linear" } },
  ],
  ours: { name: "apo-kfac", given: { optimizer: "apo-kfac", schedule: "linear", "trust-region": 0.02 } },
  steps: 1500,
  trials: 20,
};
const QUICK: Settings = {
  ...FULL,
  about: "784-200-100-30-…, batches of 256, 300 steps, 12 trials each",
  time: "15 minutes on two cores",
  given: { hidden: [200, 100, 30], "batch-size": 256 },
  steps: 300,
  trials: 12,
};
const HOLDOUT = 0.1, COMPETES = 1.05;

/** The recipe, of other sizes than its own for tests. */
export function autoencoder(quick: Settings = QUICK, full: Settings = FULL): Recipe {
  const { firstOrder, ours } = quick, reference = firstOrder.at(-1)!.name;
  return {
    name: "autoencoder",
    claim:
      "On a deep autoencoder APO-P competes with second-order methods and beats tuned first-order ones, at equal steps and at " +
      "equal time.",
    paper: "The network 784-1000-500-250-30-250-500-1000-784 (with --full), the loss, and what is compared.",
    ours:
      `tanh units; 10,000 digits unless --data is given; a linear decay to 0 for all; ${ours.name} is APO-P, learned ` +
      "from random probes (README).",
    rule:
      `The test loss decides. Supported if ${ours.name} ends below × ${COMPETES} the best second-order method and below the best ` +
      `first-order one, after as many steps, and after as many steps each as take the time of ${reference}'s by a calibration before; ` +
      "each by two standard errors of the ratio over seeds. All are tuned with as many trials each, for as many steps, on a tenth of " +
      "the training data that is held out, with a seed of their own.",
    task: "mnist-autoencoder",
    sizes: sizes(quick, full, study),
  };
}

/** An optimizer with its runs of equal steps, or of equal time. */
interface Result extends Entrant {
  readonly runs: readonly Run[];
  /** The test losses. */
  readonly figures: Figures;
  /** Undefined where the calibration failed. */
  readonly steps?: number;
}

async function study(laboratory: Laboratory, settings: Settings): Promise<Finding> {
  const { given, firstOrder, secondOrder, ours, steps, trials } = settings;
  const contestants = [...firstOrder, ...secondOrder, ours].map((one) => ({
    ...one,
    given: { ...given, ...one.given },
  }));
  const budgets = await equalTime(laboratory, contestants, firstOrder.length - 1, steps);
  laboratory.begin("tuning", contestants.length * trials);
  const held = contestants.map((one) => ({ ...one, given: { ...one.given, holdout: HOLDOUT } }));
  const measure = ({ summary }: Run) => summary!.testLoss;
  const entrants = (await tunedAll(laboratory, held, { steps, trials, measure }))
    .map((entrant): Entrant => ({ ...entrant, tuned: entrant.tuned && { ...entrant.tuned, holdout: undefined } }));
  laboratory.begin("runs", contestants.length * laboratory.seeds.length * 2);
  const results = (part: string, stepsOf: (number | undefined)[]) =>
    allEnded(entrants.map(async (entrant, i): Promise<Result> => {
      const own = stepsOf[i];
      const runs = await runsOf(laboratory, own === undefined ? { ...entrant, tuned: undefined } : entrant, own ?? 0, {
        part,
      });
      return { ...entrant, runs, steps: own, figures: await figures(runs, measure) };
    }));
  const [byStep, byTime] = await allEnded([results("", contestants.map(() => steps)), results(" in time", budgets)]);
  const line = async (results: readonly Result[]) =>
    await Promise.all(results.map(({ name, runs }) => lossLine(name, runs)));
  return {
    parts: [...judgements("equal steps", byStep, settings), ...judgements("equal time", byTime, settings)],
    tables: [
      table(`After ${steps} steps`, byStep),
      table(`In the time of ${firstOrder.at(-1)!.name}'s ${steps} steps`, byTime),
      {
        title: "What tuning found",
        heads: ["optimizer", "settings"],
        rows: entrants.map(({ name, found }) => [{ text: name }, { text: found }]),
      },
    ],
    pictures: [{
      name: "autoencoder",
      caption:
        `Training loss of single batches against steps, the geometric mean over ${laboratory.seeds.length} seeds.`,
      svg: await drawn([
        { title: "Equal steps", x: { title: "steps" }, y: { title: "training loss" }, lines: await line(byStep) },
        { title: "Equal time", x: { title: "steps" }, y: { title: "training loss" }, lines: await line(byTime) },
      ]),
    }],
    notes: ["In the runs of equal time every optimizer has the settings that were tuned for equal steps."],
  };
}

/** How many steps each may do: alone on the machine, one after the other. */
async function equalTime(
  laboratory: Laboratory,
  contestants: readonly Contestant[],
  reference: number,
  steps: number,
): Promise<(number | undefined)[]> {
  laboratory.begin("calibration", contestants.length);
  const seconds = await laboratory.seconds({ ...contestants[reference], steps });
  const budgets: (number | undefined)[] = [];
  for (const [i, contestant] of contestants.entries()) {
    if (i === reference || typeof seconds !== "number") budgets.push(typeof seconds === "number" ? steps : undefined);
    else {
      const result = await laboratory.calibrate(contestant, seconds);
      budgets.push(result.kind === "failed" ? undefined : result.steps);
    }
    laboratory.tell(
      `${contestant.name}: ${budgets[i] ?? "no"} steps in the time of ${steps} of ${contestants[reference].name}`,
    );
  }
  return budgets;
}

function judgements(at: string, results: readonly Result[], { firstOrder, ours }: Settings): Judgement[] {
  const apo = results.find(({ name }) => name === ours.name)!;
  const first = results.slice(0, firstOrder.length), second = results.slice(firstOrder.length, -1);
  const against = (others: readonly Result[], claim: string, below: number) => {
    const best = bestOf(others);
    const atBorder = { theirs: borders(others), ours: borders([apo]) };
    return judged({ claim: `${at}: ${claim} ${best.name}`, ours: apo.figures, theirs: best.figures, below, atBorder });
  };
  return [against(second, `below × ${COMPETES} the loss of`, COMPETES), against(first, "below the loss of", 1)];
}

function table(title: string, results: readonly Result[]): Finding["tables"][number] {
  return {
    title,
    heads: ["optimizer", "test loss", "training loss", "steps"],
    rows: results.map(({ name, figures, runs, steps }) => [
      { text: name },
      figureCell(figures),
      figureCell(runs.map(({ summary }) => summary?.trainLoss ?? NaN)),
      { text: steps === undefined ? "–" : short(steps) },
    ]),
  };
}
