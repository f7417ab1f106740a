/**
 * Translation by a Transformer: a learned rate and a learned preconditioner against tuned optimizers.
 * @module
 */
import { TRANSFORMER_IWSLT } from "../../../models/networks/transformer.ts";
import { short } from "../../../display/numbers.ts";
import type { Choices } from "../../../runs/options.ts";
import { allEnded } from "../../turns.ts";
import {
  againstBest,
  type Contestant,
  type Contested,
  contested,
  type Entrant,
  figureCell,
  trainLoss,
  tunedOnHeldOut,
} from "../contest.ts";
import { lossLine } from "../curve.ts";
import { drawn } from "../diagram.ts";
import { figures, type Laboratory, type Run } from "../laboratory.ts";
import { contestantsOf, foundTable, judgedByOrder, type Orders } from "../orders.ts";
import { type Finding, type Recipe, sizes, type SizeText } from "../recipe.ts";
import type { Judgement } from "../verdict.ts";

/** A contestant whose rate is learned, and the order of the methods that it is to be level with. */
interface LearnedRate extends Contestant {
  readonly order: "firstOrder" | "secondOrder";
}

/** What a size of the recipe consists of. */
export interface Settings extends SizeText, Orders {
  /** What is chosen for every run. */
  readonly given: Choices;
  /** Their rates are learned, and nothing of them is tuned. */
  readonly learned: readonly LearnedRate[];
  readonly steps: number;
  readonly trials: number;
}

const scheduled = (optimizer: string, schedule: string): Contestant => ({
  name: `${optimizer}, ${schedule}`,
  given: { optimizer, schedule },
});

const QUICK: Settings = {
  about: "messages of an editor, a Transformer of 1.2 million parameters, 800 steps of 500 tokens, 6 trials each",
  time: "an hour on two cores",
  given: { batchSize: 500 },
  firstOrder: [
    scheduled("momentum", "warmup-linear"),
    scheduled("adam", "warmup-inverse-sqrt"),
    scheduled("adam", "warmup-linear"),
  ],
  secondOrder: [scheduled("kfac", "linear"), scheduled("muon-adam", "warmup-linear")],
  others: [],
  ours: { name: "apo-kfac", given: { optimizer: "apo-kfac" } },
  learned: [
    { name: "apo-adam", given: { optimizer: "apo-adam" }, order: "firstOrder" },
    { name: "apo-muon-adam", given: { optimizer: "apo-muon-adam" }, order: "secondOrder" },
  ],
  steps: 800,
  trials: 6,
};
const { hidden, ...IWSLT } = TRANSFORMER_IWSLT;
const FULL: Settings = {
  ...QUICK,
  about:
    "IWSLT'14, the Transformer of 6 + 6 layers of width 512, 10,000 subwords, 20,000 steps of 4,000 tokens, 8 trials each",
  time: "1.4 million steps: weeks on a GPU",
  tasks: ["iwslt14"],
  given: { batchSize: 4000, vocabulary: 10_000, hidden: [hidden], ...IWSLT },
  steps: 20_000,
  trials: 8,
};

/** The measures that decide: less is better, and ours is level with another method's where it is below `level` times that. */
const DECIDING = [
  { title: "validation loss", level: 1.01, measure: ({ summary }: Run) => summary!.validationLoss },
  { title: "1/BLEU", level: 1.05, measure: ({ summary }: Run) => 1 / summary!.testBleu },
] as const;

/** The recipe, of other sizes than its own for tests. */
export function translation(quick: Settings = QUICK, full: Settings = FULL): Recipe {
  const list = new Intl.ListFormat("en", { type: "unit" });
  const names = (all: readonly Contestant[]) => list.format(all.map(({ name }) => `"${name}"`));
  const { firstOrder, secondOrder, ours, learned } = quick, [loss, bleu] = DECIDING;
  const of = (order: LearnedRate["order"]) => names(learned.filter((one) => one.order === order));
  return {
    name: "translation",
    claim:
      "When a Transformer learns to translate, APO's rate with its defaults is level with tuned methods, and APO-P competes with " +
      "second-order methods and beats tuned first-order ones.",
    paper: "The Transformer and the data of the full size, and SGD with momentum, Adam and KFAC beside APO-P.",
    ours:
      "Messages of an editor and a small Transformer in the quick size; subwords that are learned of the training data; " +
      `first-order methods are ${names(firstOrder)}, second-order ones ${
        names(secondOrder)
      }: Muon with Adam on all but kernels; ` +
      `${ours.name} is APO-P, learned from random probes; ${names(learned)} have APO's rule for the rate.`,
    rule:
      `The final loss on the validation data decides, and 1/BLEU of greedy translations of the test data. Supported if ${
        of("firstOrder")
      } ends below × ${loss.level} the loss and below × ${bleu.level} the 1/BLEU of the best first-order method (a point where BLEU is ` +
      `20), ${
        of("secondOrder")
      } below as much of the best second-order one's, and ${ours.name} below as much of the best second-order ` +
      "one's and below the best first-order one's, after as many steps; each by two standard errors of the ratio over seeds. Of " +
      `${
        names(learned)
      } nothing is tuned. The others are tuned with as many trials each, for as many steps, by the loss of a tenth of ` +
      "the training data that is held out, with a seed of their own.",
    tasks: ["translation"],
    sizes: sizes(quick, full, study),
  };
}

async function study(laboratory: Laboratory, settings: Settings): Promise<Finding> {
  const { given, learned, steps, trials } = settings, { seeds } = laboratory;
  const whole = (one: Contestant): Contestant => ({ ...one, given: { ...given, ...one.given } });
  const contestants = contestantsOf(settings).map(whole);
  laboratory.begin("tuning", contestants.length * trials);
  const tuned = await tunedOnHeldOut(laboratory, contestants, { steps, trials });
  const untuned = learned.map(whole).map((one): Entrant => ({
    ...one,
    tuned: one.given,
    trials: [],
    found: "nothing was tuned",
    atBorder: false,
  }));
  const entrants = [...tuned, ...untuned];
  laboratory.begin("runs", entrants.length * seeds.length);
  const results = await allEnded(entrants.map((entrant) => contested(laboratory, entrant, steps, trainLoss)));
  return {
    parts: (await Promise.all(DECIDING.map((deciding) => judgements(results, settings, deciding)))).flat(),
    tables: [
      {
        title: `After ${steps} steps`,
        heads: ["optimizer", "BLEU by seed", "validation loss", "training loss"],
        rows: await Promise.all(results.map(async ({ name, runs, figures: losses }) => [
          { text: name },
          { text: runs.map(({ summary }) => summary ? short(summary.testBleu) : "–").join(", ") },
          figureCell(await figures(runs, DECIDING[0].measure)),
          figureCell(losses),
        ])),
      },
      foundTable("task", [{ name: laboratory.tasks[0], entrants: results }]),
    ],
    pictures: [{
      name: "translation",
      caption: `Training loss of single batches against steps, the geometric mean over ${seeds.length} seeds.`,
      svg: await drawn([{
        title: "Training loss",
        x: { title: "steps" },
        y: { title: "training loss" },
        lines: await Promise.all(results.map(({ name, runs }) => lossLine(name, runs))),
      }]),
    }],
    notes: ["No tuning looked at validation or test data."],
  };
}

/** What one measure says: of the learned rates, and of the learned preconditioner. */
async function judgements(
  results: readonly Contested[],
  settings: Settings,
  { title, level, measure }: typeof DECIDING[number],
): Promise<Judgement[]> {
  const { learned, ours } = settings;
  const measured = await Promise.all(
    results.map(async (one) => ({ ...one, figures: await figures(one.runs, measure) })),
  );
  const named = (all: readonly Contestant[]) => measured.filter(({ name }) => all.some((one) => one.name === name));
  const rates = learned.map(({ name, order }) => {
    const rate = measured.find((one) => one.name === name)!;
    return againstBest(`${name}: below × ${level} the ${title} of`, rate, named(settings[order]), level);
  });
  return [
    ...rates,
    ...judgedByOrder(ours.name, measured, settings, { title, competes: level }),
  ];
}
