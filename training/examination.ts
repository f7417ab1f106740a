/**
 * The scores of a training: on the way and at its end.
 * @module
 */
import { constantLoss } from "./constant_loss.ts";
import type { Evaluated } from "../optimizers/optimizer.ts";
import type { Tree } from "../runtime/tensor.ts";
import { evaluate, type EvaluationOptions, type Scores } from "./evaluate.ts";
import type { FinishedEvent } from "./events.ts";
import type { FitOptions } from "./fit_options.ts";
import { judged } from "./judge.ts";
import { trainSample } from "./train_sample.ts";
import type { Dataset } from "../data/dataset.ts";

/** Scores on data that are not trained on, and what a judge shows of them. */
type Examined = Pick<FinishedEvent, "validation" | "test" | "samples">;

/** All scores of what was learned. */
type Concluded = Examined & Pick<FinishedEvent, "train" | "trainSample" | "constantLoss">;

/** What {@linkcode examination} returns. */
export interface Examination {
  /** The part that is looked at on the way. */
  readonly meanwhile: "validation" | "test";
  /** Whether there is anything to look at on the way. */
  readonly looks: boolean;
  /** On the way, after so many steps: all means, and some of what a judge looks at. */
  glance(now: Evaluated, step: number): Promise<Examined>;
  /** At the end; what is known from a glance after as many steps is not computed again. @throws The signal's reason where it aborts. */
  conclude(end: Evaluated, step: number): Promise<Concluded>;
}

/** Looks at the validation data, or where there are none at the test data, on the way, and at the test data at the end. */
export function examination<S extends Tree>(
  { problem, metrics = {}, judge, seed = 0, signal }: FitOptions<S>,
  data: FitOptions<S>["data"],
): Examination {
  const meanwhile = data.validation ? "validation" : "test", part = data[meanwhile];
  let last: { readonly step: number; readonly means?: Scores; readonly examined: Examined } | undefined;

  const meansOn = async ({ params, buffers }: Evaluated, examples?: Dataset, options: EvaluationOptions = {}) =>
    examples && await evaluate(problem, metrics, params, buffers, examples, options);
  const glance = async (now: Evaluated, step: number, options: { readonly signal?: AbortSignal } = {}) => {
    const { scores, samples } = await judged(judge, now, { extent: "some", ...options }, metrics);
    const means = await meansOn(now, part, options);
    const examined: Examined = {
      ...(means || scores) && { [meanwhile]: { ...means, ...scores } },
      ...samples && { samples },
    };
    last = { step, means, examined };
    return examined;
  };
  return {
    meanwhile,
    looks: part !== undefined || judge !== undefined,
    glance: (now, step) => glance(now, step), // never cut short: its line in the metrics would be missing
    conclude: async (end, step) => {
      const seen = last?.step === step ? last : undefined, examples = trainSample(data.train, seed);
      const constant = await constantLoss(problem, end.params, end.buffers, data.train, examples);
      const train = await evaluate(problem, metrics, end.params, end.buffers, data.train, { examples, signal });
      const before = data.validation && (seen?.examined ?? await glance(end, step, { signal }));
      const { scores, samples } = await judged(judge, end, { extent: "all", signal }, metrics);
      const means = data.validation ? undefined : seen?.means;
      const test = { ...means ?? await meansOn(end, data.test, { signal }), ...scores };
      return {
        train,
        ...examples && { trainSample: examples.length },
        ...constant !== undefined && { constantLoss: constant },
        ...before,
        ...Object.keys(test).length > 0 && { test },
        ...samples && { samples },
      };
    },
  };
}
