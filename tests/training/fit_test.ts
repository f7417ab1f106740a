import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  amortize,
  chooseBackend,
  crossEntropy,
  type Dataset,
  DivergedError,
  fit,
  type FitEvent,
  type FitOptions,
  fixedRate,
  gaussian,
  gradient,
  type Judge,
  kl,
  type Loss,
  mlp,
  momentum,
  type Optimizer,
  type Problem,
  rows,
  scalarRate,
  softmax,
  UserError,
} from "../../mod.ts";
import { random } from "../../runtime/random.ts";

await chooseBackend("cpu");

const problem: Problem = { model: mlp([2, 6, 2]), output: softmax() };

/** Points inside and outside a circle. */
function circle(size: number, seed: number): Dataset {
  const draw = random(seed, "circle");
  const inputs = Array.from({ length: size }, () => [2 * draw.uniform() - 1, 2 * draw.uniform() - 1]);
  return rows({ inputs, labels: inputs.map(([x, y]) => x * x + y * y < 0.6 ? 1 : 0) });
}

const data = { train: circle(200, 1), test: circle(100, 2) };
const apo = () => amortize({ problem, direction: momentum(), parameterization: scalarRate() });
const fixed = (learningRate = 0.1) => fixedRate({ problem, direction: momentum(), learningRate });

type Options = Omit<Partial<FitOptions<never>>, "optimizer"> & { optimizer?: unknown };
const train = (options: Options) =>
  fit({ problem, data, batchSize: 20, steps: 50, ...options, optimizer: (options.optimizer ?? apo()) as Optimizer });

async function eventsOf(options: Options): Promise<FitEvent[]> {
  return await Array.fromAsync(train(options));
}
const last = <T>(items: readonly T[]): T => items[items.length - 1];
const arraysOf = (events: FitEvent[]) => {
  const event = events.findLast(({ kind }) => kind === "checkpoint");
  return event?.kind === "checkpoint" ? event.arrays : {};
};

Deno.test("fit: events come in order, each when it should", async () => {
  const events = await eventsOf({ steps: 25, logEvery: 10, evalEvery: 8, checkpointEvery: 12 });
  assertEquals(events.map(({ kind, step }) => `${step} ${kind}`), [
    "1 logged",
    "8 evaluated",
    "8 logged",
    "10 logged",
    "12 checkpoint",
    "16 evaluated",
    "16 logged",
    "20 logged",
    "24 evaluated",
    "24 logged",
    "24 checkpoint",
    "25 checkpoint",
    "25 finished",
  ]);
  for (const event of events) {
    if (event.kind === "logged") {
      assertEquals(event.test !== undefined, event.step % 8 === 0);
      assert(event.learned.rate > 0);
      for (const key of ["loss", "metaLoss", "fsd", "wsd", "metaObjective", "metaGradientNorm", "refused"]) {
        assert(Number.isFinite(event.metrics[key]), key);
      }
    }
  }
  const finished = last(events);
  assert(finished.kind === "finished" && finished.test && finished.refused === 0);
  assert(finished.seconds > 0 && finished.stepsPerSecond > 0);
  assertEquals(Object.keys(finished.trained), Object.keys(arraysOf(events)).filter((path) => !/^state/.test(path)));
});

Deno.test("fit: learns rows of one's own, with labels and with targets", async () => {
  const finished = last(await eventsOf({ steps: 300, metrics: {} }));
  assert(finished.kind === "finished" && finished.train.loss < 0.25 && finished.test!.loss < 0.4, `${finished.kind}`);

  const inputs = Array.from({ length: 50 }, (_, i) => [i / 25 - 1]);
  const line = rows({ inputs, targets: inputs.map(([x]) => [3 * x - 1]) });
  const regression: Problem = { model: mlp([1, 1]), output: gaussian() };
  const optimizer = fixedRate({ problem: regression, direction: gradient(), learningRate: 0.5 });
  for await (const event of fit({ problem: regression, optimizer, data: { train: line }, steps: 100 })) {
    if (event.kind === "evaluated") throw new Error("there is nothing to evaluate on");
    if (event.kind !== "finished") continue;
    assert(event.train.loss < 1e-6, `${event.train.loss}`);
    assertEquals(event.test, undefined);
    assert(Math.abs(event.trained["params.dense1/kernel"].data[0] - 3) < 1e-2);
    assert(Math.abs(event.trained["params.dense1/bias"].data[0] + 1) < 1e-2);
  }
});

Deno.test("fit: goes on from any checkpoint to the same bits and the same log", async () => {
  for (const optimizer of [apo, fixed]) {
    const options = { steps: 43, logEvery: 1, evalEvery: 9, checkpointEvery: 1 };
    const whole = await eventsOf({ ...options, optimizer: optimizer() });
    const logOf = (events: FitEvent[], after: number) =>
      events.filter(({ kind, step }) => (kind === "logged" || kind === "evaluated") && step > after);
    for (const step of [1, 17, 42]) {
      const saved = whole.find((event) => event.kind === "checkpoint" && event.step === step);
      assert(saved?.kind === "checkpoint");
      const rest = await eventsOf({ ...options, optimizer: optimizer(), resume: { step, arrays: saved.arrays } });
      assertEquals(arraysOf(rest), arraysOf(whole));
      assertEquals(logOf(rest, 0), logOf(whole, step));
    }
  }
});

// A checkpoint belongs to the listener: later steps must not write into its arrays.
Deno.test("fit: a checkpoint's arrays never change", async () => {
  for (const backend of ["wasm", "cpu"] as const) {
    await chooseBackend(backend);
    let first: string | undefined, arrays: Readonly<Record<string, { data: ArrayLike<number> }>> = {};
    for await (const event of train({ checkpointEvery: 5 })) {
      if (event.kind !== "checkpoint" || first !== undefined) continue;
      arrays = event.arrays;
      first = JSON.stringify(arrays);
    }
    assertEquals(JSON.stringify(arrays), first);
  }
});

Deno.test("fit: a signal stops after the step, with a checkpoint to go on from", async () => {
  const stop = new AbortController(), events: FitEvent[] = [];
  for await (const event of train({ logEvery: 1, signal: stop.signal })) {
    events.push(event);
    if (event.step === 7) stop.abort();
  }
  assertEquals(events.slice(-2).map(({ kind, step }) => [kind, step]), [["checkpoint", 7], ["interrupted", 7]]);
  const rest = await eventsOf({ resume: { step: 7, arrays: arraysOf(events) } });
  assertEquals(arraysOf(rest), arraysOf(await eventsOf({})));

  const before = await eventsOf({ signal: AbortSignal.abort() });
  assertEquals(before.map(({ kind, step }) => [kind, step]), [["checkpoint", 0], ["interrupted", 0]]);
  const all = await eventsOf({ resume: { step: 0, arrays: arraysOf(before) } });
  assertEquals(arraysOf(all), arraysOf(await eventsOf({})), "the start-up search still happens");
});

// A signal or a timer (a progress bar, Ctrl-C) must get its turn although no backend here ever waits.
Deno.test("fit: lets timers run", async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  try {
    await eventsOf({ steps: 400, optimizer: fixed(), logEvery: 1000, evalEvery: 1000 });
  } finally {
    clearInterval(timer);
  }
  assert(ticks > 0);
});

/** Whatever happens, no tensor of fit's survives. */
async function leavesNothing(use: () => Promise<unknown>): Promise<void> {
  const before = tf.memory().numTensors;
  await use();
  assertEquals(tf.memory().numTensors, before);
}

Deno.test("fit: a whole run leaves no tensor", () =>
  leavesNothing(() => eventsOf({ evalEvery: 5, checkpointEvery: 5 })));

Deno.test("fit: leaving the loop at any event leaves no tensor", async () => {
  for (const kind of ["logged", "evaluated", "checkpoint", "finished"]) {
    await leavesNothing(async () => {
      for await (const event of train({ evalEvery: 5, checkpointEvery: 7 })) if (event.kind === kind) break;
    });
    await leavesNothing(() =>
      assertRejects(
        async () => {
          for await (const event of train({ evalEvery: 5, checkpointEvery: 7 })) {
            if (event.kind === kind) throw new Error("the listener's own");
          }
        },
        Error,
        "the listener's own",
      )
    );
  }
  await leavesNothing(async () => void await train({}).return()); // never started
});

/** The data set, until its nth batch. */
function failing(dataset: Dataset, nth: number): Dataset {
  let calls = 0;
  return {
    size: dataset.size,
    batch: (indices) => {
      if (++calls === nth) throw new Error("the disk is gone");
      return dataset.batch(indices);
    },
  };
}

Deno.test("fit: data that fail leave no tensor, whichever batch it is", async () => {
  for (const nth of [1, 2, 3, 4, 7, 20]) { // the first batch, B′ of the start-up search, of a step, later ones
    await leavesNothing(() =>
      assertRejects(() => eventsOf({ data: { train: failing(data.train, nth) } }), Error, "the disk is gone")
    );
  }
  const large = { train: data.train, test: circle(1200, 3) }; // evaluated in three parts
  for (const nth of [1, 2, 3]) {
    const evaluates = { data: { ...large, test: failing(large.test, nth) }, evalEvery: 5 };
    await leavesNothing(() => assertRejects(() => eventsOf(evaluates), Error, "the disk is gone"));
  }
});

Deno.test("fit: an optimizer, a loss or a metric that fails leaves no tensor", async () => {
  const broken = (when: number): Optimizer => {
    const sound = apo() as unknown as Optimizer;
    return {
      ...sound,
      step: (carry, batches, at) => {
        if (at.step === when) throw new Error("no kernel");
        return sound.step(carry, batches, at);
      },
    };
  };
  for (const when of [0, 1, 12]) {
    await leavesNothing(() => assertRejects(() => eventsOf({ optimizer: broken(when) }), Error, "no kernel"));
  }
  const metrics = {
    broken: () => {
      throw new Error("no metric");
    },
  };
  await leavesNothing(() => assertRejects(() => eventsOf({ metrics, evalEvery: 3 }), Error, "no metric"));
  let calls = 0;
  const loss: Loss = (...args) => {
    if (++calls > 30) throw new Error("no loss");
    return crossEntropy(...args);
  };
  const fragile = { ...problem, output: { ...problem.output, loss } };
  const optimizer = amortize({ problem: fragile, direction: momentum(), parameterization: scalarRate() });
  await leavesNothing(() => assertRejects(() => eventsOf({ problem: fragile, optimizer }), Error, "no loss"));
});

Deno.test("fit: options that cannot be are refused before anything is made", async () => {
  const wrong: [Options, string][] = [
    [{ steps: 0 }, "steps is 0"],
    [{ steps: 1.5 }, "steps is 1.5"],
    [{ steps: NaN }, "steps is NaN"],
    [{ steps: Infinity }, "steps is Infinity"],
    [{ logEvery: 0 }, "logEvery is 0"],
    [{ evalEvery: -1 }, "evalEvery is -1"],
    [{ checkpointEvery: 0.5 }, "checkpointEvery is 0.5"],
    [{ patience: 0 }, "patience is 0"],
    [{ batchSize: 0 }, "is 0"],
    [{ batchSize: 201 }, "is 201"],
    [{ metaBatchSize: 201 }, "is 201"],
    [{ resume: { step: 3, arrays: {} } }, "lacks"],
  ];
  for (const [options, message] of wrong) {
    await leavesNothing(async () => {
      const error = await assertRejects(() => eventsOf(options), UserError, message);
      assert(!error.message.includes("\n"));
    });
  }
});

Deno.test("fit: diverging training stops after `patience` refused steps, with finite parameters to look at", async () => {
  const events: FitEvent[] = [];
  await leavesNothing(async () => {
    const error = await assertRejects(async () => {
      for await (const event of train({ optimizer: fixed(1e38), patience: 5, checkpointEvery: 2 })) events.push(event);
    }, DivergedError);
    assertEquals(error.exitCode, 3);
    assert(/step \d+/.test(error.message) && /learning rate/.test(error.message), error.message);
  });
  const refused = events.filter((event) => event.kind === "refused");
  assert(refused.length > 0 && last(refused).inARow >= 5);
  for (const [path, { data }] of Object.entries(arraysOf(events))) assert(data.every(Number.isFinite), path);
});

/** The batches' first inputs by step: which examples were drawn, in which order. */
async function drawn(options: Options): Promise<{ batches: string[]; meta: string[] }> {
  const batches: string[] = [], meta: string[] = [];
  const sound = (options.optimizer ?? apo()) as Optimizer;
  const watching: Optimizer = {
    ...sound,
    step: (carry, given, at) => {
      batches.push(`${(given.batch.inputs.x as tf.Tensor).dataSync()}`);
      tf.tidy(() => void meta.push(`${(given.metaBatch().inputs.x as tf.Tensor).dataSync()}`));
      return sound.step(carry, given, at);
    },
  };
  await eventsOf({ ...options, optimizer: watching });
  return { batches, meta };
}

Deno.test("fit: the order of batches depends on the seed alone, and B′ has an order of its own", async () => {
  const reference = await drawn({ seed: 5, optimizer: fixed() });
  assertEquals(reference.batches.length, 50);
  const rare = amortize({ problem, direction: gradient(), parameterization: scalarRate(), meta: { every: 25 } });
  const often = amortize({ problem, direction: momentum(), parameterization: scalarRate(), meta: { every: 1 } });
  for (const optimizer of [rare, often]) assertEquals(await drawn({ seed: 5, optimizer }), reference);
  assertNotEquals((await drawn({ seed: 6 })).batches, reference.batches);

  const smaller = await drawn({ seed: 5, metaBatchSize: 7 });
  assertEquals(smaller.batches, reference.batches, "the size of B′ does not shift B");
  reference.meta.forEach((batch, step) => assertNotEquals(batch, reference.batches[step]));
});

Deno.test("fit: each epoch sees every example once, in a new order", async () => {
  const { batches } = await drawn({ seed: 1, steps: 20, optimizer: fixed() }); // 200 examples, 10 batches an epoch
  const epoch = (n: number) => batches.slice(10 * n, 10 * n + 10);
  const examples = (n: number) => epoch(n).flatMap((batch) => batch.match(/[^,]+,[^,]+/g)!);
  assertEquals(new Set(examples(0)).size, 200);
  assertEquals(examples(0).toSorted(), examples(1).toSorted());
  assertNotEquals(examples(0), examples(1));
});

Deno.test("rows: refuses what is no table, and gives what was put in", () => {
  const wrong = [
    () => rows({ inputs: [[1], [2]], labels: [0] }),
    () => rows({ inputs: [[1, 2], [3]], labels: [0, 1] }),
    () => rows({ inputs: [[1], [2]], targets: [[1], [2, 3]] }),
    () => rows({ inputs: [[1], [2]], labels: [0, -1] }),
    () => rows({ inputs: [[1], [2]], labels: [0.5, 1] }),
    () => rows({ inputs: [[1]], labels: [NaN] }),
  ];
  for (const make of wrong) {
    try {
      make();
    } catch (error) {
      assert(error instanceof UserError && error.message.startsWith("rows:"));
      continue;
    }
    throw new Error("did not throw");
  }
  tf.tidy(() => {
    const { inputs, targets } = rows({ inputs: [[1, 2], [3, 4], [5, 6]], labels: [7, 8, 9] }).batch([2, 0]);
    assertEquals((inputs.x as tf.Tensor).arraySync(), [[5, 6], [1, 2]]);
    assertEquals([targets.arraySync(), targets.dtype], [[9, 7], "int32"]);
    for (const index of [-1, 3, 0.5]) { // a row that is not there would otherwise be zeros
      const pick = () => rows({ inputs: [[1], [2], [3]], targets: [[4], [5], [6]] }).batch([0, index]);
      assertThrows(pick, UserError, `indices[1] is ${index}: there are 3 examples, 0 to 2`);
    }
  });
});

Deno.test("fit: a label that the model has no output for is refused before the first step, wherever it is", async () => {
  const labelled = (labels: number[]) => rows({ inputs: labels.map((label) => [label, 1]), labels });
  const good = labelled([0, 1, 1, 0]), bad = labelled([0, 1, 0, 4]), tensors = tf.memory().numTensors;
  const parts: [string, FitOptions<never>["data"]][] = [
    ["training", { train: bad }],
    ["validation", { train: good, validation: bad, test: good }],
    ["test", { train: good, test: bad }],
  ];
  for (const [part, data] of parts) {
    const message =
      `${part} data: targets[3] is 4, but the model has 2 outputs, for the classes 0 to 1; give it 5 outputs`;
    await assertRejects(() => eventsOf({ data, batchSize: 2, steps: 2 }), UserError, message);
  }
  assertEquals(tf.memory().numTensors, tensors);
  assertEquals(last(await eventsOf({ data: { train: good, test: good }, batchSize: 2, steps: 2 })).kind, "finished");
});

Deno.test("fit: where there are validation data, they are evaluated on the way, and the test data at the end", async () => {
  const validation = circle(60, 3), asked: string[] = [];
  const judge: Judge = (_, extent) => {
    asked.push(extent);
    return Promise.resolve({ scores: { bleu: asked.length }, samples: [] });
  };
  const options = { steps: 20, evalEvery: 8, judge },
    both = await eventsOf({ ...options, data: { ...data, validation } });
  assertEquals(asked, ["some", "some", "some", "all"]);
  const of = async (test: Dataset) => await eventsOf({ steps: 20, evalEvery: 8, data: { train: data.train, test } });
  const meanwhile = await of(validation), end = last(both), others = [last(meanwhile), last(await of(data.test))];
  for (const kind of ["evaluated", "logged"] as const) {
    const of = (events: FitEvent[]) => events.flatMap((event) => event.kind === kind ? [event] : []);
    assertEquals(
      of(both).flatMap(({ step, validation, test }) => validation ? [[step, validation.loss, test]] : []),
      of(meanwhile).flatMap(({ step, test }) => test ? [[step, test.loss, undefined]] : []),
    );
  }
  assert([end, ...others].every(({ kind }) => kind === "finished"));
  const scores = [end, ...others] as Extract<FitEvent, { kind: "finished" }>[];
  assertEquals(scores[0].validation, { ...scores[1].test, bleu: 3 });
  assertEquals(scores[0].test, { ...scores[2].test, bleu: 4 });
  assertEquals(arraysOf(both), arraysOf(meanwhile));
});

Deno.test("fit: data without examples and a metric called loss are refused before anything is made", async () => {
  const none = rows({ inputs: [], labels: [] }),
    wrong: [Options, string][] = [
      [{ data: { train: none } }, "data.train has 0 examples; give 1 or more"],
      [{ data: { train: none }, batchSize: undefined }, "data.train has 0 examples"],
      [{ data: { ...data, validation: none } }, "data.validation has 0 examples; give 1 or more, or leave it out"],
      [{ data: { train: data.train, test: none } }, "data.test has 0 examples; give 1 or more, or leave it out"],
      [{ metrics: { loss: crossEntropy } }, "metrics.loss would take the place of the problem's loss"],
    ];
  for (const [options, message] of wrong) {
    await leavesNothing(() => assertRejects(() => eventsOf(options), UserError, message));
  }
});

Deno.test("rows: a copy, which does not change with the lists that it was made of", () => {
  const inputs = [[1], [2]], labels = [0, 1], targets = [[3], [4]];
  const labelled = rows({ inputs, labels }), valued = rows({ inputs, targets });
  inputs[0][0] = labels[0] = targets[0][0] = 9;
  tf.tidy(() => {
    const batch = labelled.batch([0, 1]);
    assertEquals([(batch.inputs.x as tf.Tensor).arraySync(), batch.targets.arraySync()], [[[1], [2]], [0, 1]]);
    assertEquals(valued.batch([0, 1]).targets.arraySync(), [[3], [4]]);
  });
  assertEquals(Array.from(labelled.labels!), [0, 1]);
});

// On small data both batches are a large part of it. Interrupted amidst an epoch, the order of B′ goes on where it was.
Deno.test("fit: B′ shares nothing with B where there are examples enough, also after an interruption", async () => {
  const watched = async (resume?: FitOptions<never>["resume"]) => {
    const { batches, meta } = await drawn({
      data: { train: circle(100, 1) },
      batchSize: 60,
      metaBatchSize: 40,
      steps: 9,
      resume,
    });
    const examples = (batch: string) => batch.match(/[^,]+,[^,]+/g)!;
    batches.forEach((batch, step) => assertEquals(examples(meta[step]).filter((x) => examples(batch).includes(x)), []));
    return { batches, meta };
  };
  const whole = await watched();
  const events = await eventsOf({ data: { train: circle(100, 1) }, batchSize: 60, steps: 4 });
  const rest = await watched({ step: 4, arrays: arraysOf(events) });
  assertEquals(rest, { batches: whole.batches.slice(4), meta: whole.meta.slice(4) });
});

/** A data set of one's own, which does not tell its labels beforehand. */
const own = (targets: () => tf.Tensor, weights?: () => tf.Tensor): Dataset => ({
  size: 40,
  batch: ({ length }) => ({
    inputs: { x: tf.ones([length, 2]) },
    targets: tf.tidy(() => tf.slice(targets(), 0, length)),
    ...weights && { weights: tf.tidy(() => tf.slice(weights(), 0, length)) },
  }),
});
const labels = (wrong: number, dtype: "int32" | "float32" = "int32") => () =>
  tf.tensor1d(Array.from({ length: 40 }, (_, i) => i === 13 ? wrong : i % 2), dtype);

Deno.test("fit: a label of one's own data that no output stands for is refused as it comes, and nothing of the batch is left", async () => {
  for (const backend of ["wasm", "cpu"] as const) {
    await chooseBackend(backend);
    for (const [wrong, dtype] of [[-1, "int32"], [-100, "int32"], [2, "int32"], [0.5, "float32"]] as const) {
      const message = `data: targets[13] is ${wrong}, but the model has 2 outputs, for the classes 0 to 1; `;
      const bad = own(labels(wrong, dtype));
      for (const parts of [{ train: bad }, { train: data.train, test: bad }]) {
        await leavesNothing(() => assertRejects(() => eventsOf({ data: parts, evalEvery: 5 }), UserError, message));
      }
    }
    const ignored = own(labels(-1), () => tf.tensor1d(Array.from({ length: 40 }, (_, i) => i === 13 ? 0 : 1)));
    const result = last(await eventsOf({ data: { train: ignored }, steps: 5 }));
    assert(result.kind === "finished" && Number.isFinite(result.train.loss) && result.refused === 0);
  }
});

Deno.test("fit: targets and weights that do not fit the outputs are refused before the first step", async () => {
  const column = own(() => tf.ones([40, 1])), optimizer = fixed();
  const message = "training data: targets has the shape [1, 1], but for outputs of [1, 2] class numbers have [1]";
  await leavesNothing(() => assertRejects(() => eventsOf({ data: { train: column }, optimizer }), UserError, message));
  const vector: Problem["model"] = {
    ...mlp([2, 1]),
    apply: (...given) => {
      const applied = mlp([2, 1]).apply(...given);
      return { ...applied, outputs: tf.squeeze(applied.outputs, [1]) };
    },
  };
  const regression: Problem = { model: vector, output: gaussian() };
  const ofVector = fixedRate({ problem: regression, direction: gradient(), learningRate: 0.1 });
  await leavesNothing(() =>
    assertRejects(
      () => eventsOf({ problem: regression, data: { train: column }, optimizer: ofVector }),
      UserError,
      "training data: targets has the shape [1, 1], but the outputs have [1]; give both the same shape",
    )
  );
  const weighted = own(labels(1), () => tf.ones([40, 1]));
  const weights = "training data: weights has the shape [1, 1], but what it weighs has [1, 2]";
  await leavesNothing(() =>
    assertRejects(() => eventsOf({ data: { train: weighted }, optimizer }), UserError, weights)
  );
});

Deno.test("fit: a problem without an output is refused by name", async () => {
  await chooseBackend("cpu");
  const bare = { model: problem.model, loss: crossEntropy, discrepancy: kl } as unknown as Problem;
  const message = "problem.output is undefined; give softmax()";
  await leavesNothing(() => assertRejects(() => eventsOf({ problem: bare, optimizer: fixed() }), UserError, message));
});

Deno.test("fit: labels that the data tell beforehand may be anything where their weight is 0", async () => {
  const train: Dataset = {
    size: 2,
    labels: [0, -1],
    batch: (indices) => ({
      inputs: { x: tf.tensor2d(Array.from(indices, (i) => [i + 1])) },
      targets: tf.tensor1d(Array.from(indices, (i) => [0, -1][i]), "int32"),
      weights: tf.tensor1d(Array.from(indices, (i) => [1, 0][i])),
    }),
  };
  const problem = { model: mlp([1, 2]), output: softmax() };
  const optimizer = fixedRate({ problem, direction: gradient(), learningRate: 0.1 });
  const events = await Array.fromAsync(fit({ problem, optimizer, data: { train }, steps: 3 }));
  const end = events.at(-1)!;
  assert(end.kind === "finished" && Number.isFinite(end.train.loss));
});

Deno.test("a judge is asked at each evaluation and at the end, and its scores come with those of the test data", async () => {
  const asked: string[] = [], samples = [{ input: "a", output: "b", expected: "c" }];
  const judge: Judge = ({ params }, extent) => {
    asked.push(`${extent} ${Object.keys(params).length}`);
    return Promise.resolve({ scores: { bleu: 10 * asked.length }, samples });
  };
  const events = await eventsOf({ steps: 20, evalEvery: 8, judge }), end = last(events);
  assertEquals(asked, ["some 4", "some 4", "all 4"]);
  const evaluated = events.flatMap((event) => event.kind === "evaluated" ? [event] : []);
  assertEquals(evaluated.map(({ step, test, samples }) => [step, test!.bleu, samples]), [[8, 10, samples], [
    16,
    20,
    samples,
  ]]);
  const logged = events.flatMap((event) => event.kind === "logged" && event.test ? [event.test] : []);
  assertEquals(logged, evaluated.map(({ test }) => test));
  assert(end.kind === "finished" && evaluated[0].test!.loss > 0);
  assertEquals([end.test!.bleu, end.samples], [30, samples]);
  for (const name of ["loss", "error"]) {
    const same: Judge = () => Promise.resolve({ scores: { [name]: 1 }, samples: [] }),
      metrics = { error: crossEntropy as Loss };
    const message = `judge: its score "${name}" would take the place of another`;
    await assertRejects(() => eventsOf({ steps: 2, judge: same, metrics }), UserError, message);
  }
  const alone = await eventsOf({ steps: 20, evalEvery: 8, judge, data: { train: data.train } });
  assertEquals(alone.flatMap((event) => event.kind === "evaluated" ? [event.test] : []), [{ bleu: 40 }, { bleu: 50 }]);
});
