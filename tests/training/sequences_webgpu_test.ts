/** Training on sequences of several lengths on WebGPU, where the steps on batches of each shape are captured. */
import { assert, assertEquals } from "@std/assert";
import {
  amortize,
  fit,
  type FitEvent,
  gradient,
  random,
  scalarRate,
  softmax,
  tokenPairs,
  transformer,
} from "../../mod.ts";
import { webgpuTest } from "../runtime/webgpu_test_case.ts";

const draw = random(4, "tokens"), VOCABULARY = 9;
const target = Array.from(
  { length: 24 },
  (_, i) => Array.from({ length: 1 + i % 7 }, () => 3 + draw.integer(VOCABULARY - 3)),
);
const source = target.map((tokens) => [...tokens.toReversed(), 3]);
const train = tokenPairs({ source, target, start: 1, end: 2, shapes: 2 }), shapes = new Map<string, number>();
const data = {
  train: {
    ...train,
    batch: (indices: ArrayLike<number>) => {
      const batch = train.batch(indices), shape = `${batch.targets.shape}`;
      shapes.set(shape, (shapes.get(shape) ?? 0) + 1);
      return batch;
    },
  },
};
const model = transformer({ vocabulary: VOCABULARY, width: 8, heads: 2, hidden: 8, layers: 1, dropout: 0.1 });
const problem = { model, output: softmax({ labelSmoothing: 0.1 }) };

/** All but the times; with `eager` steps cannot be captured. */
async function events(eager: boolean): Promise<FitEvent[]> {
  const meta = { every: 2, early: 0, search: false };
  const apo = amortize({ problem, direction: gradient(), parameterization: scalarRate(), meta });
  const optimizer: typeof apo = eager
    ? { ...apo, step: (carry, batches, at) => (void at.step, apo.step(carry, batches, at)) }
    : apo;
  const all = await Array.fromAsync(fit({ problem, optimizer, data, batchSize: 60, steps: 16, logEvery: 1 }));
  return all.map((event) => ({ ...event, seconds: 0, stepsPerSecond: 0 }));
}

webgpuTest("fit: captured steps on batches of several lengths give the events of eager ones", async () => {
  const captured = await events(false), eager = await events(true);
  assertEquals(captured.filter(({ kind }) => kind === "uncaptured"), []);
  assert(eager.some(({ kind }) => kind === "uncaptured"));
  const often = [...shapes.values()].filter((times) => times > 12);
  assert(often.length >= 2, JSON.stringify([...shapes]));
  assertEquals(captured, eager.filter(({ kind }) => kind !== "uncaptured"));
});
