/**
 * The part of the report about tuning.
 * @module
 */
import { short } from "../../display/numbers.ts";
import type { Cell } from "../../display/cells.ts";
import { htmlTable } from "../../display/html.ts";
import { figure, list, paragraph } from "./html_page.ts";
import type { OptimizerResult, Results } from "./results.ts";
import { valuesText } from "../values_text.ts";
import { tuningFound } from "./tuning_text.ts";

/** Rule, what was found, the curves, and every trial; nothing where nothing was tuned. */
export function tuningSection({ comparison, optimizers }: Results, picture: string | undefined): string {
  if (comparison.tuning === null) return "";
  const { trials, holdout, seed } = comparison.tuning;
  const on = holdout === null
    ? "on the final training loss, as the task has no test data"
    : `on ${100 * holdout} % of the training data, held out; the test data were not looked at`;
  const rule =
    `Each optimizer had ${trials} trials with seed ${seed} over the whole budget, ${on}. Neighbours on the ` +
    "first grid differ by √10; it was widened while its best value was at its border, then halved around the best. " +
    "Two settings of one optimizer were searched one after the other within the same number.";
  const two = optimizers.some(({ tuning }) => (tuning?.knobs.length ?? 0) > 1);
  const caption = "Crosses at the top: training failed. A loss of 0 is drawn at the bottom." +
    (two ? " Of an optimizer with two settings: the trials on the line through its best." : "");
  const heads = ["optimizer", "trial", "values", holdout === null ? "training loss" : "validation loss"];
  return [
    "<h2>Tuning</h2>",
    paragraph([rule]),
    list(tuningFound(optimizers).map(([name, found]) => `${name}: ${found}`)),
    ...picture === undefined ? [] : [figure(picture, caption)],
    htmlTable({ heads, rows: optimizers.flatMap(trialRows) }),
  ].join("\n");
}

function trialRows({ name, tuning }: OptimizerResult): Cell[][] {
  const { trials, best } = tuning ?? { trials: [] }, winner = JSON.stringify(best?.values);
  return trials.map(({ values, loss, failed }, i) => {
    const outcome = loss === null ? `failed: ${failed}` : short(loss);
    return [name, String(i + 1), valuesText(values), outcome].map((text) => ({
      text,
      best: JSON.stringify(values) === winner,
    }));
  });
}
