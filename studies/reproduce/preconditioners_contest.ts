/**
 * A learned preconditioner against first-order and second-order methods, all tuned: at equal steps, and at equal time.
 * @module
 */
import type { Choices } from "../../runs/options.ts";
import { short } from "../../display/numbers.ts";
import { allEnded } from "../turns.ts";
import { type Contested, contested, type Entrant, figureCell, type TaskSituation, tunedOnHeldOut } from "./contest.ts";
import { lossLine } from "./curve.ts";
import { drawn } from "./diagram.ts";
import { equalTime, ROUNDS } from "./equal_time.ts";
import type { Laboratory, Run } from "./laboratory.ts";
import { contestantsOf, foundTable, judgedByOrder, type Orders } from "./orders.ts";
import type { Finding, SizeText } from "./recipe.ts";

/** What is chosen. The last first-order method says how long equal time is: that of its steps. */
export interface PreconditionersSettings extends SizeText, Orders {
  /** What is chosen for every run. */
  readonly given: Choices;
  /** Each is judged for itself. */
  readonly networks: readonly TaskSituation[];
  readonly trials: number;
}

/** How a contest is decided. */
export interface PreconditionersContest {
  /** What decides, of runs that ended; it is to be small. */
  readonly deciding: { readonly title: string; measure(run: Run): number };
  /** Ours is to be below so much of the best second-order method. */
  readonly competes: number;
  /** The name of the picture's file. */
  readonly picture: string;
  /** What one has to know besides, a sentence each. */
  readonly notes: readonly string[];
}

/** An optimizer with its runs of equal steps, or of equal time. */
interface Result extends Contested {
  /** Undefined where the calibration failed. */
  readonly steps?: number;
}

/** What the runs of a network had alike. */
interface Part {
  /** In the claims and the picture. */
  readonly at: string;
  /** Of the table. */
  readonly title: string;
  readonly results: readonly Result[];
}

/** Calibrates, tunes and trains all, and judges each network at equal steps and at equal time. */
export async function preconditionersContest(
  laboratory: Laboratory,
  settings: PreconditionersSettings,
  { deciding, competes, picture, notes }: PreconditionersContest,
): Promise<Finding> {
  const { given, networks, firstOrder, trials } = settings, { seeds } = laboratory;
  const contestants = contestantsOf(settings), reference = firstOrder.length - 1;
  laboratory.begin("calibration", networks.length * contestants.length * ROUNDS);
  const cases: { network: TaskSituation; laboratory: Laboratory; budgets: readonly (number | undefined)[] }[] = [];
  for (const network of networks) { // one after the other, as time is measured
    const own = laboratory.within(network.task, network.name, { ...given, ...network.given });
    cases.push({ network, laboratory: own, budgets: await equalTime(own, contestants, reference, network.steps) });
  }
  laboratory.begin("tuning", cases.length * contestants.length * trials);
  const tuned = await allEnded(
    cases.map(({ laboratory, network: { steps } }) =>
      tunedOnHeldOut(laboratory, contestants, { steps, trials, measure: deciding.measure })
    ),
  );
  laboratory.begin("runs", cases.length * contestants.length * seeds.length * 2);
  const parts = (await allEnded(cases.map(async ({ laboratory, network: { name, steps }, budgets }, i) => {
    const [bySteps, byTime] = await allEnded([
      trainedFor(laboratory, tuned[i], tuned[i].map(() => steps), deciding.measure),
      trainedFor(laboratory, tuned[i], budgets, deciding.measure, " in time"),
    ]);
    const time = `in the time of ${contestants[reference].name}'s ${steps} steps`;
    return [
      { at: `${name}, equal steps`, title: `${name}, after ${steps} steps`, results: bySteps },
      { at: `${name}, equal time`, title: `${name}, ${time}`, results: byTime },
    ];
  }))).flat();
  return {
    parts: parts.flatMap(({ at, results }) =>
      judgedByOrder(at, results, settings, { title: deciding.title, competes })
    ),
    tables: [
      ...parts.map((part) => table(part, deciding.title)),
      foundTable("network", cases.map(({ network: { name } }, i) => ({ name, entrants: tuned[i] }))),
    ],
    pictures: [{
      name: picture,
      caption: `Training loss of single batches against steps, the geometric mean over ${seeds.length} seeds.`,
      svg: await drawn(
        await Promise.all(parts.map(async ({ at, results }) => ({
          title: at,
          x: { title: "steps" },
          y: { title: "training loss" },
          lines: await Promise.all(results.map(({ name, runs }) => lossLine(name, runs))),
        }))),
      ),
    }],
    notes: ["In the runs of equal time every optimizer has the settings that were tuned for equal steps.", ...notes],
  };
}

/** Runs of so many steps each. */
async function trainedFor(
  laboratory: Laboratory,
  entrants: readonly Entrant[],
  stepsOf: readonly (number | undefined)[],
  measure: (run: Run) => number,
  part?: string,
): Promise<Result[]> {
  return await allEnded(entrants.map(async (entrant, i): Promise<Result> => {
    const steps = stepsOf[i], able = steps === undefined ? { ...entrant, tuned: undefined } : entrant;
    return { ...await contested(laboratory, able, steps ?? 0, measure, { part }), steps };
  }));
}

function table({ title, results }: Part, decides: string): Finding["tables"][number] {
  return {
    title,
    heads: ["optimizer", decides, "training loss", "steps"],
    rows: results.map(({ name, figures, runs, steps }) => [
      { text: name },
      figureCell(figures),
      figureCell(runs.map(({ summary }) => summary?.trainLoss ?? NaN)),
      { text: steps === undefined ? "–" : short(steps) },
    ]),
  };
}
