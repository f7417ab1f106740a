/**
 * How long each run may train.
 * @module
 */
import { UserError } from "../../runtime/errors.ts";

/** So many steps, or as many as take so many seconds of training. */
export type Budget = { readonly steps: number } | { readonly seconds: number };

const LONGEST = 3e7; // seconds: a year

/** The budget of `1500steps` or `60s`. @throws `UserError` for anything else. */
export function parseBudget(text: string): Budget {
  const [, number, unit] = /^([\d.e+]+) ?(steps?|s)$/i.exec(text) ?? [], value = Number(number);
  if (unit === "s" && value > 0 && value <= LONGEST) return { seconds: value };
  if (unit?.startsWith("step") && Number.isSafeInteger(value) && value >= 1) return { steps: value };
  const remedy = "give a whole number of steps, such as 1500steps, or seconds (at most a year), 60s";
  throw new UserError({ argument: "budget", value: text, problem: "cannot be", remedy });
}

/** As on the command line. */
export function budgetText(budget: Budget): string {
  return "steps" in budget ? `${budget.steps}steps` : `${budget.seconds}s`;
}
