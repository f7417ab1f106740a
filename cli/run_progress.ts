/**
 * A line that follows the training.
 * @module
 */
import { learnedLine, percentage, short } from "../display/numbers.ts";
import { spelled } from "../training/run_panels.ts";
import { samplesText } from "../display/samples.ts";
import type { FitEvent } from "../training/events.ts";
import type { Output } from "./output.ts";

/** Shows events as they come. */
export interface Progress {
  show(event: FitEvent): void;
  /** Ends the line. */
  end(): void;
}

const REDRAW_MS = 100, PLAIN_MS = 15_000, BAR = 10, SAMPLES = 2;

/**
 * In a terminal a bar that is drawn over itself; elsewhere, for logs, a plain line at each evaluation, or every 15 seconds where
 * those are rarer. Of steps that are refused in a row it tells the first.
 *
 * @param steps Steps of the whole run, of which `done` were done before.
 */
export function progress({ write }: Output, steps: number, done: number): Progress {
  const terminal = Deno.stdout.isTerminal(), begin = performance.now();
  let loss = NaN, learned = "", score = "", drawn = begin, refused = 0;
  const line = (step: number): string => {
    const rate = 1000 * (step - done) / (performance.now() - begin);
    return [`step ${step}/${steps}`, `batch loss ${short(loss)}`, score, learned, `${short(rate)} steps/s`].filter(
      Boolean,
    )
      .join("  ");
  };
  const draw = (step: number, more = "") => {
    const full = Math.round(BAR * step / steps), bar = `${"█".repeat(full)}${"░".repeat(BAR - full)}`;
    const width = (Deno.consoleSize().columns || 80) - 1;
    write(`\r\x1b[K${`${bar} ${line(step)}`.slice(0, width - more.length)}${more}`);
  };
  return {
    show: (event) => {
      if (event.kind === "refused") {
        const first = event.inARow <= event.total - refused;
        refused = event.total;
        if (first) write(`${terminal ? "\r\x1b[K" : ""}step ${event.step}: refused, not finite (${refused} so far)\n`);
      }
      if (event.kind === "uncaptured") {
        const which = event.branch && ` ("${event.branch}")`;
        write(
          `${terminal ? "\r\x1b[K" : ""}step ${event.step}: such steps${which} are not captured: ${event.reason}\n`,
        );
      }
      if (event.kind === "evaluated" && event.samples) {
        write(`${terminal ? "\r\x1b[K" : ""}${samplesText(event.samples.slice(0, SAMPLES))}\n`);
      }
      if (event.kind === "checkpoint" && event.step === steps && terminal) draw(steps, "  scoring what was learned …");
      if (event.kind !== "logged") return;
      loss = event.metrics.loss;
      learned = learnedLine(event.learned, event.metrics.learningRate);
      const part = event.validation ? "validation" : "test", scores = event[part];
      if (scores) {
        const name = Object.keys(scores).find((name) => name !== "loss") ?? "loss";
        score = `${part} ${spelled(name)} ${percentage(name, scores[name])}`;
      }
      const waited = performance.now() - drawn, due = scores !== undefined || waited > PLAIN_MS;
      if (terminal ? waited <= REDRAW_MS : !due) return;
      drawn = performance.now();
      if (terminal) draw(event.step);
      else write(`${line(event.step)}\n`);
    },
    end: () => terminal && write("\r\x1b[K"),
  };
}
