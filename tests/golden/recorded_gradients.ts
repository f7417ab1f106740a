/** Family m: the baselines on recorded gradients. A new one is an entry of the table. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  adam,
  type Direction,
  fixedRate,
  gradient,
  hypergradient,
  muon,
  type Optimizer,
  type Problem,
  prodigy,
  scheduleFreeAdamw,
  scheduleFreeSgd,
  shampoo,
  soap,
  type Tree,
  weightAverage,
} from "../../mod.ts";
import type { Compare } from "./comparison.ts";
import { onlyKnown } from "./families.ts";
import { compareNamed, followRecorded } from "./linear_form.ts";
import type { Json } from "./setting.ts";

/** How a golden file's optimizer is made here, and what is compared besides the parameters. */
interface Baseline {
  make(problem: Problem, options: Json): Optimizer;
  /** The options that `make` reads. */
  readonly reads: readonly string[];
  /** Options that cannot be chosen here, at the value that is ours. */
  ours?(options: Json): Record<string, unknown>;
  /** The result that is our `evaluated` after each step. */
  readonly evaluation?: string;
  /** Results that are learned quantities after each step, and our names of them. */
  readonly learned?: Record<string, string>;
}

/** Polynomial weights and weights of another power of the rate are not offered. */
const averaging = () => ({ r: 0, weight_lr_power: 2 });

const at = <S extends Tree>(learningRate: number, problem: Problem, direction: Direction<S>): Optimizer =>
  fixedRate({ problem, direction, learningRate });

/** By `optimizer.kind`. */
const baselines: Record<string, Baseline> = {
  schedule_free_sgd: {
    make: (problem, o) =>
      scheduleFreeSgd({ problem, learningRate: o.lr, momentum: o.momentum, warmUpSteps: o.warmup_steps }),
    reads: ["lr", "momentum", "warmup_steps"],
    ours: averaging,
    evaluation: "evaluation_params_t",
  },
  schedule_free_adamw: {
    make: (problem, o) =>
      scheduleFreeAdamw({
        ...{ problem, learningRate: o.lr, decay1: o.b1, decay2: o.b2, epsilon: o.eps, warmUpSteps: o.warmup_steps },
        ...{ weightDecay: o.decoupled_weight_decay, decays: () => true, form: "paper" },
      }),
    reads: ["lr", "b1", "b2", "eps", "decoupled_weight_decay", "warmup_steps"],
    ours: averaging,
    evaluation: "evaluation_params_t",
  },
  prodigy: {
    make: (problem, o) =>
      prodigy({
        ...{ problem, learningRate: o.lr, decay1: o.b1, decay2: o.b2, epsilon: o.eps },
        ...{ initialD: o.d0, dCoefficient: o.d_coef },
      }),
    reads: ["lr", "b1", "b2", "eps", "d0", "d_coef"],
    ours: (o) => ({ b3: Math.sqrt(o.b2), use_bias_correction: false, safeguard_warmup: false, growth_rate: null }),
    learned: { d_t: "d" },
  },
  muon: {
    make: (problem, o) => at(o.lr, problem, muon({ decay: o.momentum, leaves: problem.model.leaves })),
    reads: ["lr", "momentum"],
    ours: () => ({ nesterov: true, ns_steps: 5, ns_coefficients: [3.4445, -4.775, 2.0315], ns_eps: 1e-7 }),
  },
  shampoo: {
    make: (problem, o) => at(o.lr, problem, shampoo({ epsilon: o.eps, every: 1, leaves: problem.model.leaves })),
    reads: ["lr", "eps"],
  },
  soap: {
    make: (problem, o) => {
      const decays = { decay1: o.b1, decay2: o.b2, factorDecay: o.shampoo_beta };
      const rest = { epsilon: o.eps, every: o.precondition_frequency, leaves: problem.model.leaves };
      return at(o.lr, problem, soap({ ...decays, ...rest }));
    },
    reads: ["lr", "b1", "b2", "shampoo_beta", "eps", "precondition_frequency"],
  },
  sgd_hd: {
    make: (problem, o) =>
      hypergradient({ problem, direction: gradient(), learningRate: o.lr, hyperRate: o.hypergradient_lr }),
    reads: ["lr", "hypergradient_lr"],
    learned: { alpha_t: "rate" },
  },
  adam_hd: {
    make: (problem, o) =>
      hypergradient({
        ...{ problem, direction: adam({ decay1: o.b1, decay2: o.b2, epsilon: o.eps }) },
        ...{ learningRate: o.lr, hyperRate: o.hypergradient_lr },
      }),
    reads: ["lr", "b1", "b2", "eps", "hypergradient_lr"],
    learned: { alpha_t: "rate" },
  },
  sgd: {
    make: (problem, o) =>
      weightAverage(fixedRate({ problem, direction: gradient(), learningRate: o.lr }), { decay: o.weight_ema_decay }),
    reads: ["lr", "weight_ema_decay"],
    evaluation: "ema_t",
  },
};

export async function recordedGradients(file: Json, compare: Compare): Promise<void> {
  const { kind, ...options } = file.optimizer;
  assert(kind in baselines, `the optimizer "${kind}" is not known; add it to tests/golden/recorded_gradients.ts`);
  const { make, reads, ours = () => ({}), evaluation, learned = {} } = baselines[kind];
  for (const [option, value] of Object.entries(ours(options))) {
    if (typeof value === "number") assertAlmostEquals(options[option], value, 1e-12, `optimizer.${option}`);
    else assertEquals(options[option], value, `optimizer.${option}`);
  }
  onlyKnown("optimizer", options, [...reads, ...Object.keys(ours(options))]);
  onlyKnown("file", file, [
    ...["case", "conventions", "paper", "equations", "optimizer", "params0", "gradients", "params_t"],
    ...Object.keys(learned),
    ...evaluation ? [evaluation] : [],
  ]);
  await followRecorded(file, (problem) => make(problem, options), compare, async (carry, step, optimizer) => {
    if (evaluation) {
      compareNamed(compare, `${evaluation} ${step}:`, optimizer.evaluated!(carry).params, file[evaluation][step]);
    }
    for (const [result, quantity] of Object.entries(learned)) {
      // relative to the value alone: d is near 1e-6 at first, where the tolerance's absolute part would let anything pass
      const actual = (await optimizer.learned!(carry))[quantity], expected = file[result][step];
      compare(`${result} ${step}`, actual / expected, 1);
    }
  });
}
