/**
 * Learning-rate adaptation.
 * @module
 */
import { short } from "../../../display/numbers.ts";
import { learnedSchedule } from "../../../runs/learned_schedule.ts";
import { geometricMean } from "../../statistics.ts";
import { allEnded } from "../../turns.ts";
import { bestOf, borders, type Entrant, figureCell, trainLoss, worstOf } from "../contest.ts";
import { type Diagram, drawn } from "../diagram.ts";
import { acrossSeeds, againstTuned, type Start } from "../initial_rates.ts";
import { figures, type Laboratory } from "../laboratory.ts";
import { type Finding, type Recipe, sizes } from "../recipe.ts";
import { type Figures, judged } from "../verdict.ts";
import { FULL, QUICK, type Settings } from "./learning_rates_sizes.ts";

const SAME = 1.5, COMPETES = 1.25;
const REPLAYED = -3; // the decade of the initial rate of what is replayed

/** The recipe, of other sizes than its own for tests. */
export function learningRates(quick: Settings = QUICK, full: Settings = FULL): Recipe {
  return {
    name: "learning-rates",
    claim:
      "From every initial rate of 1e-6 … 10 APO ends at the same loss, with each of four base optimizers; learned schedules " +
      "generally beat the best fixed rate and compete with tuned decay.",
    paper:
      "The claim, MNIST with a multi-layer perceptron, and the four bases SGD, SGD with momentum, RMSprop and Adam.",
    ours:
      "APO's rule for the rate (search, normalized meta step), with its defaults and nothing tuned; 10,000 digits unless " +
      "other data are given; step decay is a tenth at each third of the run.",
    rule:
      `The final training loss decides. Supported if, for each base, the initial rate with the highest geometric mean over seeds ` +
      `is less than × ${SAME} above the one with the lowest; and if APO, in the geometric mean over bases and over all initial rates, ` +
      `is below the best fixed rate, and below × ${COMPETES} the better of step decay and cosine; each by two standard errors of the ` +
      "ratio over seeds. Each schedule has the same initial rates as trials that APO started from, and further ones to refine the best, " +
      "all with a seed of their own.",
    tasks: ["mnist"],
    sizes: sizes(quick, full, study),
  };
}

/** Of one base: the figures of each initial rate, and of each tuned schedule. */
interface Base {
  readonly name: string;
  readonly learned: readonly Start[];
  readonly tuned: readonly (Entrant & { readonly figures: Figures })[];
  readonly replayed: Figures;
}

async function study(laboratory: Laboratory, settings: Settings): Promise<Finding> {
  const { bases, decades, schedules } = settings, { seeds } = laboratory, { length } = seeds;
  laboratory.begin(
    "runs and trials",
    bases.length * (decades.length * length + schedules.length * (settings.trials + length) + length),
  );
  const found = await allEnded(bases.map((name) => base(laboratory, settings, name)));
  const constant = found.map(({ tuned }) => tuned[0]);
  const decays = found.map(({ tuned }) => tuned.slice(1)), decay = decays.map(bestOf);
  const ours = acrossSeeds(found.flatMap(({ learned }) => learned.map(({ figures }) => figures)), length);
  const parts = [
    ...found.map(({ name, learned }) => {
      const highest = worstOf(learned), lowest = bestOf(learned);
      return judged({
        claim:
          `apo-${name}: the worst initial rate (1e${highest.decade}) within × ${SAME} of the best (1e${lowest.decade})`,
        ours: highest.figures,
        theirs: lowest.figures,
        below: SAME,
      });
    }),
    judged({
      claim: "below the best fixed rate, over all bases",
      ours,
      theirs: acrossSeeds(constant.map(({ figures }) => figures), length),
      below: 1,
      atBorder: { theirs: borders(constant) },
    }),
    judged({
      claim: `below × ${COMPETES} the best tuned decay, over all bases`,
      ours,
      theirs: acrossSeeds(decay.map(({ figures }) => figures), length),
      below: COMPETES,
      atBorder: { theirs: borders(decays.flat()) },
    }),
  ];
  return {
    parts,
    tables: [{
      title: "Final training loss: APO over all initial rates, tuned schedules, and the learned schedule replayed",
      heads: ["base", "APO", ...schedules, "replay"],
      rows: found.map(({ name, learned, tuned, replayed }) => [
        { text: name },
        figureCell(acrossSeeds(learned.map(({ figures }) => figures), length)),
        ...tuned.map(({ figures }) => figureCell(figures)),
        figureCell(replayed),
      ]),
    }, {
      title: "Final training loss of APO by initial rate, geometric means over seeds",
      heads: ["base", ...decades.map((decade) => `1e${decade}`)],
      rows: found.map(({ name, learned }) => [
        { text: name },
        ...learned.map(({ figures }) => ({ text: short(geometricMean(figures)) })),
      ]),
    }, {
      title: "What tuning found",
      heads: ["base", ...schedules],
      rows: found.map(({ name, tuned }) => [{ text: name }, ...tuned.map(({ found }) => ({ text: found }))]),
    }],
    pictures: [{
      name: "learning-rates",
      caption:
        `Final training loss against the initial rate: APO (geometric mean over ${length} seeds), and the trials of the ` +
        "schedules (one seed).",
      svg: await drawn(found.map((base) => diagram(base))),
    }],
    notes: [
      `A replayed schedule is that of APO from 1e${REPLAYED} with another seed: what it is worth without the adaptivity.`,
    ],
  };
}

async function base(laboratory: Laboratory, settings: Settings, name: string): Promise<Base> {
  const { given, decades, schedules, steps, trials } = settings, { seeds } = laboratory;
  const own = { ...given, optimizer: `apo-${name}`, logEvery: 1 };
  const contestants = schedules.map((schedule) => ({
    name: `${name} ${schedule}`,
    given: { ...given, optimizer: name, schedule, learningRate: 1 },
  }));
  const { starts: learned, tuned } = await againstTuned(
    laboratory,
    { name: `apo-${name}`, given: own, steps },
    decades,
    { contestants, trials, grid: decades.map((decade) => [decade]) },
  );
  const { runs } = learned.find(({ decade }) => decade === REPLAYED) ?? learned[0];
  const replays = await allEnded(seeds.map(async (seed, i) => {
    const { folder, summary } = runs[(i + 1) % runs.length];
    if (!summary) return [{ seed, folder, diverged: false }];
    return await laboratory.train({
      name: `${name} replay`,
      given: { ...given, optimizer: name, replay: await learnedSchedule(folder) },
      steps,
      seed,
    });
  }));
  const replayed = await figures(replays.flat(), trainLoss);
  laboratory.tell(
    `apo-${name}: training loss ${learned.map(({ figures }) => short(geometricMean(figures))).join(", ")} from 1e${
      decades[0]
    } … 1e${decades.at(-1)}`,
  );
  return { name, learned, tuned, replayed };
}

function diagram({ name, learned, tuned }: Base): Diagram {
  return {
    title: name,
    x: { title: "initial learning rate", log: true },
    y: { title: "final training loss" },
    lines: [
      { name: "APO", points: learned.map(({ decade, figures }) => ({ x: 10 ** decade, y: geometricMean(figures) })) },
      ...tuned.map(({ given, trials }) => ({
        name: given.schedule!,
        points: trials.map(({ values, loss }) => ({ x: values.learningRate!, y: loss ?? NaN })).toSorted((a, b) =>
          a.x - b.x
        ),
      })),
    ],
  };
}
