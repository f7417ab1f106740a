/**
 * The one training loop.
 * @module
 */
import { captured, type Uncaptured } from "../optimizers/captured/captured.ts";
import type { Learned } from "../optimizers/optimizer.ts";
import { checkProblem } from "../proximal/check_problem.ts";
import { ensureBackend } from "../runtime/backend.ts";
import { breathing, checkSignal } from "../runtime/breath.ts";
import { DataError } from "../runtime/errors.ts";
import { webgpuBackend } from "../runtime/webgpu/backend.ts";
import { lossBehindError, throwLoss } from "../runtime/webgpu/loss.ts";
import { random } from "../runtime/random.ts";
import type { Tensors, Tree } from "../runtime/tensor.ts";
import { disposeTree, flatten } from "../runtime/tree.ts";
import { disposeBatch } from "../data/dataset.ts";
import { batchesOf, extentOf, metaBatchesOf } from "../data/batches.ts";
import { checkedData } from "./checked_data.ts";
import { diverged, gone } from "./stopped.ts";
import { checkOptimizer } from "./check_optimizer.ts";
import { checkMeasurable } from "./check_measurable.ts";
import { displayable } from "../display/displayable.ts";
import type { FitEvent } from "./events.ts";
import { examination } from "./examination.ts";
import { type FitOptions, wholeNumbers } from "./fit_options.ts";
import { numbers, trustworthy } from "./read_back.ts";
import { type Recalibrated, recalibrated } from "./recalibrate.ts";
import { besideCarry, snapshot } from "./snapshot.ts";
import { alreadyRefused, startingCarry } from "./starting_carry.ts";

/**
 * Trains, and tells what happens as it happens. `fit` owns every tensor; leaving the loop early frees them.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { fit, fixedRate, mlp, momentum, rows, softmax } from "@amortized/apo";
 *
 * const problem = { model: mlp([2, 8, 2]), output: softmax() };
 * const data = { train: rows({ inputs: [[0, 1], [1, 0]], labels: [0, 1] }) };
 * const optimizer = fixedRate({ problem, direction: momentum(), learningRate: 0.1 });
 * for await (const event of fit({ problem, optimizer, data, steps: 20 })) {
 *   if (event.kind === "finished") assert(event.train.loss < 0.5);
 * }
 * ```
 *
 * On WebGPU and wasm the steps are captured (see `captured`), with the same bits.
 *
 * Inputs are looked at when an example comes for the first time, targets and weights in each batch.
 *
 * @throws `UserError` for impossible options, parts that lack a member, an optimizer that was made for another problem, and data
 * without examples; `DataError` for inputs that are NaN or ∞, targets that do not fit the model's outputs (shapes, labels that no
 * output stands for, numbers that are no probabilities), and weights that are negative or all 0; `DivergedError` after `patience`
 * refused steps in a row; `DeviceLostError` when the GPU goes away.
 */
export async function* fit<S extends Tree>(options: FitOptions<S>): AsyncGenerator<FitEvent, void, void> {
  checkProblem(options.problem);
  checkOptimizer(options.optimizer, options.problem);
  const { problem, steps, seed = 0, metrics = {}, patience = 20, resume, signal } = options;
  const { logEvery = 10, evalEvery = 100, checkpointEvery = Infinity } = options;
  let { data } = options;
  checkMeasurable(data, metrics);
  const { batchSize = extentOf(data.train).usual, metaBatchSize = batchSize } = options;
  checkSignal(signal);
  wholeNumbers({ steps, logEvery, evalEvery, checkpointEvery, patience });
  const order = batchesOf(data.train, batchSize, seed);
  const metaOrder = metaBatchesOf(data.train, metaBatchSize, seed, { batches: order, batchSize });

  await ensureBackend();
  const uncaptured: Uncaptured[] = [];
  using optimizer = captured(options.optimizer, { onUncaptured: (kind) => uncaptured.push(kind) });
  let carry = startingCarry(options), saved = resume?.step;
  let step = resume?.step ?? 0, refused = alreadyRefused(resume);
  let suspicious = false, stepping = 0;
  const begin = performance.now(), firstStep = step, breathe = breathing();

  /** One step of training; its scalars belong to the caller. */
  async function train(): Promise<Tensors> {
    throwLoss();
    const clock = { step, seed }, examples = data.train;
    const chance = (stream: "batch" | "metaBatch") => random(seed, `augmentation/${stream}/step ${clock.step}`);
    const batch = examples.batch(order.indices(step), chance("batch"));
    const batches = { batch, metaBatch: () => examples.batch(metaOrder.indices(clock.step), chance("metaBatch")) };
    try {
      if (step === 0 && optimizer.prepare) carry = await optimizer.prepare(carry, batches, clock);
      const result = optimizer.step(carry, batches, clock);
      carry = result.carry;
      step++;
      return result.metrics;
    } finally {
      disposeBatch(batch);
    }
  }
  const hasBuffers = Object.keys(flatten(carry.buffers)).length > 0;
  const passSize = data.train.lengths ? batchSize : Math.min(batchSize, problem.microBatchSize ?? batchSize);
  const recalibrationOrder = batchesOf(data.train, passSize, seed, "recalibration");
  /** What is scored and published, of the carry as it is now. */
  const published = (): Recalibrated => {
    const { params, buffers } = optimizer.evaluated?.(carry) ?? carry;
    return hasBuffers
      ? recalibrated(problem.model, { params, buffers }, data.train, recalibrationOrder)
      : { params, buffers, batches: 0, [Symbol.dispose]: () => {} };
  };
  const learned = async (): Promise<Learned> => await optimizer.learned?.(carry) ?? {};
  const checkpointOf = async ({ buffers, batches }: Recalibrated): Promise<FitEvent> => {
    const beside = batches > 0 ? besideCarry(await snapshot(buffers)) : {};
    const arrays = { ...await snapshot(carry), ...beside };
    trustworthy();
    return { kind: "checkpoint", step: saved = step, arrays };
  };
  const checkpoint = async (): Promise<FitEvent> => {
    using now = published();
    return await checkpointOf(now);
  };

  try {
    data = checkedData(problem, carry.params, carry.buffers, data);
    const scores = examination(options, data);
    const glance = async () => {
      using now = published();
      return await scores.glance(now, step);
    };
    while (step < steps && !signal?.aborted) {
      const before = performance.now();
      let scalars: Tensors;
      try {
        scalars = await train();
      } catch (error) {
        if (error instanceof DataError && step > firstStep) yield await checkpoint(); // the examples came before the step
        throw error;
      }
      const evaluates = scores.looks && step % evalEvery === 0;
      const logs = step === 1 || step % logEvery === 0 || evaluates;
      const reads: boolean = logs || suspicious || step % patience === 0 || step === steps;
      const read: Record<string, number> | undefined = reads ? await numbers(scalars) : undefined;
      disposeTree(scalars);
      stepping += performance.now() - before;

      for (const kind of uncaptured.splice(0)) if (webgpuBackend()) yield { kind: "uncaptured", step, ...kind };
      if (read) suspicious = read.refusedInARow > 0;
      if (read && read.refused > refused) {
        refused = read.refused;
        yield { kind: "refused", step, total: refused, inARow: read.refusedInARow };
      }
      const { samples, ...scored } = evaluates ? await glance() : {};
      if (scored[scores.meanwhile]) yield { kind: "evaluated", step, ...scored, ...samples && { samples } };
      if (logs) yield { kind: "logged", step, metrics: read!, learned: await learned(), ...scored };
      if (read && read.refusedInARow >= patience) {
        yield await checkpoint(); // the refused steps never touched the carry
        throw diverged(step, read.refusedInARow);
      }
      if (step % checkpointEvery === 0 && step < steps) yield await checkpoint();
      await breathe();
    }
    if (step < steps) {
      yield await checkpoint();
      yield { kind: "interrupted", step };
      return;
    }
    using end = published();
    yield await checkpointOf(end);
    const seconds = (performance.now() - begin) / 1000;
    const concluded = await scores.conclude(end, step).catch((error) => {
      if (!signal?.aborted || error !== signal.reason) throw error;
    });
    if (!concluded) {
      yield { kind: "interrupted", step };
      return;
    }
    const result = {
      step,
      seconds,
      stepsPerSecond: 1000 * (step - firstStep) / Math.max(stepping, 1e-9),
      ...concluded,
      learned: await learned(),
      refused,
      ...end.batches > 0 && { recalibrated: end.batches },
    };
    const trained = await snapshot({ params: end.params, buffers: end.buffers });
    const show = displayable(async () => (await import("./finished_table.ts")).resultFormats(result));
    yield { kind: "finished", ...result, trained, ...show };
  } catch (error) {
    const loss = await lossBehindError();
    throw loss === undefined ? error : gone(step, loss, saved, error);
  } finally {
    disposeTree(carry);
  }
}
