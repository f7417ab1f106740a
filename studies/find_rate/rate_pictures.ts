/**
 * The learned rates as pictures.
 * @module
 */
import { META } from "../../optimizers/tuned.ts";
import { terminalLines } from "../../display/terminal_chart.ts";
import type { Panel, Series } from "../../display/curves_svg.ts";
import type { Found, SeedRate } from "./found.ts";
import { rateText } from "./rate_text.ts";

/** The rate by step, a line a seed. */
export function rateChart({ bySeed }: Found, width: number): string {
  const lines = bySeed.map(({ curve }) => curve.map(({ step, rate }) => ({ step, value: rate })));
  return terminalLines(`learned rate, ${bySeed.length === 1 ? "one seed" : "a line a seed"}`, lines, {
    width,
    log: true,
  });
}

/** Rate and loss by step, with the rate found over the steps that it is the median of. */
export function ratePanels({ rate, bySeed }: Found): Panel[] {
  const series = (value: (at: SeedRate["curve"][number]) => number): Series[] =>
    bySeed.map(({ seed, from, curve }) => ({
      name: `seed ${seed}, from ${rateText(from)}`,
      points: curve.map((at) => ({ step: at.step, value: value(at) })),
    }));
  const { curve } = bySeed[0], window = [META.early + 1, curve.at(-1)!.step];
  const found = {
    name: `found: ${Number(rate.toPrecision(3))}`,
    points: window.map((step) => ({ step, value: rate })),
  };
  return [
    { title: "Learned rate", y: "η", scale: "log", series: [...series((at) => at.rate), found] },
    { title: "Training loss (batch)", y: "loss", scale: "log", series: series((at) => at.loss) },
  ];
}
