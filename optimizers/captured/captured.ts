/**
 * Optimizers whose steps are recorded and replayed.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { stepTensor } from "../../runtime/chance.ts";
import type { Tensors, Tree } from "../../runtime/tensor.ts";
import type { Log } from "../../runtime/capture/log.ts";
import type { Capture, Step } from "../../runtime/capture/step.ts";
import { recorder } from "../../runtime/recorder.ts";
import { throwLoss } from "../../runtime/webgpu/loss.ts";
import { type Branch, declares, watchedClock } from "../branches.ts";
import { kindOf, named, watchedBatches } from "./captured_batches.ts";
import { CarryHome } from "./carry_home.ts";
import type { Batches, Optimizer } from "../optimizer.ts";
import type { StepClock } from "../step_clock.ts";

/** A kind of steps that cannot be captured. */
export interface Uncaptured {
  /** Which, as the optimizer's `branch` names it; empty where there is one kind only. */
  readonly branch: string;
  /** Why, in a few words, such as "it reads values back from the device". */
  readonly reason: string;
}

/** Options of {@linkcode captured}. */
export interface CapturedOptions {
  /** Called once for each kind of steps that turns out to be none that can be captured. */
  readonly onUncaptured?: (uncaptured: Uncaptured) => void;
}

/** An optimizer that holds memory of the device until it is disposed of. The latest carry stays its owner's. */
export interface CapturedOptimizer<S extends Tree> extends Optimizer<S>, Disposable {}

const MOST = 16; // the branches of an optimizer for a few shapes of batches

/** What is known of steps of a kind: what they did once, or what they do. */
type Known = { readonly log: Log } | { readonly capture: Capture };

/**
 * The same optimizer, with its steps on WebGPU and wasm captured. Of each kind of steps (a branch, on batches of some shapes) the first
 * is done eagerly and watched, the second eagerly and recorded, and from the third on what was recorded is done again without
 * tfjs: the same bits, for a fraction of the host's time. A kind of steps that a replay could not do alike (it makes numbers on the
 * host that change, reads back, or depends on the step's number and does not say how) is done eagerly for good; on wasm also one that
 * computes in 16 bits or needs more than 256 MB. Random numbers that are made on the device ({@linkcode chanceAt}) are captured, too. On
 * other backends nothing changes.
 *
 * Parameters and state are updated in place: the tensors of the carry that a step returns are those that it was given. `fit`
 * captures by itself. With {@linkcode weightAverage} and the like, capture what they return.
 *
 * On WebGPU `step` throws a `DeviceLostError` once the GPU is gone.
 *
 * @example
 * ```ts
 * import { captured, fixedRate, momentum } from "@amortized/apo/optimizers";
 * import { softmax } from "@amortized/apo/proximal";
 * import { mlp } from "@amortized/apo/models";
 *
 * const problem = { model: mlp([784, 256, 10]), output: softmax() };
 * using optimizer = captured(fixedRate({ problem, direction: momentum(), learningRate: 0.1 }), {
 *   onUncaptured: ({ reason }) => console.warn(reason),
 * });
 * ```
 */
export function captured<S extends Tree>(
  optimizer: Optimizer<S>,
  { onUncaptured = () => {} }: CapturedOptions = {},
): CapturedOptimizer<S> {
  const kinds = new Map<string, Known>(), refused = new Set<string>();
  const needMetaBatch = new Set<string>(), told = new Set<string>();
  let forgotten = 0;
  let home: CarryHome<S> | undefined;

  const forget = (): void => {
    for (const known of kinds.values()) if ("capture" in known) known.capture[Symbol.dispose]();
    kinds.clear();
    needMetaBatch.clear();
    home?.recorder.forget();
  };
  const dispose = (): void => {
    forget();
    refused.clear();
    forgotten = 0;
    home?.[Symbol.dispose]();
    home = undefined;
  };
  const tell = (branch: string, reason: string): void => {
    if (told.has(branch)) return;
    told.add(branch);
    onUncaptured({ branch, reason });
  };

  /** A step from home to home; returns the metrics. */
  const advance = (own: CarryHome<S>, { batch, metaBatch }: Batches, at: StepClock): Tensors => {
    const { recorder, places } = own, branch = optimizer.branch?.(at.step) ?? "";
    const prefix = `${branch} with seed ${at.seed}: `, kind = prefix + kindOf(named("batch.", batch));
    const other = needMetaBatch.has(kind) ? metaBatch() : undefined;
    const inputs = {
      step: stepTensor(at.step),
      ...named("batch.", batch),
      ...other && named("metaBatch.", other),
    };
    const batches = { batch, metaBatch: other ? () => other : metaBatch };
    const key = prefix + kindOf(inputs), known = kinds.get(key);
    const eagerly = () => recorder.settle(places, own.run(optimizer, batches, at));
    if (refused.has(key)) return eagerly();
    if (known && "capture" in known) {
      const replayed = known.capture.replay(inputs);
      if (replayed) return replayed;
      known.capture[Symbol.dispose]();
      kinds.delete(key);
      refused.add(key);
      tell(branch, "it does other things from step to step");
      return eagerly();
    }
    if (!known && kinds.size >= MOST) {
      if (forgotten > 0) return eagerly(); // there are too many kinds: to record them again and again would take longer
      forgotten++;
      forget(); // all at once: they share what they compute with
    }
    let used = inputs;
    const step: Step = {
      places,
      run: (observer, slots) => {
        if (!slots) observer.label(inputs);
        const taken = new Set<Branch>();
        const clock = watchedClock(at, {
          branch: (rule) => taken.add(rule),
          step: () => observer.refuse("it reads the step's number and declares no branches"),
          stepTensor: (slots ?? inputs).step,
        });
        const noted = (asked: Tensors) => used = { ...used, ...asked };
        const result = own.run(optimizer, watchedBatches(batches, observer, noted, slots), clock);
        if (!declares(branch, Array.from(taken, (rule) => rule(at.step)))) {
          observer.refuse("it takes branches that it does not declare");
        }
        return result;
      },
    };
    const { fresh, outcome } = known ? recorder.record(step, inputs, known.log) : recorder.rehearse(step);
    if ("metaBatch.targets" in used) needMetaBatch.add(kind);
    const seen = prefix + kindOf(used);
    if ("reason" in outcome) {
      kinds.delete(seen);
      refused.add(seen);
      tell(branch, outcome.reason);
    } else kinds.set(seen, outcome);
    return fresh;
  };

  return {
    ...optimizer.problem && { problem: optimizer.problem },
    init: (params, buffers) => optimizer.init(params, buffers),
    ...optimizer.prepare && { prepare: (carry, batches, at) => optimizer.prepare!(carry, batches, at) },
    ...optimizer.branch && { branch: (step) => optimizer.branch!(step) },
    ...optimizer.evaluated && { evaluated: (carry) => optimizer.evaluated!(carry) },
    ...optimizer.learned && { learned: (carry) => optimizer.learned!(carry) },
    step: (carry, batches, at) => {
      throwLoss();
      if (!home?.suits(carry)) {
        dispose();
        const device = recorder();
        if (!device) return optimizer.step(carry, batches, at);
        home = new CarryHome(device, carry);
      }
      const own = home;
      own.enter(carry);
      const metrics = tf.tidy(() => advance(own, batches, at));
      return { carry: own.lend(carry), metrics };
    },
    [Symbol.dispose]: dispose,
  };
}
