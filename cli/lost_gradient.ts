/**
 * A warning of gradients that a narrow format cannot tell from 0.
 * @module
 */
import { disposeBatch } from "../data/dataset.ts";
import { policyOf } from "../optimizers/precision/policy.ts";
import { underflow } from "../optimizers/precision/underflow.ts";
import { assemble } from "../runs/assemble.ts";
import { disposeTree } from "../runtime/tree.ts";
import type { Start } from "./start.ts";

const NOTICEABLE = 0.001, LOOK = 32; // examples: enough to see it

/** A warning where numbers of the first gradient become 0 in the run's format; undefined where next to none do. */
export async function lostGradient({ config, data }: Pick<Start, "config" | "data">): Promise<string | undefined> {
  const { precision } = config, policy = precision === undefined ? undefined : policyOf({ ...config, precision });
  if (!policy || policy.scalesLoss || policy.format.exponent === 8) return undefined;
  const { problem } = assemble({ ...config, precision: undefined }),
    { params, buffers } = problem.model.init(config.seed);
  const batch = data.train.batch(Uint32Array.from({ length: Math.min(data.train.size, LOOK) }, (_, i) => i));
  const share = await underflow(problem, policy, { params, buffers, batch });
  disposeBatch(batch);
  disposeTree({ params, buffers });
  if (share < NOTICEABLE) return undefined;
  return `${
    Number((100 * share).toPrecision(2))
  } % of the first gradient is 0 in ${precision} and not in float32: give --loss-scale=dynamic, or bf16`;
}
