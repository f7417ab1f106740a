/**
 * `report.html`: a page that needs nothing else.
 * @module
 */
import { short } from "../../display/numbers.ts";
import { htmlTable, text } from "../../display/html.ts";
import { described } from "../../runs/machine.ts";
import { binSteps } from "./seed_bands.ts";
import { files } from "./comparison_folder.ts";
import { figure, list, paragraph } from "./html_page.ts";
import type { Pictures } from "./pictures.ts";
import { failedRuns, type OptimizerResult, type Results } from "./results.ts";
import { notes, resultTable } from "./comparison_table.ts";
import { tuningSection } from "./tuning_section.ts";
import { valuesText } from "../values_text.ts";

const STYLE =
  `body{font:16px/1.5 Helvetica,Arial,"Liberation Sans",sans-serif;color:#222;max-width:64em;margin:2em auto;
padding:0 1em}h1{font-size:1.6em}h2{font-size:1.2em;margin-top:2em}table{border-collapse:collapse;margin:1em 0}
th,td{padding:.3em .8em;text-align:right;border-bottom:1px solid #e8e8e8}th:first-child,td:first-child{text-align:left}
figure{margin:1em 0}figure svg{max-width:100%;height:auto}figcaption,.note{color:#555;font-size:.9em}
pre{background:#f4f4f4;padding:.7em;overflow-x:auto;white-space:pre-wrap}`;

/** The page. */
export function reportPage(results: Results, pictures: Pictures): string {
  const { comparison, command, machine, optimizers } = results, { shared, source, setup, versions } = comparison;
  const title = `${optimizers.map(({ name }) => name).join(", ")} on ${shared.task}`;
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${text(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${text(title)}</h1>
${paragraph([`Data: ${source}.`, `Model: ${setup}.`, budgetLine(results)])}
${htmlTable(resultTable(results))}
${paragraph(notes(results))}
${failures(results)}
<h2>Loss</h2>
${figure(pictures[files.steps], captions(results).steps)}
${figure(pictures[files.time], captions(results).time)}
<h2>Settings</h2>
${settings(optimizers)}
${tuningSection(results, pictures[files.tuning])}
<h2>Again</h2>
<pre>${text(command)}</pre>
${paragraph([`${software}; backend ${shared.backend}.`, `${described(machine)}.`])}
</body>
</html>
`;
}

function budgetLine({ comparison: { budget, seeds }, optimizers }: Results): string {
  const runs = seeds === 1
    ? "One run of each optimizer, seed 0"
    : `${seeds} runs of each optimizer, seeds 0 to ${seeds - 1}`;
  if ("steps" in budget) return `${runs}, ${budget.steps} steps each.`;
  const steps = optimizers.map(({ name, calibration }) =>
    calibration && `${name} ${calibration.steps} (${short(calibration.stepsPerSecond)} steps/s)`
  );
  return `${runs}, as many steps each as take ${budget.seconds} s of training by a calibration run before: ${
    steps.filter(Boolean).join(", ")
  }. Schedules have these steps as their horizon.`;
}

/** What the pictures show. */
export function captions({ comparison, optimizers }: Results): { readonly steps: string; readonly time: string } {
  const bins = [...new Set(optimizers.flatMap(({ steps }) => steps === null ? [] : [binSteps(steps)]))];
  const what =
    `Training loss: the logged losses of single batches, averaged over bins of ${bins.join(" or ")} steps. ` +
    `Lines are means over seeds, bands go from the lowest to the highest of the ${comparison.seeds}; logarithmic axes.`;
  return {
    steps: what,
    time:
      "The same against the time of training, without evaluations and checkpoints. No clock is logged: a step's time is its " +
      "number over the run's steps a second, averaged over the seeds.",
  };
}

function failures(results: Results): string {
  const failed = failedRuns(results).map(({ name, seed, failed }) => `${name}, seed ${seed}: ${failed}`);
  return failed.length === 0 ? "" : `<h2>Failed runs</h2>\n${list(failed)}`;
}

function settings(optimizers: readonly OptimizerResult[]): string {
  return list(
    optimizers.map(({ name, settings }) => `${name}: ${valuesText(settings)}`),
  );
}
