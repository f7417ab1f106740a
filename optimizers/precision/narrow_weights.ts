/**
 * Parameters as a step stores them.
 * @module
 */
import { drawsOf } from "../../runtime/chance.ts";
import { roundTo } from "../../runtime/precision/round.ts";
import { weightsNow } from "../../runtime/precision/scope.ts";
import { mapTensors } from "../../runtime/tree.ts";
import type { Tensors } from "../../runtime/tensor.ts";
import { chanceAt } from "../branches.ts";
import type { StepClock } from "../step_clock.ts";

/**
 * The same with its parameters rounded to the format that they are stored in, if the step has one. At random it is with random numbers of
 * the step's own, which a resumed run draws again. Parameters of one element stay in float32, as all numbers that stand alone do.
 */
export function narrowWeights<C extends { readonly params: Tensors }>(carry: C, at: StepClock): C {
  const weights = weightsNow();
  if (!weights) return carry;
  const { format, stochastic } = weights, chance = chanceAt(at);
  const params = mapTensors(carry.params, (x, name) => {
    if (x.size === 1) return x;
    return roundTo(x, format, stochastic ? drawsOf(chance, `rounding/${name}`).uniform(x.shape) : undefined);
  });
  return { ...carry, params };
}
