/**
 * Scores of whole answers.
 * @module
 */
import type { Sample } from "../display/samples.ts";
import type { Evaluated } from "../optimizers/optimizer.ts";
import { UserError } from "../runtime/errors.ts";
import type { Scores } from "./evaluate.ts";

/** What a {@linkcode Judge} says. */
export interface Judged {
  /** By names that no metric has. */
  readonly scores: Scores;
  /** A few, for people; always the same inputs. */
  readonly samples: readonly Sample[];
}

/**
 * Scores what a model does on data, where that is no mean over examples: of a translator, the BLEU of what it writes.
 *
 * @param at Parameters and buffers, which stay the caller's.
 * @param extent `some` at an evaluation on the way: it may look at some of the validation data, or of the test data where there are
 * no others. `all` at the end: all test data.
 * @param signal At the end it aborts when training is to stop: a judge that takes long throws its reason then.
 */
export type Judge = (at: Evaluated, extent: "some" | "all", signal?: AbortSignal) => Promise<Judged>;

/** What the judge says, if there is one. @throws `UserError` for a score that a metric has, or the loss. */
export async function judged(
  judge: Judge | undefined,
  at: Evaluated,
  { extent, signal }: { readonly extent: "some" | "all"; readonly signal?: AbortSignal },
  metrics: Readonly<Record<string, unknown>>,
): Promise<Partial<Judged>> {
  const found: Partial<Judged> = await judge?.(at, extent, signal) ?? {};
  const taken = Object.keys(found.scores ?? {}).find((name) => name === "loss" || name in metrics);
  if (taken === undefined) return found;
  throw new UserError(`judge: its score "${taken}" would take the place of another; give it another name`);
}
