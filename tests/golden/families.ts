/** What each family of golden files is compared with. */
import { assert } from "@std/assert";
import type { Compare } from "./comparison.ts";
import { onePoint } from "./one_point.ts";
import type { Json } from "./setting.ts";
import { theorem } from "./theorem.ts";
import { torchTrajectory } from "./torch_trajectory.ts";
import { trajectories } from "./trajectories.ts";

/** By the first letter of the file's name. */
export const families: Record<string, (file: Json, compare: Compare) => void | Promise<void>> = {
  a: onePoint,
  b: onePoint,
  f: onePoint,
  c: trajectories,
  d: theorem,
  o: torchTrajectory,
};

/** Families whose optimizers do not exist yet. */
export const notBuilt: Record<string, string> = {
  e: "KFAC as a baseline",
  m: "Muon, Shampoo, SOAP, schedule-free, Prodigy, hypergradient descent, weight averaging",
};

/** Fails on a result that a file holds and no comparison knows: it would go unchecked. */
export function onlyKnown(what: string, record: Json, known: string[]): void {
  for (const key of Object.keys(record)) assert(known.includes(key), `${what}: "${key}" is not compared with anything`);
}
