/** Parts that lack something, or do not belong together, are refused by name. */
import { assert, assertRejects, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  additive,
  amortize,
  captured,
  chain,
  chooseBackend,
  defineOptimizer,
  fit,
  fixedRate,
  gaussian,
  hypergradient,
  mlp,
  momentum,
  normalized,
  type Optimizer,
  partition,
  plain,
  type Problem,
  rows,
  scalarRate,
  softmax,
  UserError,
  weightAverage,
} from "../../mod.ts";

await chooseBackend("cpu");

const problem: Problem = { model: mlp([1, 2]), output: gaussian() };
const data = { train: rows({ inputs: [[1], [2]], targets: [[1, 0], [0, 1]] }) };
const fixed = (of = problem) => fixedRate({ problem: of, direction: momentum(), learningRate: 0.1 });
type Loose = Record<string, unknown>;
const training = (options: Loose) =>
  Array.fromAsync(fit({ problem, optimizer: fixed(), data, steps: 2, ...options } as Parameters<typeof fit>[0]));
const apo = (options: Loose) =>
  amortize({ problem, direction: momentum(), parameterization: scalarRate(), ...options } as never);
const without = (part: object, member: string): object => ({ ...part, [member]: undefined });

Deno.test("fit: an optimizer that was made for another problem is refused", async () => {
  const others: [string, Problem][] = [
    ["model", { ...problem, model: mlp([1, 2]) }],
    ["output", { ...problem, output: softmax() }],
  ];
  for (const [part, other] of others) {
    for (const optimizer of [fixed(other), weightAverage(fixed(other)), captured(fixed(other))]) {
      const message = `optimizer was made for a problem with another ${part} than problem.${part}; make one problem`;
      await assertRejects(() => training({ optimizer }), UserError, message);
    }
  }
  const { problem: _, ...own } = fixed() as Optimizer; // one of one's own need not say what it minimizes
  const micro = { ...problem, output: gaussian(), microBatchSize: 1 };
  for (const optimizer of [own, fixed({ ...problem }), fixed(micro)]) {
    assert((await training({ optimizer })).at(-1)!.kind === "finished");
  }
});

Deno.test("a part that lacks a member, or is a function that was not called, is refused by its name", () => {
  const refused: [() => unknown, string][] = [
    [
      () => defineOptimizer(without({ init: () => ({}) }, "advance") as never),
      'rule has no function "advance"; give {',
    ],
    [() => defineOptimizer({ ...fixed(), problem: {} } as never), 'rule has no function "advance"'],
    [() => apo({ problem: undefined }), "problem is undefined; give { model, output }"],
    [() => fixed({} as Problem), "problem.model is undefined; give a network"],
    [
      () => apo({ direction: momentum }),
      "direction is a function; give a direction, such as momentum(), or { init, next }",
    ],
    [() => apo({ parameterization: null }), "parameterization is null; give a parameterization, such as scalarRate()"],
    [() => apo({ regime: plain }), "regime is a function; give a regime, such as plain()"],
    [
      () => apo({ meta: { optimizer: normalized } }),
      "meta.optimizer is a function; give a meta-optimizer, such as norm",
    ],
    [() => additive(momentum as never, { rate: 1 }), "additive: direction is a function; give a direction"],
    [() => chain(momentum(), momentum as never), "chain: directions[1] is a function; give a direction"],
    [
      () => partition(problem.model.leaves, { all: {} } as never, () => "all" as never),
      'partition: directions.all has no function "init"; give a direction',
    ],
    [
      () => hypergradient({ problem, direction: {} as never, learningRate: 1, hyperRate: 1 }),
      'direction has no function "init"; give a direction',
    ],
  ];
  for (const member of ["init", "next"]) {
    const direction = without(momentum(), member) as never,
      message = `direction has no function "${member}"; give a dir`;
    refused.push([() => apo({ direction }), message]);
    refused.push([() => fixedRate({ problem, direction, learningRate: 1 }), message]);
  }
  for (const member of ["init", "precondition", "scale", "describe"]) {
    const parameterization = without(scalarRate(), member);
    refused.push([() => apo({ parameterization }), `parameterization has no function "${member}"; give a param`]);
  }
  for (
    const [part, member] of [["model", "init"], ["model", "apply"], ["output", "loss"], [
      "output",
      "discrepancy",
    ]] as const
  ) {
    const lacking = { ...problem, [part]: without(problem[part], member) } as Problem;
    const message = `problem.${part} has no function "${member}"; give `;
    refused.push([() => fixed(lacking), message], [() => apo({ problem: lacking }), message]);
    refused.push([
      () => defineOptimizer({ problem: lacking, init: () => ({}), advance: () => ({}) as never }),
      message,
    ]);
  }
  for (const [make, message] of refused) assertThrows(make, UserError, message);
});

Deno.test("fit: parts that lack a member are refused by their name", async () => {
  const { train } = data;
  const refused: [Loose, string][] = [
    [{ problem: undefined }, "problem is undefined; give { model, output }"],
    [
      { problem: { ...problem, model: without(problem.model, "leaves") } },
      'problem.model has no object "leaves"; give',
    ],
    [
      { optimizer: undefined },
      "optimizer is undefined; give what amortize(…), fixedRate(…) or defineOptimizer(…) returns",
    ],
    [{ optimizer: without(fixed(), "step") }, 'optimizer has no function "step"; give what'],
    [{ data: undefined }, "data is undefined; give { train, test }, or { train }"],
    [{ data: train }, "data.train is undefined; give rows({ inputs, targets }), or { size, batch }"],
    [{ data: { train: without(train, "size") } }, 'data.train has no number "size"; give rows('],
    [{ data: { train, test: without(train, "batch") } }, 'data.test has no function "batch"; give rows('],
    [
      { data: { train: { size: 2, batch: () => undefined } } },
      "training data: batch is undefined; return { inputs, targ",
    ],
    [
      { data: { train: { size: 2, batch: () => ({ inputs: {} }) } } },
      'training data: batch has no object "targets"; ret',
    ],
  ];
  for (const [options, message] of refused) await assertRejects(() => training(options), UserError, message);
  const silent: Problem = { ...problem, model: { ...problem.model, apply: () => undefined as never } };
  const message = "problem.model.apply(…) is undefined; give { outputs, buffers }";
  await assertRejects(() => training({ problem: silent, optimizer: fixed(silent) }), UserError, message);
});

Deno.test("what a direction of one's own returns is looked at", async () => {
  const refused: [(g: Record<string, tf.Tensor>) => unknown, string][] = [
    [(g) => g, 'direction.next(…) has no object "direction"; return { direction, state }'],
    [(g) => ({ direction: g }), 'direction.next(…) has no object "state"; return { direction, state }'],
    [
      ({ "dense1/bias": bias }) => ({ direction: { "dense1/bias": bias }, state: {} }),
      'lacks the parameter "dense1/kernel"',
    ],
    [
      (g) => ({ direction: { ...g, "dense1/kernel": tf.scalar(1) }, state: {} }),
      'direction.next(…).direction["dense1/kernel"] has the shape []; return one of the parameter\'s shape, [',
    ],
    [
      (g) => ({ direction: g, state: { old: { steps: 1 } } }),
      "direction.next(…).state.old.steps is 1; a state holds tensors only",
    ],
  ];
  for (const [next, message] of refused) {
    const direction = { init: () => ({}), next } as never;
    for (const optimizer of [fixedRate({ problem, direction, learningRate: 0.1 }), apo({ direction })]) {
      await assertRejects(() => training({ optimizer }), UserError, message);
    }
  }
  const counts = { init: () => ({ steps: 0 }), next: () => ({ state: {} }) } as never;
  const message = "direction.init(…).steps is 0; a state holds tensors only";
  await assertRejects(
    () => training({ optimizer: fixedRate({ problem, direction: counts, learningRate: 0.1 }) }),
    UserError,
    message,
  );
  const silent = { init: () => ({}), next: () => ({ state: {} }) } as never;
  const within: [Optimizer, string][] = [
    [
      fixedRate({ problem, direction: chain(momentum(), silent), learningRate: 0.1 }),
      'chain: directions[1].next(…) has no object "direction"',
    ],
    [
      fixedRate({
        problem,
        direction: partition(problem.model.leaves, { all: silent }, () => "all"),
        learningRate: 0.1,
      }),
      'partition: directions.all.next(…) has no object "direction"',
    ],
    [
      hypergradient({ problem, direction: silent, learningRate: 0.1, hyperRate: 0.1 }),
      'direction.next(…) has no object "direction"',
    ],
    [
      apo({ meta: { optimizer: additive(silent, { rate: 0.1 }), search: false } }),
      'additive: direction.next(…) has no object "direction"',
    ],
  ];
  for (const [optimizer, message] of within) await assertRejects(() => training({ optimizer }), UserError, message);
  class Halves { // members of a class are inherited
    readonly factor = 0.5;
    init() {
      return {};
    }
    next(gradient: Record<string, tf.Tensor>, state: Record<never, never>) {
      return {
        direction: Object.fromEntries(Object.entries(gradient).map(([n, g]) => [n, tf.mul(g, this.factor)])),
        state,
      };
    }
  }
  const end = await training({ optimizer: fixedRate({ problem, direction: new Halves(), learningRate: 0.1 }) });
  assert(end.at(-1)!.kind === "finished");
});

Deno.test("log-rates that are no scalars are refused by the name of φ", async () => {
  const parameterization = {
    ...scalarRate(),
    init: () => ({ rates: tf.tensor1d([-3, -3]) }),
  };
  const message = 'parameterization: φ "rates" has the shape [2], but where logRates is true each is a scalar';
  await assertRejects(() => training({ optimizer: apo({ parameterization }) }), UserError, message);
});

Deno.test("rows: answers that are missing, flat or nested, and data that were not awaited", async () => {
  const inputs = [[1], [2]];
  const refused: [object, string][] = [
    [{}, 'examples has no object "inputs"; give inputs, a row for each example, and labels or targets'],
    [{ inputs, labels: undefined }, "rows: there are no answers; give labels"],
    [{ inputs, label: [0, 1] }, "rows: there are no answers; give labels"],
    [{ inputs, targets: [3, 4] }, "rows: targets[0] is 3; give a row for each example, such as [3]"],
    [{ inputs: [1, 2], targets: [[3], [4]] }, "rows: inputs[0] is 1; give a row for each example, such as [1]"],
    [{ inputs, labels: [[0], [1]] }, "rows: labels[0] is a list; give one class number for each input"],
  ];
  for (const [examples, message] of refused) assertThrows(() => rows(examples as never), UserError, message);
  await assertRejects(() => training({ data: Promise.resolve(data) }), UserError, "await it");
});
