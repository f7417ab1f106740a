import { assert, assertAlmostEquals } from "@std/assert";
import {
  amortize,
  chooseBackend,
  fit,
  fixedRate,
  type HostArrays,
  type LoggedEvent,
  mlp,
  momentum,
  type Optimizer,
  type Problem,
  replay,
  rows,
  scalarRate,
  softmax,
} from "../../mod.ts";
import { random } from "../../runtime/random.ts";

const problem: Problem = { model: mlp([4, 8, 3]), output: softmax() };
const draw = random(3, "replay");
const labels = Array.from({ length: 90 }, () => draw.integer(3));
const inputs = labels.map((label) => Array.from({ length: 4 }, (_, i) => draw.normal() + (i === label ? 2 : 0)));
const data = { train: rows({ inputs, labels }) };

async function trained(optimizer: unknown, events: LoggedEvent[] = []): Promise<HostArrays> {
  for await (
    const event of fit({
      problem,
      optimizer: optimizer as Optimizer,
      data,
      steps: 60,
      batchSize: 15,
      seed: 2,
      logEvery: 1,
    })
  ) {
    if (event.kind === "logged") events.push(event);
    if (event.kind === "finished") return event.trained;
  }
  throw new Error("did not finish");
}

function distance(a: HostArrays, b: HostArrays): number {
  return Math.max(
    ...Object.keys(a).flatMap((name) => Array.from(a[name].data, (x, i) => Math.abs(x - b[name].data[i]))),
  );
}

// Without this one could not tell APO's adaptivity from the schedule that it found.
Deno.test("replay: the learned rates of a run, replayed at a fixed rate, give its parameters", async () => {
  await chooseBackend("cpu");
  const metrics: LoggedEvent[] = [];
  const apo = await trained(
    amortize({ problem, direction: momentum(), parameterization: scalarRate(), meta: { every: 4 } }),
    metrics,
  );
  const rates = metrics.map(({ learned }) => learned.rate);
  assert(Math.max(...rates) > 1.2 * Math.min(...rates), "the rate moved, or this would test nothing");
  const replayed = await trained(fixedRate({ problem, direction: momentum(), learningRate: replay({ metrics }) }));
  assertAlmostEquals(distance(apo, replayed), 0, 1e-4);
  // One step too late or too early is seen.
  const late = metrics.map((event) => ({ ...event, step: event.step + 1 }));
  assert(
    distance(
      apo,
      await trained(fixedRate({ problem, direction: momentum(), learningRate: replay({ metrics: late }) })),
    ) > 1e-3,
  );
});
