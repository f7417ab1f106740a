/**
 * A training that can be watched.
 * @module
 */
import { runPanels } from "./run_panels.ts";
import { type MetricsLine, metricsOf } from "./metrics_lines.ts";
import type { FinishedEvent, FitEvent } from "./events.ts";
import { curves } from "../display/curves.ts";
import { jupyterDisplay } from "../display/displayable.ts";
import { type Place, placeInNotebook } from "../display/jupyter.ts";

const REDRAW_MS = 500, SHARE = 0.1; // at most this often, and at most this share of the time

/**
 * Trains, and draws loss, scores and learned quantities below the running cell of a notebook while it does. Elsewhere it
 * prints them as charts of text, once, at the end.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { amortize, fit, liveCurves, mlp, momentum, rows, scalarRate, softmax } from "@amortized/apo";
 *
 * const problem = { model: mlp([2, 8, 2]), output: softmax() };
 * const data = { train: rows({ inputs: [[0, 1], [1, 0]], labels: [0, 1] }) };
 * const optimizer = amortize({ problem, direction: momentum(), parameterization: scalarRate({ learningRate: 1e-6 }) });
 * const { train, learned } = await liveCurves(fit({ problem, optimizer, data, steps: 50 }));
 * assert(train.loss < 0.1 && learned.rate > 0.01);
 * ```
 *
 * @param events Of `fit`.
 * @returns The last of them, which shows itself as a table.
 * @throws `AbortError` where the training was interrupted; the picture stays.
 */
export async function liveCurves(events: AsyncIterable<FitEvent>): Promise<FinishedEvent> {
  const place = placeInNotebook();
  return place ? await drawn(events, place) : await drawn(events, (formats) => {
    console.log(formats["text/plain"]);
    return Promise.resolve();
  }, Infinity);
}

/** {@linkcode liveCurves} at a place, where it is drawn again after `redrawMs`, and at the end. */
export async function drawn(
  events: AsyncIterable<FitEvent>,
  place: Place,
  redrawMs: number = REDRAW_MS,
): Promise<FinishedEvent> {
  const lines: MetricsLine[] = [];
  let end: FinishedEvent | undefined, step = 0, due = performance.now() + redrawMs;
  const draw = async () => {
    const begin = performance.now();
    await place(await curves(runPanels(lines, end))[jupyterDisplay]());
    const now = performance.now();
    due = now + Math.max(redrawMs, (now - begin) / SHARE);
  };
  try {
    for await (const event of events) {
      step = event.step;
      if (event.kind === "finished") end = event;
      if (event.kind !== "logged") continue;
      lines.push(metricsOf(event));
      if (performance.now() >= due) await draw();
    }
  } finally {
    if (lines.length > 0) await draw();
  }
  if (!end) throw new DOMException(`the training was interrupted at step ${step}`, "AbortError");
  return end;
}
