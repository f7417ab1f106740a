/**
 * Learning-rate adaptation of Muon.
 * @module
 */
import { allEnded } from "../../turns.ts";
import { bestOf, borders, type Contested, figureCell, type TaskSituation, testLoss, worstOf } from "../contest.ts";
import { drawn } from "../diagram.ts";
import { againstTuned, rateDiagram, type Start } from "../initial_rates.ts";
import { figures, type Laboratory } from "../laboratory.ts";
import { type Finding, type Recipe, sizes, type SizeText } from "../recipe.ts";
import { judged, type Judgement } from "../verdict.ts";

/** What is chosen. */
export interface Settings extends SizeText {
  /** Each is judged for itself. */
  readonly situations: readonly TaskSituation[];
  /** APO's initial rates, as powers of ten. */
  readonly decades: readonly number[];
  /** Of tuned Muon. */
  readonly schedules: readonly string[];
  /** Of each schedule. */
  readonly trials: number;
}

const TASKS = ["mnist-autoencoder", "mnist"] as const;
const autoencoder = (activation: string): TaskSituation => ({
  ...{ name: `autoencoder, ${activation}`, task: "mnist-autoencoder", steps: 300 },
  given: { hidden: [200, 100, 30], activation, batchSize: 256 },
});
const CLASSIFIER: TaskSituation = {
  ...{ name: "classifier", task: "mnist", steps: 300 },
  given: { hidden: [256, 256], batchSize: 128 },
};
const QUICK: Settings = {
  about:
    "autoencoders 784-200-100-30-… of ReLU and of tanh units, batches of 256, and a classifier 784-256-256-10, batches of 128; 300 " +
    "steps, 8 trials for each schedule",
  time: "25 minutes on two cores",
  situations: [autoencoder("relu"), autoencoder("tanh"), CLASSIFIER],
  decades: [-6, -2, 1],
  schedules: ["linear", "cosine", "warmup-linear"],
  trials: 8,
};
const FULL: Settings = {
  ...QUICK,
  about: `${QUICK.about}; besides, a convolutional network, and the classifier with 20 % wrong labels`,
  time: "an hour on two cores",
  situations: [
    ...QUICK.situations,
    { name: "convolutions", task: "mnist", given: { model: "conv", batchSize: 128 }, steps: 300 },
    { ...CLASSIFIER, name: "wrong labels", given: { ...CLASSIFIER.given, labelNoise: 0.2 } },
  ],
};
const LEVEL = 1.02;

/** The recipe, of other sizes than its own for tests. */
export function muon(quick: Settings = QUICK, full: Settings = FULL): Recipe {
  return {
    name: "muon",
    claim: "APO learns the rate of Muon, with its defaults and from any initial rate, as well as tuning finds it.",
    paper: "Nothing: Muon is younger; APO adapts the rate of any direction.",
    ours:
      "APO's rule for the rate, no rate above 0.04, a λ_FSD that grows with noise, and a decay as far as there is noise; the " +
      "initial rates 1e-6, 1e-2 and 10; 10,000 digits unless other data are given.",
    rule:
      "The final training loss decides. Supported if in each setting the initial rate of APO with the highest geometric mean over seeds " +
      `is below × ${LEVEL} the best schedule of Muon, by two standard errors of the ratio over seeds. The rates of Muon's schedules are ` +
      "tuned with as many trials each, half decades apart until the best is inside, then finer, with a seed of their own; of APO nothing " +
      "is tuned.",
    tasks: TASKS,
    sizes: sizes(quick, full, study),
  };
}

/** Of one situation. */
interface Case {
  readonly situation: TaskSituation;
  readonly starts: readonly Start[];
  readonly tuned: readonly Contested[];
}

async function study(laboratory: Laboratory, settings: Settings): Promise<Finding> {
  const { situations, decades, schedules, trials } = settings, { length } = laboratory.seeds;
  laboratory.begin(
    "runs and trials",
    situations.length * (decades.length * length + schedules.length * (trials + length)),
  );
  const cases = await allEnded(situations.map((situation) => studied(laboratory, settings, situation)));
  return {
    parts: cases.map(judgement),
    tables: await Promise.all(cases.map(table)),
    pictures: [{
      name: "muon",
      caption: `APO's rate of Muon against steps, with its decay: the geometric mean over ${length} seeds.`,
      svg: await drawn(
        await Promise.all(cases.map(({ situation, starts }) => rateDiagram(situation.name, starts))),
      ),
    }],
    notes: [
      "The defaults of apo-muon were chosen on settings like these, with seeds from 7 on, and after some had been seen with one of the " +
      "seeds 0 to 2; wrong labels were of Fashion-MNIST.",
    ],
  };
}

async function studied(laboratory: Laboratory, settings: Settings, situation: TaskSituation): Promise<Case> {
  const { decades, schedules, trials } = settings, { name, task, given, steps } = situation;
  const own = laboratory.within(task, name, given);
  const learned = { name: "apo-muon", given: { optimizer: "apo-muon" }, steps };
  const contestants = schedules.map((schedule) => ({
    name: `muon, ${schedule}`,
    given: { optimizer: "muon", schedule },
  }));
  return { situation, ...await againstTuned(own, learned, decades, { contestants, trials }) };
}

function judgement({ situation: { name }, starts, tuned }: Case): Judgement {
  const worst = worstOf(starts), best = bestOf(tuned);
  return judged({
    claim: `${name}: apo-muon, from 1e${worst.decade} at the worst, below × ${LEVEL} the best tuned, ${best.name}`,
    ours: worst.figures,
    theirs: best.figures,
    below: LEVEL,
    atBorder: { theirs: borders(tuned) },
  });
}

async function table({ situation: { name, steps }, starts, tuned }: Case): Promise<Finding["tables"][number]> {
  const rows = [
    ...starts.map(({ decade, ...rest }) => ({ ...rest, name: `apo-muon from 1e${decade}`, found: "" })),
    ...tuned,
  ];
  return {
    title: `${name}, ${steps} steps`,
    heads: ["rate", "training loss", "test loss", "what tuning found"],
    rows: await Promise.all(rows.map(async ({ name, runs, figures: losses, found }) => [
      { text: name },
      figureCell(losses),
      figureCell(await figures(runs, testLoss)),
      { text: found },
    ])),
  };
}
