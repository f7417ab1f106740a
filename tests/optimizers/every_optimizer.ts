/** Every optimizer, one line each: a new one is a line here. */
import {
  adam,
  amortize,
  amortizeByProbes,
  byNoise,
  chain,
  clipByGlobalNorm,
  cosine,
  dampedNewton,
  diagonal,
  type Direction,
  euclidean,
  fixedRate,
  fullMatrix,
  gradient,
  hypergradient,
  kfac,
  kfacStructured,
  linearDecay,
  mirrorDescent,
  momentum,
  muon,
  naturalGradient,
  type Optimizer,
  paperRule,
  type Parameterization,
  perBlockRates,
  plain,
  type Problem,
  prodigy,
  proximalPoint,
  recommended,
  rmsprop,
  scalarRate,
  scheduleFreeAdamw,
  scheduleFreeSgd,
  shampoo,
  soap,
  weightAverage,
} from "../../mod.ts";

/** Makes the optimizer for a problem. */
export type MakeOptimizer = (problem: Problem) => Optimizer;

/** The bases, and for each a fixed rate that suits the tiny task. */
export const bases: Readonly<Record<string, { direction: () => Direction; learningRate: number }>> = {
  gradient: { direction: gradient, learningRate: 0.2 },
  momentum: { direction: () => momentum() as Direction, learningRate: 0.05 },
  nesterov: { direction: () => momentum({ nesterov: true }) as Direction, learningRate: 0.05 },
  rmsprop: { direction: () => rmsprop() as Direction, learningRate: 0.005 },
  adam: { direction: () => adam() as unknown as Direction, learningRate: 0.02 },
};

/** The parameterizations, and for each a rate of the paper's RMSprop: elementwise steps on a matrix of n columns count n-fold. */
const parameterizations: Readonly<Record<string, { make: () => Parameterization; paperRate: number }>> = {
  scalarRate: { make: scalarRate, paperRate: 0.1 },
  perBlockRates: { make: perBlockRates, paperRate: 0.1 },
  diagonal: { make: diagonal, paperRate: 0.02 },
  kfacStructured: { make: kfacStructured, paperRate: 0.005 },
  "kfacStructured, blocks of 4": { make: () => kfacStructured({ blockSize: 4 }), paperRate: 0.005 },
  fullMatrix: { make: fullMatrix, paperRate: 0.001 },
};

function* fixed(): Generator<[string, MakeOptimizer]> {
  for (const [name, { direction, learningRate }] of Object.entries(bases)) {
    yield [`fixedRate(${name})`, (problem) => fixedRate({ problem, direction: direction(), learningRate })];
  }
  const { direction, learningRate } = bases.momentum;
  yield [
    "fixedRate(clip, momentum)",
    (problem) => fixedRate({ problem, direction: chain(clipByGlobalNorm(0.5), direction()), learningRate }),
  ];
  yield [
    "fixedRate(adam, weight decay)",
    (problem) => fixedRate({ problem, direction: bases.adam.direction(), learningRate: 0.02, weightDecay: 0.01 }),
  ];
  yield [
    "fixedRate(momentum, cosine)",
    (problem) => fixedRate({ problem, direction: direction(), learningRate: cosine({ initial: 0.1, steps: 200 }) }),
  ];
}

function* amortized(): Generator<[string, MakeOptimizer]> {
  for (const [base, { direction }] of Object.entries(bases)) {
    for (const [name, { make, paperRate }] of Object.entries(parameterizations)) {
      const metas = { default: undefined, paperRule: paperRule({ rate: paperRate }) };
      for (const [rule, meta] of Object.entries(metas)) {
        yield [
          `amortize(${base}, ${name}, ${rule})`,
          (problem) => amortize({ problem, direction: direction(), parameterization: make(), meta }),
        ];
      }
    }
  }
  yield [
    "amortize(clip and momentum, scalarRate, weight decay, schedules, J on B′)",
    (problem) =>
      amortize({
        problem,
        direction: chain(clipByGlobalNorm(1), bases.momentum.direction()),
        parameterization: scalarRate(),
        regime: plain({ lambdaFsd: cosine({ initial: 2, steps: 400 }) }),
        objective: { lambdaWsd: 0.01, lossOn: "metaBatch" },
        meta: { every: 3, steps: 2 },
        weightDecay: 1e-3,
      }),
  ];
  for (const [name, { make }] of Object.entries(parameterizations)) {
    const regime = plain({ schedule: linearDecay({ initial: 1, steps: 400 }) });
    yield [
      `amortize(momentum, ${name}, linear decay)`,
      (problem) => amortize({ problem, direction: bases.momentum.direction(), parameterization: make(), regime }),
    ];
  }
  yield [
    "amortize(adam, scalarRate, by noise)",
    (problem) =>
      amortize({
        ...{ problem, direction: bases.adam.direction(), parameterization: scalarRate() },
        regime: byNoise({ steps: 400 }),
      }),
  ];
  yield [
    "amortize(momentum, scalarRate, caution)",
    (problem) =>
      amortize({
        ...{ problem, direction: bases.momentum.direction(), parameterization: scalarRate() },
        regime: byNoise({
          ...{ steps: 400, schedule: 1, decay: 1, hover: Infinity },
          ...{ lambdaFsd: 0.5, caution: { power: 1, most: 7 } },
        }),
      }),
  ];
  yield ["amortizeByProbes", (problem) => amortizeByProbes({ problem })]; // 0.05 is too far for classifiers: losses jump at times
  yield [
    "amortizeByProbes(blocks of 3, linear decay)",
    (problem) =>
      amortizeByProbes({
        ...{ problem, blockSize: 3, trustRegion: 0.05 },
        learningRate: linearDecay({ initial: 1, steps: 400 }),
      }),
  ];
}

function* baselines(): Generator<[string, MakeOptimizer]> {
  yield ["scheduleFreeSgd", (problem) => scheduleFreeSgd({ problem })];
  yield [
    "scheduleFreeSgd(weight decay, warm-up)",
    (problem) => scheduleFreeSgd({ problem, weightDecay: 1e-3, warmUpSteps: 20 }),
  ];
  for (const form of ["official", "paper"] as const) {
    yield [`scheduleFreeAdamw(${form})`, (problem) => scheduleFreeAdamw({ problem, learningRate: 0.05, form })];
  }
  yield ["prodigy", (problem) => prodigy({ problem })];
  yield [
    "prodigy(cosine, weight decay)",
    (problem) => prodigy({ problem, learningRate: cosine({ initial: 1, steps: 200 }), weightDecay: 0.01 }),
  ];
  const hyperRates: Readonly<Record<string, number>> = { gradient: 0.1, momentum: 1e-3, adam: 1e-4 };
  for (const [base, hyperRate] of Object.entries(hyperRates)) {
    const { direction } = bases[base];
    yield [
      `hypergradient(${base})`,
      (problem) => hypergradient({ problem, direction: direction(), learningRate: 1e-3, hyperRate }),
    ];
  }
  const averaged: Readonly<Record<string, MakeOptimizer>> = {
    "fixedRate(momentum)": (problem) =>
      fixedRate({ problem, direction: bases.momentum.direction(), learningRate: bases.momentum.learningRate }),
    "amortize(momentum, scalarRate)": (problem) =>
      amortize({ problem, direction: bases.momentum.direction(), parameterization: scalarRate() }),
    "scheduleFreeSgd": (problem) => scheduleFreeSgd({ problem }),
  };
  for (const [name, make] of Object.entries(averaged)) {
    yield [`weightAverage(${name})`, (problem) => weightAverage(make(problem), { decay: 0.95 })];
  }
}

function* matrixMethods(): Generator<[string, MakeOptimizer]> {
  const directions: Readonly<Record<string, [direction: (problem: Problem) => Direction, learningRate: number]>> = {
    muon: [({ model }) => muon({ leaves: model.leaves }) as unknown as Direction, 0.02],
    "shampoo, momentum": [({ model }) => chain(shampoo({ leaves: model.leaves }), momentum()) as Direction, 0.05],
    "shampoo, blocks of 4": [() => shampoo({ blockSize: 4, every: 3 }) as unknown as Direction, 0.2],
    soap: [({ model }) => soap({ leaves: model.leaves }) as unknown as Direction, 0.02],
    "soap, blocks of 4": [() => soap({ blockSize: 4, every: 3 }) as unknown as Direction, 0.02],
  };
  for (const [name, [direction, learningRate]] of Object.entries(directions)) {
    yield [`fixedRate(${name})`, (problem) => fixedRate({ problem, direction: direction(problem), learningRate })];
  }
  const [direction] = directions.muon;
  yield [
    "amortize(muon, scalarRate)",
    (problem) => amortize({ problem, direction: direction(problem), parameterization: scalarRate() }),
  ];
  yield [
    "recommended(muon)",
    (problem) => recommended("muon", { problem, steps: 400 }),
  ];
  for (const fisher of ["sampled", "empirical"] as const) {
    yield [`kfac(${fisher})`, (problem) => kfac({ problem, fisher })];
  }
  yield ["weightAverage(kfac)", (problem) => weightAverage(kfac({ problem }), { decay: 0.95 })];
}

function* secondOrder(): Generator<[string, MakeOptimizer]> {
  yield [
    "naturalGradient(10 conjugate gradients)",
    (problem) => naturalGradient({ problem, learningRate: 0.3, lambdaWsd: 0.1, iterations: 10 }),
  ];
  yield [
    "dampedNewton(4 conjugate gradients)", // the curvature may be negative: 4 do not find that
    (problem) => dampedNewton({ problem, iterations: 4, lambdaWsd: 1 }),
  ];
  yield ["proximalPoint", (problem) => proximalPoint({ problem, innerSteps: 5 })];
  yield ["mirrorDescent(euclidean)", (problem) => mirrorDescent({ problem, mirror: euclidean, learningRate: 0.2 })];
}

/** All of them by name. */
export const optimizers: Readonly<Record<string, MakeOptimizer>> = Object.fromEntries([
  ...fixed(),
  ...amortized(),
  ...baselines(),
  ...matrixMethods(),
  ...secondOrder(),
]);
