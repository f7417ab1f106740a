/**
 * Training in sixteen bits: methods without inverses against methods with them.
 * @module
 */
import { PARKINSONS, PROTEIN, SLICE, type UciSource } from "../../../data/uci_sources.ts";
import { allEnded } from "../../turns.ts";
import type { Contestant, Entrant, TaskSituation } from "../contest.ts";
import { drawn } from "../diagram.ts";
import type { Laboratory } from "../laboratory.ts";
import { dampingCount, type DampingLine, dampingLines, dampingTable, SURVIVES } from "../low_precision/dampings.ts";
import { lossTable } from "../low_precision/losses.ts";
import { FALLEN, fallTable, mantissaDiagram, mantissaLines } from "../low_precision/mantissas.ts";
import { HOLDS, judgedSentences, sentences } from "../low_precision/sentences.ts";
import { type Method, NARROW, type PrecisionSituation, type Twins, twins, twinsCount } from "../low_precision/twins.ts";
import { foundTable } from "../orders.ts";
import { type Finding, type Recipe, sizes, type SizeText } from "../recipe.ts";
import type { Line } from "../diagram.ts";

/** What is chosen. */
export interface Settings extends SizeText {
  /** Each is judged for itself. */
  readonly situations: readonly PrecisionSituation[];
  /** What is chosen for each table that is there. */
  readonly table: Omit<PrecisionSituation, "name" | "task">;
  /** Whom nothing is claimed about. */
  readonly others: readonly Method[];
  /** The method with inverses that APO-P is compared with. */
  readonly rival: Method;
  /** APO of a learning rate. */
  readonly scalar: Method;
  /** The forms of APO-P. */
  readonly ours: readonly Method[];
  readonly dampings: readonly number[];
  readonly mantissas: readonly number[];
  readonly trials: number;
}

const decaying = (optimizer: string): Contestant => ({ name: optimizer, given: { optimizer, schedule: "linear" } });
const inverting = (optimizer: string): Method => ({ ...decaying(optimizer), inverts: true });

const CONVOLUTIONS: PrecisionSituation = {
  name: "convolutions",
  task: "mnist",
  given: { model: "conv", batchSize: 64 },
  steps: 200,
};
const REGRESSION: PrecisionSituation = {
  name: "ill-conditioned",
  task: "ill-conditioned",
  given: { batchSize: 500 },
  steps: 1000,
  starts: { kfac: { damping: 1e-5, trustRegion: 1e-2 }, "apo-kfac": { damping: 1e-5, trustRegion: 1e-2 } },
  distance: 1,
};
const autoencoder = (hidden: readonly number[], batchSize: number, steps: number): PrecisionSituation => ({
  name: "autoencoder",
  task: "mnist-autoencoder",
  given: { hidden, batchSize },
  steps,
  starts: { kfac: { damping: 0.3, trustRegion: 0.03 }, "apo-kfac": { damping: 0.1, trustRegion: 0.03 } },
});
const QUICK: Settings = {
  about:
    "an autoencoder 784-100-30-…, 250 steps, a convolutional network on digits, 200 steps, ill-conditioned regression and tables, " +
    "1000 steps, 8 trials each",
  time: "an hour and a half on two cores",
  situations: [autoencoder([100, 30], 256, 250), CONVOLUTIONS, REGRESSION],
  table: {
    given: { hidden: [50], batchSize: 128 },
    steps: 1000,
    starts: { kfac: { damping: 0.01, trustRegion: 2e-3 }, "apo-kfac": { damping: 0.01, trustRegion: 2e-3 } },
  },
  others: [...["momentum", "adam", "muon"].map(decaying), ...["shampoo", "soap"].map(inverting)],
  rival: inverting("kfac"),
  scalar: { name: "apo-momentum", given: { optimizer: "apo-momentum" } },
  ours: [decaying("apo-kfac"), { name: "apo-kfac-paper", given: { optimizer: "apo-kfac-paper" } }],
  dampings: [1e-8, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1],
  mantissas: [4, 5, 6, 7, 8, 10, 12, 16, 23],
  trials: 8,
};
const FULL: Settings = {
  ...QUICK,
  about:
    "autoencoders 784-200-100-30-… and 784-1000-500-250-30-…, LeNet on CIFAR-10, a convolutional network on digits, 800 steps, " +
    "ill-conditioned regression and tables, 3000 steps, 12 trials each",
  time: "2 days on two cores with OpenBLAS (deno task blas reproduce)",
  tasks: ["mnist-autoencoder", "mnist", "ill-conditioned", "cifar10"],
  situations: [
    autoencoder([200, 100, 30], 256, 800),
    { ...autoencoder([1000, 500, 250, 30], 512, 400), name: "large autoencoder" },
    { ...CONVOLUTIONS, steps: 800 },
    { name: "LeNet", task: "cifar10", given: { model: "lenet", batchSize: 128 }, steps: 800 },
    { ...REGRESSION, steps: 3000 },
  ],
  table: { ...QUICK.table, steps: 3000 },
  trials: 12,
};

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
    paper: "The claim; it is not tested there.",
    ours:
      `All: ${NARROW} is emulated, by rounding the result of each operation of passes, updates, state, factors, inverses and weights ` +
      `(sums inside of products, numbers that stand alone, and what learns a rate are in float32); ${
        names(inverts)
      } also with inverses, roots and bases in float32, and with their factors in it too; ${
        names(ours)
      } are APO-P, by probes and in the paper's form; 10,000 digits unless other data are given; tables of the UCI repository ` +
      "where they are there.",
    rule:
      `The final training loss decides. In ${NARROW} everything named is narrow. A run's float32 twin has the same settings, which ` +
      `were tuned in float32, and the same seed. Each sentence is judged in each situation, by two standard errors of the ratio over ` +
      `seeds: ${names(ours)} and ${scalar.name} end below × ${HOLDS} their float32 twins; ${
        names(ours)
      }, tuned in ${NARROW}, end ` +
      `below ${rival.name}, tuned in it; the loss of ${
        names(ours)
      } over the twin's is below that of ${rival.name} over its twin's. ` +
      "Supported if all are. All are tuned with as many trials each in float32 and again in " +
      `${NARROW}, by the loss of a tenth of the training data that is held out, with a seed of their own.`,
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
  const { others, rival, scalar, ours, trials, dampings, mantissas } = settings, { seeds, leftOut } = laboratory;
  const places = placesOf(laboratory, settings);
  const count = places.map(({ laboratory, methods }) =>
    twinsCount(methods, trials, seeds.length) + dampingCount(laboratory, methods, dampings) +
    methods.length * mantissas.length
  );
  laboratory.begin("trials and runs", count.reduce((sum, x) => sum + x, 0));
  const cases = await allEnded(places.map((place) => studied(place, settings)));
  const name = ({ name }: Method) => name;
  const judged = judgedSentences(
    sentences({ ours: ours.map(name), scalar: scalar.name, rival: rival.name }),
    cases,
  );
  const tuned = (all: readonly Twins[], entrant: (twins: Twins) => Entrant) => all.map(entrant);
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
          { name: `${name}, float32`, entrants: tuned(all, ({ wide }) => wide) },
          { name: `${name}, ${NARROW}`, entrants: tuned(all, ({ narrowed: [{ own }] }) => own) },
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
      "Losses of narrow runs are computed in the format that they train in.",
      "Refused steps and failed inverses are of all seeds together: with the settings of float32, then with those tuned in the format.",
      `The pictures and the dampings are of seed ${seeds[0]} and the settings tuned in float32.`,
      "Sizes and where the searches start were decided after runs with seed 7 had been seen; the bounds were not.",
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
