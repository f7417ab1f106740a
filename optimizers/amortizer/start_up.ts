/**
 * The start-up search's trials.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { trainingMode } from "../../models/mode.ts";
import { objectiveGradients } from "../../proximal/objective.ts";
import { allFinite } from "../../runtime/all_finite.ts";
import { UserError } from "../../runtime/errors.ts";
import type { Tensor, Tensors, Tree } from "../../runtime/tensor.ts";
import { disposeTree, flatten, innerProduct, largest, mapTensors } from "../../runtime/tree.ts";
import { chanceAt } from "../branches.ts";
import type { Direction } from "../directions/direction.ts";
import { gradientStep } from "../gradient_step.ts";
import type { MetaSetting } from "./meta_objective.ts";
import type { Batches, Carry } from "../optimizer.ts";
import type { StepClock } from "../step_clock.ts";
import { searchScale, type Trial } from "./scale_search.ts";

/** A promised decrease of less than this share of the loss cannot be told from float32's rounding, and counts as kept. */
const ROUNDING = 1e-5;

/**
 * The factor by which the start-up search scales P: every trial looks ahead from the same θ, along the same d, on the same B
 * and B′.
 */
export async function searchedScale<S extends Tree>(
  settingAt: (step: Tensor) => MetaSetting,
  base: Direction<S>,
  carry: Carry<{ direction: S; learner: { phi: Tensors }; step: Tensor }>,
  { batch, metaBatch }: Batches,
  at: StepClock,
): Promise<number> {
  const { params, buffers, state } = carry;
  const start = tf.tidy(() => {
    const { loss, gradient } = gradientStep(settingAt(state.step).problem, carry, batch, at);
    const { direction, state: after } = base.next(gradient, state.direction, params, at);
    const update = settingAt(state.step).parameterization.precondition(state.learner.phi, direction);
    const promised = innerProduct(gradient, update);
    return {
      loss,
      update,
      promised,
      sizes: tf.stack([gradient, direction, update].map(largest)), // no squares, which vanish below 1e-23
      sound: allFinite(flatten(after)),
    };
  });
  if (!(await start.sound.data())[0]) { // squares have overflowed in the state: the guard will refuse the step, and count it
    disposeTree(start);
    return 1;
  }
  const [slope, length, step] = await start.sizes.data();
  if (step === 0 && slope > 0) {
    disposeTree(start);
    throw new UserError(
      length > 0
        ? "amortize: the first step is 0 in float32, as the initial learning rate is too small; give a larger one, such as 0.01"
        : "amortize: the direction of the first step is 0 (soap looks before it steps), so there is nothing to search along; " +
          "give another direction, or meta: { search: false }",
    );
  }
  const attempt = async (offset: number): Promise<Trial> => {
    const measured = tf.tidy(() => {
      const { problem, lambdas } = settingAt(state.step), factor = Math.exp(offset);
      const lookahead = mapTensors(params, (x, name) => tf.sub(x, tf.mul(start.update[name], factor)));
      const mode = trainingMode(chanceAt(at));
      const { parts, gradients } = objectiveGradients(problem, lambdas, {
        params,
        lookahead,
        buffers,
        batch,
        metaBatch: metaBatch(),
        mode,
      });
      const along = (gradient: Tensors) => tf.mul(innerProduct(gradient, start.update), -factor);
      return tf.stack([
        along(gradients.loss),
        along(gradients.discrepancy),
        tf.sub(start.loss, parts.loss),
        tf.mul(start.promised, factor),
        start.loss,
      ]);
    });
    const [loss, discrepancy, decrease, promised, startLoss] = await measured.data();
    measured.dispose();
    const hidden = Math.abs(promised) < ROUNDING * Math.abs(startLoss);
    const share = (loss + discrepancy) / (Math.abs(loss) + Math.abs(discrepancy));
    return { slope: Number.isFinite(share) ? share : 1, agreement: hidden ? 1 : decrease / promised };
  };
  try {
    return Math.exp(await searchScale(attempt));
  } finally {
    disposeTree(start);
  }
}
