/**
 * Preconditioner adaptation on a deep autoencoder.
 * @module
 */
import { short } from "../../../display/numbers.ts";
import { allEnded } from "../../turns.ts";
import {
  againstBest,
  type Contested,
  contested,
  type Entrant,
  figureCell,
  testLoss,
  tunedOnHeldOut,
} from "../contest.ts";
import { lossLine } from "../curve.ts";
import { drawn } from "../diagram.ts";
import { equalTime, ROUNDS } from "../equal_time.ts";
import type { Laboratory } from "../laboratory.ts";
import { type Finding, type Recipe, sizes } from "../recipe.ts";
import type { Judgement } from "../verdict.ts";
import { FULL, QUICK, type Settings } from "./autoencoder_sizes.ts";

const COMPETES = 1.05;

const words = (names: readonly string[]): string => names.join(" and ");

/** The recipe, of other sizes than its own for tests. */
export function autoencoder(quick: Settings = QUICK, full: Settings = FULL): Recipe {
  const { firstOrder, ours } = quick, reference = firstOrder.at(-1)!.name;
  return {
    name: "autoencoder",
    claim:
      "On a deep autoencoder APO-P competes with second-order methods and beats tuned first-order ones, at equal steps and at " +
      "equal time.",
    paper: "The network 784-1000-500-250-30-250-500-1000-784 (in the full size), the loss, and what is compared.",
    ours:
      `The networks of ${words(quick.activations)} units, the large one of ${
        words(full.activations)
      } units only; 10,000 digits unless other data are given; a linear decay to 0 for all; ` +
      `${ours.name} is APO-P, learned from random probes; Shampoo is left out, to keep it short.`,
    rule:
      `The test loss decides. Supported if, with either network, ${ours.name} ends below × ${COMPETES} the best second-order method ` +
      "and below the best first-order one, after as many steps, and after as many steps each as take the time of " +
      `${reference}'s (the median of ${ROUNDS} calibrations before); ` +
      "each by two standard errors of the ratio over seeds. All are tuned with as many trials each, for as many steps, on a tenth of " +
      "the training data that is held out, with a seed of their own.",
    tasks: ["mnist-autoencoder"],
    sizes: sizes(quick, full, study),
  };
}

/** An optimizer with its runs of equal steps, or of equal time. */
interface Result extends Contested {
  /** Undefined where the calibration failed. */
  readonly steps?: number;
}

/** A network with its results. */
interface Case {
  /** Of its units. */
  readonly activation: string;
  readonly laboratory: Laboratory;
  /** Of equal time, by contestant; undefined where the calibration failed. */
  readonly budgets: readonly (number | undefined)[];
}

async function study(laboratory: Laboratory, settings: Settings): Promise<Finding> {
  const { given, activations, firstOrder, secondOrder, ours, steps, trials } = settings;
  const contestants = [...firstOrder, ...secondOrder, ours];
  laboratory.begin("calibration", activations.length * contestants.length * ROUNDS);
  const cases: Case[] = [];
  for (const activation of activations) { // one after the other, as time is measured
    const own = laboratory.within("mnist-autoencoder", activation, { ...given, activation });
    cases.push({
      activation,
      laboratory: own,
      budgets: await equalTime(own, contestants, firstOrder.length - 1, steps),
    });
  }
  laboratory.begin("tuning", cases.length * contestants.length * trials);
  const tuned = await allEnded(
    cases.map(({ laboratory }) => tunedOnHeldOut(laboratory, contestants, { steps, trials })),
  );
  laboratory.begin("runs", cases.length * contestants.length * laboratory.seeds.length * 2);
  const results = await allEnded(cases.flatMap(({ laboratory, budgets }, i) => [
    trainedFor(laboratory, tuned[i], tuned[i].map(() => steps)),
    trainedFor(laboratory, tuned[i], budgets, " in time"),
  ]));
  const parts = cases.flatMap(({ activation }, i) => [
    { at: `${activation}, equal steps`, title: `${activation}, after ${steps} steps`, results: results[2 * i] },
    {
      at: `${activation}, equal time`,
      title: `${activation}, in the time of ${firstOrder.at(-1)!.name}'s ${steps} steps`,
      results: results[2 * i + 1],
    },
  ]);
  return {
    parts: parts.flatMap(({ at, results }) => judgements(at, results, settings)),
    tables: [
      ...parts.map(({ title, results }) => table(title, results)),
      {
        title: "What tuning found",
        heads: ["units", "optimizer", "settings"],
        rows: cases.flatMap(({ activation }, i) =>
          tuned[i].map(({ name, found }) => [{ text: activation }, { text: name }, { text: found }])
        ),
      },
    ],
    pictures: [{
      name: "autoencoder",
      caption:
        `Training loss of single batches against steps, the geometric mean over ${laboratory.seeds.length} seeds.`,
      svg: await drawn(
        await Promise.all(parts.map(async ({ at, results }) => ({
          title: at,
          x: { title: "steps" },
          y: { title: "training loss" },
          lines: await Promise.all(results.map(({ name, runs }) => lossLine(name, runs))),
        }))),
      ),
    }],
    notes: [
      "In the runs of equal time every optimizer has the settings that were tuned for equal steps.",
      "The sizes, where the searches start, and how often APO probes were decided after runs with these seeds had been seen; the " +
      "bounds were not.",
    ],
  };
}

/** Runs of so many steps each. */
async function trainedFor(
  laboratory: Laboratory,
  entrants: readonly Entrant[],
  stepsOf: readonly (number | undefined)[],
  part?: string,
): Promise<Result[]> {
  return await allEnded(entrants.map(async (entrant, i): Promise<Result> => {
    const steps = stepsOf[i], able = steps === undefined ? { ...entrant, tuned: undefined } : entrant;
    return { ...await contested(laboratory, able, steps ?? 0, testLoss, { part }), steps };
  }));
}

function judgements(at: string, results: readonly Result[], { firstOrder, ours }: Settings): Judgement[] {
  const apo = results.find(({ name }) => name === ours.name)!;
  const first = results.slice(0, firstOrder.length), second = results.slice(firstOrder.length, -1);
  return [
    againstBest(`${at}: below × ${COMPETES} the loss of`, apo, second, COMPETES),
    againstBest(`${at}: below the loss of`, apo, first, 1),
  ];
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
