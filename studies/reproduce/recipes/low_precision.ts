/**
 * Training in sixteen bits: methods without inverses against methods with them.
 * @module
 */
import { PARKINSONS, PROTEIN, SLICE, type UciSource } from "../../../data/uci_sources.ts";
import { allEnded } from "../../turns.ts";
import type { Contestant } from "../contest.ts";
import { drawn, type Line } from "../diagram.ts";
import type { Laboratory } from "../laboratory.ts";
import { dampingCount, type DampingLine, dampingLines, dampingTable } from "../low_precision/dampings.ts";
import { lossTable } from "../low_precision/losses.ts";
import { fallTable, mantissaDiagram, mantissaLines } from "../low_precision/mantissas.ts";
import { HOLDS, judgedSentences, sentences } from "../low_precision/sentences.ts";
import { type Method, NARROW, type PrecisionSituation, type Twins, twins, twinsCount } from "../low_precision/twins.ts";
import { foundTable } from "../orders.ts";
import { type Finding, type Recipe, sizes } from "../recipe.ts";
import { FULL, QUICK, type Settings } from "./low_precision_sizes.ts";

/** The recipe, of other sizes than its own for tests, and tables of other lengths. */
export function lowPrecision(
  quick: Settings = QUICK,
  full: Settings = FULL,
  tables: readonly UciSource[] = [PROTEIN, PARKINSONS, SLICE],
): Recipe {
  const list = new Intl.ListFormat("en"),
    names = (all: readonly Contestant[]) => list.format(all.map(({ name }) => name));
  const { others, rival, scalar, ours } = quick, inverts = [rival, ...others].filter(({ inverts }) => inverts);
  return {
    name: "low-precision",
    claim: "As APO inverts no matrix, it is numerically stable and trains in 16 bits, where KFAC degrades.",
    paper: "The claim, and that APO-P and KFAC train in 16 bits.",
    ours:
      `${NARROW} is emulated, by rounding the result of each operation. Narrow are passes, updates, state, factors, inverses and ` +
      "weights; sums inside of products, numbers that stand alone, and what learns a rate are in float32. " +
      `${names(inverts)} also run with inverses, roots and bases in float32, and with their factors in it too. ` +
      `${
        names(ours)
      } are APO-P, by probes and in the paper's form. There are 10,000 digits unless other data are given, and tables of ` +
      "the UCI repository where they are there.",
    rule:
      "The final training loss decides, in each situation for itself, by two standard errors of the ratio over seeds. Supported if in " +
      `${NARROW}, everything narrow, ${
        names([...ours, scalar])
      } each end below × ${HOLDS} their float32 twin, which has the same seed and ` +
      `the same settings, tuned in float32; ${
        names(ours)
      }, tuned in ${NARROW}, each end below ${rival.name}, tuned in it; and their loss ` +
      `over that of their twin is below the loss of ${rival.name} over that of its twin. All are tuned with as many trials each in ` +
      `float32 and again in ${NARROW}, by the loss of a tenth of the training data that is held out, with a seed of their own.`,
    tasks: ["mnist-autoencoder", "mnist", "ill-conditioned"],
    tables,
    sizes: sizes(quick, full, study),
  };
}

/** Of one situation. */
interface Case {
  readonly name: string;
  readonly steps: number;
  readonly all: readonly Twins[];
  readonly dampings: readonly DampingLine[];
  readonly mantissas: readonly Line[];
}

async function study(laboratory: Laboratory, settings: Settings): Promise<Finding> {
  const { rival, scalar, ours, trials, dampings, mantissas } = settings, { seeds, leftOut } = laboratory;
  const places = placesOf(laboratory, settings);
  const counts = places.map(({ laboratory, methods }) =>
    twinsCount(methods, trials, seeds.length) + dampingCount(laboratory, methods, dampings) +
    methods.length * mantissas.length
  );
  laboratory.begin("trials and runs", counts.reduce((sum, count) => sum + count, 0));
  const cases = await allEnded(places.map((place) => studied(place, settings)));
  const who = { ours: ours.map(({ name }) => name), scalar: scalar.name, rival: rival.name };
  const judged = judgedSentences(sentences(who), cases);
  return {
    parts: judged.parts,
    tables: [
      judged.table,
      ...await allEnded(cases.map(({ name, steps, all }) => lossTable(`${name}, training loss, ${steps} steps`, all))),
      fallTable(cases.map(({ name, mantissas }) => ({ name, lines: mantissas })), mantissas),
      dampingTable(cases.map(({ name, dampings }) => ({ name, lines: dampings })), dampings),
      foundTable(
        "situation",
        cases.flatMap(({ name, all }) => [
          { name: `${name}, float32`, entrants: all.map(({ wide }) => wide) },
          { name: `${name}, ${NARROW}`, entrants: all.map(({ narrowed: [{ own }] }) => own) },
        ]),
      ),
    ],
    pictures: [{
      name: "low-precision",
      caption:
        `Final training loss over the float32 twin's against bits of mantissa, with the exponent of float32: seed ${
          seeds[0]
        }.`,
      svg: await drawn(cases.map(({ name, mantissas }) => mantissaDiagram(name, mantissas))),
    }],
    notes: [
      ...leftOut.map(({ task, why }) => `${task}: ${why}, left out.`),
      "A method whose inverses fail goes on with those before, at first with the identity: KFAC is then momentum with a trust region.",
      "Losses of narrow runs are computed in the format that they train in.",
      `Refused steps and failed inverses are of all seeds together: with the settings tuned in float32, then with those tuned in ${NARROW}.`,
      `The pictures and the dampings are of seed ${seeds[0]} and the settings tuned in float32.`,
      "Sizes were decided after runs with seed 7 had been seen, and where searches start by earlier recipes; the bounds were not.",
    ],
  };
}

/** Where something is trained. */
interface Place {
  readonly situation: PrecisionSituation;
  readonly laboratory: Laboratory;
  readonly methods: readonly Method[];
}

/** The situations, and the tables that are there. */
function placesOf(laboratory: Laboratory, settings: Settings): Place[] {
  const { situations, table, others, rival, scalar, ours } = settings;
  const tables = laboratory.tasks.filter((task) => task.startsWith("uci-"));
  return [...situations, ...tables.map((task) => ({ ...table, name: task.replace("uci-", ""), task }))].map(
    (situation) => {
      const { task, name, given, starts = {} } = situation;
      const methods = [...others, rival, scalar, ...ours].map((one): Method => ({
        ...one,
        given: { ...one.given, ...starts[one.name] },
      }));
      return { situation, laboratory: laboratory.within(task, name, given), methods };
    },
  );
}

async function studied(
  { situation, laboratory, methods }: Place,
  { trials, dampings, mantissas }: Settings,
): Promise<Case> {
  const { name, steps } = situation, all = await twins(laboratory, methods, situation, trials);
  const [byDamping, byMantissa] = await allEnded([
    dampingLines(laboratory, all, dampings, steps),
    mantissaLines(laboratory, all, mantissas, steps),
  ]);
  return { name, steps, all, dampings: byDamping, mantissas: byMantissa };
}
