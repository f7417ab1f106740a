/**
 * Whether there is anything to measure, and a name for each number.
 * @module
 */
import { UserError } from "../runtime/errors.ts";
import { requireMembers } from "../runtime/require_members.ts";
import type { Tree } from "../runtime/tensor.ts";
import type { FitOptions } from "./fit_options.ts";
import type { Metric } from "./metrics.ts";

/**
 * @throws `UserError` for data sets that lack a member, data without examples, which have no mean, and for a metric that would take
 * the place of the loss.
 */
export function checkMeasurable(
  data: FitOptions<Tree>["data"],
  metrics: Readonly<Record<string, Metric>>,
): void {
  if (data instanceof Promise) throw new UserError("data is a promise; await it, as in data: await mnist.load()");
  requireMembers("data", data, {}, "give { train, test }, or { train }");
  for (const part of ["train", "validation", "test"] as const) {
    const examples = data[part], isOptional = part !== "train";
    if (examples === undefined && isOptional) continue;
    const remedy = "give rows({ inputs, targets }), or { size, batch }";
    requireMembers(`data.${part}`, examples, { size: "number", batch: "function" }, remedy);
    const { size, lengths } = examples!;
    if (!(Number.isInteger(size) && size >= 1)) {
      throw new UserError(
        `data.${part} has ${size} examples; give 1 or more${isOptional ? ", or leave it out" : ""}`,
      );
    }
    if (lengths) checkLengths(`data.${part}.lengths`, lengths, size);
  }
  if ("loss" in metrics) {
    throw new UserError(
      "metrics.loss would take the place of the problem's loss, which is measured anyway; give it another name",
    );
  }
}

function checkLengths(name: string, lengths: ArrayLike<number>, size: number): void {
  if (lengths.length !== size) {
    throw new UserError(`${name} has ${lengths.length} numbers, but there are ${size} examples; give one for each`);
  }
  const wrong = Array.from(lengths).findIndex((length) => !(Number.isInteger(length) && length >= 1));
  if (wrong >= 0) throw new UserError(`${name}[${wrong}] is ${lengths[wrong]}; give whole numbers from 1`);
}
