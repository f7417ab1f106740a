/**
 * What APO's preconditioner converges to.
 * @module
 */
import { chooseBackend } from "../../../runtime/backend.ts";
import { short } from "../../../display/numbers.ts";
import { curvesSvg } from "../../../display/curves_svg.ts";
import { figureCell } from "../contest.ts";
import type { Laboratory } from "../laboratory.ts";
import { type Finding, type Recipe, sizes, type SizeText } from "../recipe.ts";
import type { Course } from "../theorem/descent.ts";
import { freeMatrix } from "../theorem/free_matrix.ts";
import { kroneckerIsKfac } from "../theorem/kronecker.ts";
import { naturalGradientByKl } from "../theorem/natural_gradient.ts";
import { judged } from "../verdict.ts";

/** What is chosen. */
export interface Settings extends SizeText {
  /** Parameters, and the rank of the gradients. */
  readonly free: readonly (readonly [n: number, rank: number])[];
}

const QUICK: Settings = {
  about: "free matrices of up to 6 parameters, a structured one of 6, softmax regression with 9",
  time: "a minute",
  free: [[4, 4], [6, 6], [5, 3]],
};
const FULL: Settings = {
  about: QUICK.about.replace("up to 6", "up to 12"),
  time: "2 minutes",
  free: [[4, 4], [8, 8], [12, 12], [8, 4]],
};
const FULL_RANK = 1e-5, DEFICIENT = 1e-4, KL = 2e-3, STRUCTURED = 1e-5;

/** The recipe, of other sizes than its own for tests. */
export function theorem(quick: Settings = QUICK, full: Settings = FULL): Recipe {
  return {
    name: "theorem",
    claim:
      "With the loss linearised and the discrepancy's quadratic model G, the P that minimizes the expected meta-objective is " +
      "(λ_FSD G + λ_WSD I)⁻¹: with KL the damped natural gradient, and under KFAC's assumptions KFAC.",
    paper: "The theorem.",
    ours:
      "The experiments: gradient descent with a heavy ball on the meta-objective, in float32, on random problems, one a seed; " +
      "docs/theory.md derives what is compared.",
    rule:
      "Supported if in every experiment the relative error of P at the end is below a fixed tolerance by two standard errors of " +
      `its geometric mean over seeds: ${short(FULL_RANK)} for the free matrix, ${
        short(DEFICIENT)
      } where the gradients do not span the space, ` +
      `${short(KL)} for KL (which is not quite quadratic), ${short(STRUCTURED)} for the structured form.`,
    sizes: sizes(quick, full, study),
  };
}

/** An experiment, for any seed. */
interface Experiment {
  readonly name: string;
  readonly tolerance: number;
  descend(seed: number): Course;
}

async function study(laboratory: Laboratory, { free }: Settings): Promise<Finding> {
  const experiments: Experiment[] = [
    ...free.map(([n, rank]): Experiment => ({
      name: n === rank ? `free matrix of ${n} parameters` : `free matrix of ${n}, gradients of rank ${rank}`,
      tolerance: n === rank ? FULL_RANK : DEFICIENT,
      descend: (seed) => freeMatrix({ seed, n, rank }),
    })),
    {
      name: "KL, softmax regression: natural gradient",
      tolerance: KL,
      descend: (seed) => naturalGradientByKl({ seed }),
    },
    { name: "structured form: KFAC", tolerance: STRUCTURED, descend: (seed) => kroneckerIsKfac({ seed }) },
  ];
  await chooseBackend("cpu");
  laboratory.begin("experiments", experiments.length * laboratory.seeds.length);
  const results = [];
  for (const { name, tolerance, descend } of experiments) {
    const courses: Course[] = [];
    for (const seed of laboratory.seeds) {
      courses.push(await laboratory.once(`${name}, seed ${seed}`, () => descend(seed)));
    }
    const errors = courses.map(({ points }) => points.at(-1)!.value);
    laboratory.tell(`${name}: relative error ${errors.map(short).join(", ")}`);
    results.push({ name, tolerance, courses, errors });
  }
  const svg = await curvesSvg(results.map(({ name, courses }) => ({
    title: name,
    y: "relative error of P",
    scale: "log" as const,
    series: courses.map(({ points }, i) => ({ name: `seed ${laboratory.seeds[i]}`, points })),
  })));
  return {
    parts: results.map(({ name, errors, tolerance }) => judged({ claim: name, ours: errors, below: tolerance })),
    tables: [{
      title: "Relative error of P at the end",
      heads: ["experiment", "error", "by seed", "tolerance"],
      rows: results.map(({ name, errors, tolerance }) => [
        { text: name },
        figureCell(errors),
        { text: errors.map(short).join(", ") },
        { text: short(tolerance) },
      ]),
    }],
    pictures: [{ name: "theorem", caption: "Relative error of P against iterations, one line a seed.", svg }],
    notes: [],
  };
}
