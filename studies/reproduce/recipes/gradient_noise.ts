/**
 * Learning-rate adaptation where gradient noise matters.
 * @module
 */
import type { Choices } from "../../../runs/options.ts";
import { allEnded } from "../../turns.ts";
import { bestOf, borders, type Entrant, figureCell, testLoss } from "../contest.ts";
import { rateLine } from "../curve.ts";
import { type Diagram, drawn } from "../diagram.ts";
import { acrossSeeds, againstTuned, type Start } from "../initial_rates.ts";
import { figures, type Laboratory } from "../laboratory.ts";
import { type Finding, type Recipe, sizes } from "../recipe.ts";
import { type Figures, judged, type Judgement } from "../verdict.ts";
import { FULL, QUICK, type Settings, type Situation } from "./gradient_noise_sizes.ts";

const AVERAGE = 0.998, LEVEL = 1.01;

/** The best fixed rate first. */
const TUNED: readonly { readonly name: string; readonly given: Choices }[] = [
  { name: "fixed rate", given: { schedule: "constant" } },
  { name: "cosine", given: { schedule: "cosine" } },
  { name: "warm-up, linear", given: { schedule: "warmup-linear" } },
  { name: "averaged weights", given: { schedule: "constant", average: AVERAGE } },
];

/** The recipe, of other sizes than its own for tests. */
export function gradientNoise(quick: Settings = QUICK, full: Settings = FULL): Recipe {
  return {
    name: "gradient-noise",
    claim:
      "Where gradient noise matters, APO with its defaults beats the best fixed rate from any initial rate, and is level with " +
      "tuned cosine decay, with tuned warm-up and linear decay, and with an average of the weights.",
    paper:
      "That learned schedules generally beat the best fixed rate and compete with tuned decay; here it goes further.",
    ours:
      "Noise by small batches and wrong labels of the training data; APO's rule for the rate with a λ_FSD that grows with noise, and a " +
      "warm-up and, as far as it measures noise, a linear decay, which multiply what it learns; " +
      "the initial rates 1e-6, 1e-2 and 10; 10,000 digits unless other data are given; the " +
      `average of the weights is a moving one with decay ${AVERAGE}, with a fixed rate that is tuned for it.`,
    rule:
      "The final training loss, on the labels as they are, decides. Supported if, for each base optimizer in each setting, APO's " +
      "geometric mean over its initial rates is below the loss of the best fixed rate, and below × " +
      `${LEVEL} the best of cosine, warm-up with linear decay, and averaged weights; each by two standard errors of the ratio ` +
      "over seeds. Their rates are tuned with as many trials each, half decades apart until the best is inside, then finer, with a " +
      "seed of their own; of APO nothing is tuned.",
    tasks: ["mnist"],
    sizes: sizes(quick, full, study),
  };
}

/** Of one base in one situation. */
interface Base {
  readonly name: string;
  readonly starts: readonly Start[];
  /** Over all initial rates. */
  readonly ours: Losses;
  readonly tuned: readonly (Entrant & Losses)[];
}

/** Losses, a seed each. */
interface Losses {
  /** On the training data: what decides. */
  readonly figures: Figures;
  readonly test: Figures;
}

async function study(laboratory: Laboratory, settings: Settings): Promise<Finding> {
  const { situations, bases, decades, trials } = settings, { seeds } = laboratory, { length } = seeds;
  laboratory.begin(
    "runs and trials",
    situations.length * bases.length * (decades.length * length + TUNED.length * (trials + length)),
  );
  const results = await allEnded(situations.map(async (situation) => ({
    situation,
    found: await allEnded(bases.map((name) => base(laboratory, settings, situation, name))),
  })));
  const diagrams = await Promise.all(
    results.flatMap(({ situation, found }) => found.map((base) => diagram(situation, base))),
  );
  return {
    parts: results.flatMap(({ situation, found }) => found.flatMap((base) => judgements(situation, base))),
    tables: results.flatMap(({ situation, found }) => tables(situation, found)),
    pictures: [{
      name: "gradient-noise",
      caption:
        `APO's rate against steps, as learned and multiplied by its schedule: the geometric mean over ${length} seeds.`,
      svg: await drawn(diagrams),
    }],
    notes: [
      "Test labels are never changed, so that the test loss has another minimum than the training loss.",
      "APO's rate decays as far as it measures noise, the fixed rate does not: what the learning adds is seen against tuned warm-up " +
      "and linear decay, the schedule that it follows where all is noise.",
      "APO's defaults were chosen on these settings: on wrong labels with single seeds, the first of these among them, on clean labels " +
      "with others, after these had been seen.",
    ],
  };
}

async function base(
  laboratory: Laboratory,
  settings: Settings,
  { name: situation, given: noise, steps }: Situation,
  name: string,
): Promise<Base> {
  const { decades, trials } = settings, { length } = laboratory.seeds, given = { ...settings.given, ...noise };
  const named = (what: string) => `${what}, ${situation}`;
  const learned = { name: named(`apo-${name}`), given: { ...given, optimizer: `apo-${name}` }, steps };
  const contestants = TUNED.map((one) => ({
    name: named(`${name}, ${one.name}`),
    given: { ...given, optimizer: name, ...one.given },
  }));
  const result = await againstTuned(laboratory, learned, decades, { contestants, trials }), { starts } = result;
  const tuned = await Promise.all(
    result.tuned.map(async (one) => ({ ...one, test: await figures(one.runs, testLoss) })),
  );
  const tests = await Promise.all(starts.map(({ runs }) => figures(runs, testLoss)));
  const ours = {
    figures: acrossSeeds(starts.map(({ figures }) => figures), length),
    test: acrossSeeds(tests, length),
  };
  return { name, starts, ours, tuned };
}

function judgements({ name: situation }: Situation, { name, ours, tuned: [constant, ...others] }: Base): Judgement[] {
  const best = bestOf(others);
  return [
    judged({
      claim: `${situation}: apo-${name} below the best fixed rate`,
      ours: ours.figures,
      theirs: constant.figures,
      below: 1,
      atBorder: { theirs: borders([constant]) },
    }),
    judged({
      claim: `${situation}: apo-${name} below × ${LEVEL} the best of the others, ${
        TUNED[1 + others.indexOf(best)].name
      }`,
      ours: ours.figures,
      theirs: best.figures,
      below: LEVEL,
      atBorder: { theirs: borders(others) },
    }),
  ];
}

function tables({ name: situation, steps }: Situation, found: readonly Base[]): Finding["tables"] {
  return [{
    title: `${situation}, ${steps} steps`,
    heads: ["base", "rate", "training loss", "APO's over it", "test loss", "what tuning found"],
    rows: found.flatMap(({ name, ours, tuned }) => [
      [
        { text: name },
        { text: "APO" },
        figureCell(ours.figures),
        { text: "" },
        figureCell(ours.test),
        { text: "" },
      ],
      ...tuned.map(({ figures, test, found }, i) => [
        { text: name },
        { text: TUNED[i].name },
        figureCell(figures),
        figureCell(ours.figures.map((loss, seed) => loss / figures[seed])),
        figureCell(test),
        { text: found },
      ]),
    ]),
  }, {
    title: `${situation}, ${steps} steps: training loss of APO by initial rate, over that of the best fixed rate`,
    heads: ["base", ...found[0].starts.map(({ decade }) => `1e${decade}`)],
    rows: found.map(({ name, starts, tuned: [constant] }) => [
      { text: name },
      ...starts.map(({ figures }) => figureCell(figures.map((loss, seed) => loss / constant.figures[seed]))),
    ]),
  }];
}

async function diagram({ name: situation }: Situation, { name, starts }: Base): Promise<Diagram> {
  return {
    title: `apo-${name}, ${situation}`,
    x: { title: "steps" },
    y: { title: "rate" },
    lines: await Promise.all(starts.map(({ decade, runs }) => rateLine(`from 1e${decade}`, runs))),
  };
}
