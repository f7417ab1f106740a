/** The loop on WebGPU, where it captures steps. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  amortize,
  chooseBackend,
  dense,
  DeviceLostError,
  dropout,
  fit,
  type FitEvent,
  type FitOptions,
  fixedRate,
  mlp,
  momentum,
  type Optimizer,
  type Problem,
  rows,
  scalarRate,
  sequential,
  softmax,
  weightAverage,
} from "../../mod.ts";
import { random } from "../../runtime/random.ts";
import { webgpuBackend } from "../../runtime/webgpu/backend.ts";
import { webgpuTest } from "../runtime/webgpu_test_case.ts";

const problem: Problem = { model: mlp([2, 4, 2]), output: softmax() };
const dropped: Problem = {
  ...problem,
  model: sequential([2], [dense({ units: 4 }), dropout(0.5), dense({ units: 2 })]),
};
const draw = random(1, "points");
const inputs = Array.from({ length: 40 }, () => [draw.normal(), draw.normal()]);
const points = rows({ inputs, labels: inputs.map(([x, y]) => x * y > 0 ? 1 : 0) });
const data = { train: points, test: points };

const apo = () =>
  amortize({ problem, direction: momentum(), parameterization: scalarRate(), meta: { every: 4, early: 6 } });
/** With dropout: chance is of the seed and the step alone, so that a checkpoint goes on to the same masks. */
const dropping = () => fixedRate({ problem: dropped, direction: momentum(), learningRate: 0.1 });
const averaged = () => weightAverage(fixedRate({ problem, direction: momentum(), learningRate: 0.1 }), { decay: 0.9 });

/** An optimizer whose steps cannot be captured, and are the same. */
const eager = (optimizer: Optimizer): Optimizer => ({
  ...optimizer,
  step: (carry, batches, at) => (void at.step, optimizer.step(carry, batches, at)),
});

type Options = Omit<Partial<FitOptions<never>>, "optimizer"> & { optimizer: unknown };
const train = (options: Options) =>
  fit(
    {
      data,
      problem,
      batchSize: 8,
      steps: 14,
      logEvery: 1,
      evalEvery: 5,
      checkpointEvery: 1,
      ...options as object,
    } as FitOptions<never>,
  );
const eventsOf = (options: Options): Promise<FitEvent[]> => Array.fromAsync(train(options));

/** All but the times, and what is told of captures. */
const told = (events: FitEvent[]) =>
  events.filter(({ kind }) => kind !== "uncaptured").map((event) => ({ ...event, seconds: 0, stepsPerSecond: 0 }));

webgpuTest("fit: captured steps give the events of eager ones, and go on from any checkpoint to the same", async () => {
  const cases: [() => unknown, Problem][] = [[apo, problem], [averaged, problem], [dropping, dropped]];
  for (const [optimizerOf, problem] of cases) {
    const { numTensors } = tf.memory();
    const whole = await eventsOf({ problem, optimizer: optimizerOf() });
    assertEquals(whole.filter(({ kind }) => kind === "uncaptured"), []);
    assertEquals(told(await eventsOf({ problem, optimizer: eager(optimizerOf() as Optimizer) })), told(whole));
    for (const step of [1, 7]) {
      const saved = whole.find((event) => event.kind === "checkpoint" && event.step === step);
      assert(saved?.kind === "checkpoint");
      const rest = await eventsOf({ problem, optimizer: optimizerOf(), resume: { step, arrays: saved.arrays } });
      assertEquals(told(rest), told(whole.filter((event) => event.step > step)));
    }
    for await (const event of train({ problem, optimizer: optimizerOf() })) if (event.step === 9) break;
    assertEquals(tf.memory().numTensors, numTensors);
  }
});

webgpuTest("fit: tells once why steps are not captured", async () => {
  const optimizer = eager(amortize({
    problem,
    direction: momentum(),
    parameterization: scalarRate(),
    meta: { every: 4, early: 2, search: false },
  }) as unknown as Optimizer);
  const events = (await eventsOf({ optimizer })).filter(({ kind }) => kind === "uncaptured");
  const reason = "it reads the step's number and declares no branches";
  assertEquals(events, [
    { kind: "uncaptured", step: 1, branch: "early meta", reason },
    { kind: "uncaptured", step: 3, branch: "plain", reason },
    { kind: "uncaptured", step: 5, branch: "meta", reason },
  ]);
});

webgpuTest(
  "fit: the GPU is lost, at a step and during an evaluation; another start goes on to the same bits",
  async () => {
    const whole = await eventsOf({ optimizer: apo() });
    for (const [step, kind] of [[6, "logged"], [5, "evaluated"]] as const) {
      const events: FitEvent[] = [];
      const error = await assertRejects(async () => {
        for await (const event of train({ optimizer: apo(), checkpointEvery: 2 })) {
          events.push(event);
          if (event.step !== step || event.kind !== kind) continue;
          webgpuBackend()!.device.destroy();
          await webgpuBackend()!.device.lost;
        }
      }, DeviceLostError);
      const saved = events.findLast((event) => event.kind === "checkpoint");
      assert(saved?.kind === "checkpoint" && saved.step === 4);
      for (
        const part of [`training stopped at step ${step}`, "the GPU was lost (", "go on from the checkpoint of step 4"]
      ) {
        assertStringIncludes(error.message, part);
      }
      assertEquals(error.exitCode, 4);
      await chooseBackend("webgpu");
      const rest = await eventsOf({ optimizer: apo(), resume: { step: 4, arrays: saved.arrays } });
      assertEquals(told(rest), told(whole.filter((event) => event.step > 4)));
    }
  },
);
