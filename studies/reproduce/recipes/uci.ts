/**
 * Regression on tables of the UCI Machine Learning Repository.
 * @module
 */
import type { Choices } from "../../../runs/options.ts";
import { PARKINSONS, PROTEIN, SLICE, type UciSource } from "../../../data/uci_sources.ts";
import { allEnded } from "../../turns.ts";
import { type Contestant, type Contested, contested, figureCell, testLoss, tunedOnHeldOut } from "../contest.ts";
import { lossLine } from "../curve.ts";
import { drawn } from "../diagram.ts";
import type { Laboratory, Run } from "../laboratory.ts";
import { contestantsOf, foundTable, judgedByOrder, type Orders } from "../orders.ts";
import { type Finding, type Recipe, sizes, type SizeText, type TitledTable } from "../recipe.ts";
import type { Judgement } from "../verdict.ts";

/** What is chosen. */
export interface Settings extends SizeText, Orders {
  /** What is chosen for every run. */
  readonly given: Choices;
  /** Widths of the hidden layers, of each network. */
  readonly networks: readonly (readonly number[])[];
  readonly steps: number;
  readonly trials: number;
  /** Runs of each trial. */
  readonly repeats: number;
}

const QUICK: Settings = {
  about: "a hidden layer of 50, batches of 128, 1000 steps, 12 trials each",
  time: "10 minutes on two cores",
  given: { batchSize: 128 },
  networks: [[50]],
  firstOrder: [
    { name: "momentum", given: { optimizer: "momentum", schedule: "linear" } },
    { name: "adam", given: { optimizer: "adam", schedule: "linear" } },
  ],
  secondOrder: [{ name: "kfac", given: { optimizer: "kfac", schedule: "linear", damping: 0.01 } }],
  others: [{ name: "shampoo", given: { optimizer: "shampoo", schedule: "linear" } }],
  ours: { name: "apo-kfac", given: { optimizer: "apo-kfac", schedule: "linear", damping: 0.01 } },
  steps: 1000,
  trials: 12,
  repeats: 1,
};
const FULL: Settings = {
  ...QUICK,
  about: "a hidden layer of 50, and two of 100, batches of 128, 10,000 steps, 20 trials of 3 runs each",
  time: "9 hours on two cores",
  networks: [[50], [100, 100]],
  steps: 10_000,
  trials: 20,
  repeats: 3,
};
const COMPETES = 1.05;

/** The recipe, of other sizes than its own for tests, and tables of other lengths. */
export function uci(
  quick: Settings = QUICK,
  full: Settings = FULL,
  tables: readonly UciSource[] = [PROTEIN, PARKINSONS, SLICE],
): Recipe {
  const { firstOrder, secondOrder, others, ours } = quick, apo = ours.name;
  const names = (all: readonly Contestant[]) => all.map(({ name }) => name).join(" and ");
  const shown = others.length > 0 ? `; shown beside them, not judged: ${names(others)}` : "";
  return {
    name: "uci",
    claim:
      "On UCI regression (Protein, Parkinsons, Slice) APO's learned preconditioner competes with KFAC and beats tuned " +
      "first-order methods.",
    paper: "The three data sets, and what is compared.",
    ours:
      "The networks (ReLU units; both in the full size), a random tenth of the rows to test on, inputs and targets standardized on the " +
      `others; a linear decay to 0 for all that have a rate to be tuned; ${apo} is APO-P, learned from random probes.`,
    rule:
      "The test loss decides (half the squared error of standardized targets), as the larger network has more parameters than " +
      "Parkinsons has rows: a small training loss may be no more than memory. Supported if, on each data set and with each " +
      `network, ${apo} ends below × ${COMPETES} the loss of ${names(secondOrder)} and below that of the best of ` +
      `${
        names(firstOrder)
      }, after as many steps, by two standard errors of the ratio over seeds. All are tuned with as many ` +
      `trials each, for as many steps, on a tenth of the training rows that is held out, with seeds of their own${shown}. ` +
      "A data set that is not there leaves the verdict inconclusive at best.",
    tables,
    sizes: sizes(quick, full, study),
  };
}

/** A data set and a network. */
interface Case {
  /** For people. */
  readonly name: string;
  readonly laboratory: Laboratory;
}

async function study(laboratory: Laboratory, settings: Settings): Promise<Finding> {
  const { given, networks, steps, trials, repeats } = settings, { tasks, leftOut, seeds } = laboratory;
  const contestants = contestantsOf(settings);
  const cases = tasks.flatMap((task) =>
    networks.map((hidden): Case => {
      const name = [task.replace(/^uci-/, ""), ...networks.length > 1 ? [hidden.join("-")] : []].join(" ");
      return { name, laboratory: laboratory.within(task, name, { ...given, hidden: [...hidden] }) };
    })
  );
  laboratory.begin("tuning", cases.length * contestants.length * trials * repeats);
  const entrants = await allEnded(
    cases.map(({ laboratory }) => tunedOnHeldOut(laboratory, contestants, { steps, trials, repeats })),
  );
  laboratory.begin("runs", cases.length * contestants.length * seeds.length);
  const results = await allEnded(
    cases.map(({ laboratory }, i) =>
      allEnded(entrants[i].map((entrant) => contested(laboratory, entrant, steps, testLoss)))
    ),
  );
  const lines = await Promise.all(results.map((all) => Promise.all(all.map(({ name, runs }) => lossLine(name, runs)))));
  return {
    parts: [
      ...cases.flatMap(({ name }, i) =>
        judgedByOrder(name, results[i], settings, { title: "loss", competes: COMPETES })
      ),
      ...leftOut.map(({ task, why }): Judgement => ({
        claim: task.replace(/^uci-/, ""),
        verdict: "inconclusive",
        why: `${why}, left out`,
      })),
    ],
    tables: [
      ...cases.map(({ name }, i) => table(name, results[i], settings)),
      foundTable("data", cases.map(({ name }, i) => ({ name, entrants: entrants[i] }))),
    ],
    pictures: [{
      name: "uci",
      caption: `Training loss of single batches against steps, the geometric mean over ${seeds.length} seeds.`,
      svg: await drawn(cases.map(({ name }, i) => ({
        title: name,
        x: { title: "steps" },
        y: { title: "training loss" },
        lines: lines[i],
      }))),
    }],
    notes: [
      "The test RMSE is in the target's units: Å of RMSD for protein, points of the UPDRS score for parkinsons, and for slice parts " +
      "of the body's axis, from 0 at the head to 180 at the feet.",
      "Where the searches of the damping start was decided after runs with these seeds had been seen.",
    ],
  };
}

function table(title: string, results: readonly Contested[], { steps }: Settings): TitledTable {
  const cell = (runs: readonly Run[], score: "testRmse" | "trainLoss") =>
    figureCell(runs.map(({ summary }) => summary?.[score] ?? NaN));
  return {
    title: `${title}, after ${steps} steps`,
    heads: ["optimizer", "test RMSE", "test loss", "training loss"],
    rows: results.map(({ name, runs, figures }) => [
      { text: name },
      cell(runs, "testRmse"),
      figureCell(figures),
      cell(runs, "trainLoss"),
    ]),
  };
}
