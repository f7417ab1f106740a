/**
 * Learned rates with nothing tuned against tuned ones, in several situations and with several directions.
 * @module
 */
import type { Choices } from "../../runs/options.ts";
import { allEnded } from "../turns.ts";
import { bestOf, borders, type Entrant, figureCell, type Situation } from "./contest.ts";
import { drawn } from "./diagram.ts";
import { acrossSeeds, againstTuned, type Deciding, rateDiagram, type Start } from "./initial_rates.ts";
import { figures, type Laboratory, type Run } from "./laboratory.ts";
import type { Finding, SizeText } from "./recipe.ts";
import { type Figures, judged, type Judgement } from "./verdict.ts";

/** Something to train with several bases. */
export interface RatesSituation extends Situation {
  /** Directions: `apo-…` learns their rate. */
  readonly bases: readonly string[];
}

/** What is chosen. */
export interface RatesSettings extends SizeText {
  /** What is chosen for every run. */
  readonly given: Choices;
  /** Each is judged for itself. */
  readonly situations: readonly RatesSituation[];
  /** APO's initial rates, as powers of ten. */
  readonly decades: readonly number[];
  /** Of each tuned rate. */
  readonly trials: number;
}

/** What the learned rates have to be level with. */
export interface RatesContest {
  /** What is tuned, with what is chosen for it; the fixed rate first. */
  readonly tuned: readonly { readonly name: string; readonly given: Choices }[];
  /** What decides. */
  readonly deciding: Deciding & { readonly title: string };
  /** What the tables show besides. */
  readonly besides: { readonly title: string; measure(run: Run): number };
  /** The ratio to the best of the others is to be below this. */
  readonly level: number;
  /** The name of the picture's file. */
  readonly picture: string;
  /** What one has to know besides, a sentence each. */
  readonly notes: readonly string[];
}

/** The decay of the moving average of the weights. */
export const AVERAGE = 0.998;

/** Rates that learned ones have to be level with. */
export const TUNED: RatesContest["tuned"] = [
  { name: "fixed rate", given: { schedule: "constant" } },
  { name: "cosine", given: { schedule: "cosine" } },
  { name: "warm-up, linear", given: { schedule: "warmup-linear" } },
  { name: "averaged weights", given: { schedule: "constant", average: AVERAGE } },
];

/** Of one base in one situation. */
interface Base {
  readonly name: string;
  readonly starts: readonly Start[];
  /** Over all initial rates. */
  readonly ours: Measured;
  readonly tuned: readonly (Entrant & Measured)[];
}

/** Figures, a seed each. */
interface Measured {
  /** What decides. */
  readonly figures: Figures;
  readonly besides: Figures;
}

/** Trains all, and judges each base in each situation: below the best fixed rate, and level with the best of the others. */
export async function ratesContest(
  laboratory: Laboratory,
  settings: RatesSettings,
  contest: RatesContest,
): Promise<Finding> {
  const { situations, decades, trials } = settings, { seeds: { length } } = laboratory;
  const bases = situations.reduce((count, { bases }) => count + bases.length, 0);
  laboratory.begin(
    "runs and trials",
    bases * (decades.length * length + contest.tuned.length * (trials + length)),
  );
  const results = await allEnded(situations.map(async (situation) => ({
    situation,
    found: await allEnded(situation.bases.map((name) => studied(laboratory, settings, contest, situation, name))),
  })));
  const diagrams = await Promise.all(
    results.flatMap(({ situation, found }) =>
      found.map(({ name, starts }) => rateDiagram(`apo-${name}, ${situation.name}`, starts))
    ),
  );
  return {
    parts: results.flatMap(({ situation, found }) => found.flatMap((base) => judgements(situation, base, contest))),
    tables: results.flatMap(({ situation, found }) => tables(situation, found, contest)),
    pictures: [{
      name: contest.picture,
      caption:
        `APO's rate against steps, as learned and multiplied by its schedule: the geometric mean over ${length} seeds.`,
      svg: await drawn(diagrams),
    }],
    notes: contest.notes,
  };
}

async function studied(
  laboratory: Laboratory,
  settings: RatesSettings,
  contest: RatesContest,
  { name: situation, given: own, steps }: Situation,
  name: string,
): Promise<Base> {
  const { decades, trials } = settings, { length } = laboratory.seeds, given = { ...settings.given, ...own };
  const { deciding, besides } = contest, named = (what: string) => `${what}, ${situation}`;
  const learned = { name: named(`apo-${name}`), given: { ...given, optimizer: `apo-${name}` }, steps };
  const contestants = contest.tuned.map((one) => ({
    name: named(`${name}, ${one.name}`),
    given: { ...given, optimizer: name, ...one.given },
  }));
  const { starts, tuned } = await againstTuned(laboratory, learned, decades, { contestants, trials }, deciding);
  const besidesOf = (runs: readonly Run[]) => figures(runs, besides.measure);
  const ours = {
    figures: acrossSeeds(starts.map(({ figures }) => figures), length),
    besides: acrossSeeds(await Promise.all(starts.map(({ runs }) => besidesOf(runs))), length),
  };
  const theirs = await Promise.all(tuned.map(async (one) => ({ ...one, besides: await besidesOf(one.runs) })));
  return { name, starts, ours, tuned: theirs };
}

function judgements(
  { name: situation }: Situation,
  { name, ours, tuned: [constant, ...others] }: Base,
  { tuned, level }: RatesContest,
): Judgement[] {
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
      claim: `${situation}: apo-${name} below × ${level} the best of the others, ${
        tuned[1 + others.indexOf(best)].name
      }`,
      ours: ours.figures,
      theirs: best.figures,
      below: level,
      atBorder: { theirs: borders(others) },
    }),
  ];
}

function tables(
  { name: situation, steps }: Situation,
  found: readonly Base[],
  { tuned: rates, deciding: { title }, besides }: RatesContest,
): Finding["tables"] {
  return [{
    title: `${situation}, ${steps} steps`,
    heads: ["base", "rate", title, "APO's over it", besides.title, "what tuning found"],
    rows: found.flatMap(({ name, ours, tuned }) => [
      [
        { text: name },
        { text: "APO" },
        figureCell(ours.figures),
        { text: "" },
        figureCell(ours.besides),
        { text: "" },
      ],
      ...tuned.map(({ figures, besides, found }, i) => [
        { text: name },
        { text: rates[i].name },
        figureCell(figures),
        figureCell(ours.figures.map((figure, seed) => figure / figures[seed])),
        figureCell(besides),
        { text: found },
      ]),
    ]),
  }, {
    title: `${situation}, ${steps} steps: ${title} of APO by initial rate, over that of the best fixed rate`,
    heads: ["base", ...found[0].starts.map(({ decade }) => `1e${decade}`)],
    rows: found.map(({ name, starts, tuned: [constant] }) => [
      { text: name },
      ...starts.map(({ figures }) => figureCell(figures.map((figure, seed) => figure / constant.figures[seed]))),
    ]),
  }];
}
