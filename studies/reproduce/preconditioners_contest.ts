/**
 * A learned preconditioner against first-order and second-order methods, all tuned: at equal steps, and at equal time.
 * @module
 */
import type { Choices } from "../../runs/options.ts";
import { short } from "../../display/numbers.ts";
import { allEnded } from "../turns.ts";
import {
  againstBest,
  type Contestant,
  type Contested,
  contested,
  type Entrant,
  figureCell,
  tunedOnHeldOut,
} from "./contest.ts";
import { lossLine } from "./curve.ts";
import { drawn } from "./diagram.ts";
import { equalTime, ROUNDS } from "./equal_time.ts";
import type { Laboratory, Run } from "./laboratory.ts";
import type { Finding, SizeText } from "./recipe.ts";
import type { Judgement } from "./verdict.ts";

/** What is chosen. */
export interface PreconditionersSettings extends SizeText {
  /** What is chosen for every run. */
  readonly given: Choices;
  /** Each is judged for itself. */
  readonly networks: readonly Network[];
  /** The last of them says how long equal time is: that of its steps. */
  readonly firstOrder: readonly Contestant[];
  readonly secondOrder: readonly Contestant[];
  /** Shown beside them; nothing is claimed about these. */
  readonly others: readonly Contestant[];
  readonly ours: Contestant;
  readonly trials: number;
}

/** A network, and what it is trained on. */
export interface Network {
  /** For people; stands before the names of its runs. */
  readonly name: string;
  readonly task: string;
  /** What is chosen for its runs. */
  readonly given: Choices;
  readonly steps: number;
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
  const { given, networks, firstOrder, secondOrder, others, ours, trials } = settings, { seeds } = laboratory;
  const contestants = [...firstOrder, ...secondOrder, ...others, ours], reference = firstOrder.length - 1;
  laboratory.begin("calibration", networks.length * contestants.length * ROUNDS);
  const cases: { network: Network; laboratory: Laboratory; budgets: readonly (number | undefined)[] }[] = [];
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
    parts: parts.flatMap((part) => judgements(part, settings, { deciding, competes })),
    tables: [
      ...parts.map((part) => table(part, deciding.title)),
      {
        title: "What tuning found",
        heads: ["network", "optimizer", "settings"],
        rows: cases.flatMap(({ network }, i) =>
          tuned[i].map(({ name, found }) => [{ text: network.name }, { text: name }, { text: found }])
        ),
      },
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

function judgements(
  { at, results }: Part,
  { firstOrder, secondOrder, ours }: PreconditionersSettings,
  { deciding: { title }, competes }: Pick<PreconditionersContest, "deciding" | "competes">,
): Judgement[] {
  const named = (all: readonly Contestant[]) => all.map(({ name }) => results.find((result) => result.name === name)!);
  const [apo] = named([ours]);
  return [
    againstBest(`${at}: below × ${competes} the ${title} of`, apo, named(secondOrder), competes),
    againstBest(`${at}: below the ${title} of`, apo, named(firstOrder), 1),
  ];
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
