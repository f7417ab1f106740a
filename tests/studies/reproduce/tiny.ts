/** A reproduction that takes seconds, as a process: what tests interrupt. */
import { main } from "../../../cli/reproduce.ts";
import { illConditioned } from "../../../studies/reproduce/recipes/ill_conditioned.ts";

const settings = {
  about: "30 steps, 3 trials each",
  time: "seconds",
  firstOrder: [{ name: "momentum", given: { optimizer: "momentum", batchSize: 50 } }],
  secondOrder: [{ name: "kfac", given: { optimizer: "kfac", batchSize: 50 } }],
  ours: { name: "apo-kfac", given: { optimizer: "apo-kfac", batchSize: 50 } },
  steps: 30,
  trials: 3,
  repeats: 1,
};

/** The recipe with these settings. */
export const tiny = illConditioned(settings, { ...settings, steps: 40 });

if (import.meta.main) Deno.exit(await main(Deno.args, [tiny]));
