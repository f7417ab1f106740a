/** What each family of golden files is compared with. */
import { assert } from "@std/assert";
import type { Compare } from "./comparison.ts";
import { kroneckerFactored } from "./kronecker_factored.ts";
import { onePoint } from "./one_point.ts";
import { recordedGradients } from "./recorded_gradients.ts";
import type { Json } from "./setting.ts";
import { theorem } from "./theorem.ts";
import { torchTrajectory } from "./torch_trajectory.ts";
import { trajectories } from "./trajectories.ts";

/** By the first letter of the file's name. */
export const families: Record<string, (file: Json, compare: Compare) => void | Promise<void>> = {
  a: onePoint,
  b: onePoint,
  f: onePoint,
  e: kroneckerFactored,
  c: trajectories,
  d: theorem,
  m: recordedGradients,
  o: torchTrajectory,
};

/** Fails on a result that a file holds and no comparison knows: it would go unchecked. */
export function onlyKnown(what: string, record: Json, known: string[]): void {
  for (const key of Object.keys(record)) assert(known.includes(key), `${what}: "${key}" is not compared with anything`);
}
