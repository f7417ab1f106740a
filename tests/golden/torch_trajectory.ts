/** Family o: torch.optim's parameters after each step on recorded gradients. */
import {
  adam,
  chain,
  clipByGlobalNorm,
  type Direction,
  fixedRate,
  gradient,
  momentum,
  type Problem,
  rmsprop,
} from "../../mod.ts";
import type { Compare, Recorded } from "./comparison.ts";
import { onlyKnown } from "./families.ts";
import { followRecorded } from "./linear_form.ts";
import type { Json } from "./setting.ts";

const directions: Record<string, (options: Json) => Direction> = {
  sgd: () => gradient(),
  momentum: (o) => momentum({ decay: o.decay, nesterov: o.nesterov }),
  rmsprop: (o) => rmsprop({ decay: o.decay, epsilon: o.eps }),
  adam: (o) => adam({ decay1: o.b1, decay2: o.b2, epsilon: o.eps }),
  adamw: (o) => adam({ decay1: o.b1, decay2: o.b2, epsilon: o.eps }),
};

export async function torchTrajectory(file: Json, compare: Compare): Promise<void> {
  onlyKnown("file", file, [
    ...["case", "conventions", "optimizer", "params0", "gradients", "params_t", "clip_global_norm"],
    "norm_before_clipping_t",
  ]);
  const { optimizer: options } = file;
  const base = directions[options.kind](options);
  const optimizerOf = (problem: Problem) =>
    fixedRate({
      problem,
      direction: file.clip_global_norm ? chain(clipByGlobalNorm(file.clip_global_norm), base) : base,
      learningRate: options.lr,
      weightDecay: options.decoupled_weight_decay,
      decays: () => true,
    });
  await followRecorded(file, optimizerOf, compare, (_carry, step) => {
    if (!file.norm_before_clipping_t) return;
    const norm = Math.hypot(...file.gradients[step].flatMap((g: Recorded) => g.data));
    compare("norm", norm, file.norm_before_clipping_t[step]);
  });
}
