/**
 * The pictures of a comparison.
 * @module
 */
import { join } from "node:path";
import { readMetrics } from "../../runs/folder.ts";
import { spelled } from "../../training/run_panels.ts";
import { COLOURS, extentOf, HEIGHT, LEGEND_COLUMNS, logAxis, picture, WIDTH } from "../../display/vega.ts";
import { bandOf, type BandPoint, binSteps, testCurve, trainingCurve } from "./seed_bands.ts";
import { files } from "./comparison_folder.ts";
import { isFinished, type Results } from "./results.ts";
import { lineThrough, type Trial } from "../search.ts";

/** Pictures by the name of their file. */
export type Pictures = Readonly<Record<string, string>>;

/** A line with a band around it. */
interface Band {
  readonly name: string;
  readonly points: readonly BandPoint[];
}

/** Draws what the runs in the folder have logged: SVG by the name of the file. */
export async function pictures(results: Results, folder: string): Promise<Pictures> {
  const names = results.optimizers.map(({ name }) => name);
  const validated = results.optimizers.some(({ means }) => means.validationLoss);
  const testTitle = validated ? "Validation loss" : "Test loss", drawn: Record<string, string> = {};
  for (const [file, time] of [[files.steps, false], [files.time, true]] as const) {
    const training = await bands(results, folder, time, "training"), test = await bands(results, folder, time, "test");
    const x = time ? "seconds of training" : "steps";
    const end = extentOf([...training, ...test].flatMap(({ points }) => points.map(({ x }) => x)))[1];
    const diagrams = [
      diagram("Training loss (mean of bins)", { title: x, end }, training, names),
      ...test.some(({ points }) => points.length > 0) ? [diagram(testTitle, { title: x, end }, test, names)] : [],
    ];
    drawn[file] = await picture(diagrams);
  }
  const tuning = tuningDiagrams(results);
  return tuning.length === 0 ? drawn : { ...drawn, [files.tuning]: await picture(tuning) };
}

async function bands(results: Results, folder: string, time: boolean, of: "training" | "test"): Promise<Band[]> {
  return await Promise.all(results.optimizers.map(async ({ name, runs, steps, means }) => {
    const curves = await Promise.all(
      runs.filter(isFinished).map(async ({ folder: run, figures }) => {
        const lines = await readMetrics(join(folder, run));
        const atEnd = figures.validationLoss ?? figures.testLoss;
        return of === "training" ? trainingCurve(lines, binSteps(steps!)) : testCurve(lines, steps!, atEnd);
      }),
    );
    const seconds = means.secondsPerStep?.mean ?? NaN; // a step's time is the mean of the runs', as its loss is
    const points = bandOf(curves).map((point) => ({ ...point, x: time ? point.x * seconds : point.x }));
    return { name, points: points.filter(({ x }) => Number.isFinite(x)) };
  }));
}

const LEGEND = { title: null, orient: "top", columns: LEGEND_COLUMNS, symbolOpacity: 1 };

const DASHES = [[1, 0], [5, 3], [1, 3], [8, 3, 1, 3]]; // one after the other where there are more lines than colours

/** The colour and dash of optimizers: those of their place among `all`. */
function series(names: readonly string[], all: readonly string[]): { color: object; strokeDash: object } {
  const places = names.map((name) => all.indexOf(name));
  const channel = (range: unknown[]) => ({
    field: "series",
    type: "nominal",
    scale: { domain: names, range },
    legend: LEGEND,
  });
  return {
    color: channel(places.map((place) => COLOURS[place % COLOURS.length])),
    strokeDash: channel(places.map((place) => DASHES[Math.floor(place / COLOURS.length) % DASHES.length])),
  };
}

/** A diagram with a logarithmic vertical axis; what is not positive is left out. */
function diagram(
  title: string,
  x: { readonly title: string; readonly end: number },
  drawn: readonly Band[],
  names: readonly string[],
): object {
  const rows = drawn.flatMap(({ name, points }) =>
    points.filter(({ low, high }) => low > 0 && Number.isFinite(high)).map((point) => ({ series: name, ...point }))
  );
  const horizontal = {
    field: "x",
    type: "quantitative",
    title: x.title,
    scale: { domain: [0, x.end], nice: false },
    axis: { tickCount: 6, format: ",~f" },
  };
  const shown = names.filter((name) => rows.some(({ series }) => series === name));
  const { color, strokeDash } = series(shown, names);
  const vertical = logAxis(rows.flatMap(({ low, high }) => [low, high]));
  return {
    title,
    width: WIDTH,
    height: HEIGHT,
    data: { values: rows },
    encoding: { x: horizontal, color },
    layer: [
      {
        mark: { type: "area", opacity: 0.18, strokeWidth: 0 },
        encoding: { y: { field: "low", type: "quantitative", title: "loss", ...vertical }, y2: { field: "high" } },
      },
      {
        mark: { type: "line" },
        encoding: { y: { field: "mean", type: "quantitative", title: "loss", ...vertical }, strokeDash },
      },
    ],
  };
}

/** For each setting that was tuned the loss against its value; of an optimizer with two, on the line through its best trial. */
function tuningDiagrams({ optimizers, comparison }: Results): object[] {
  const settings = new Set(optimizers.flatMap(({ tuning }) => tuning?.knobs ?? []));
  const y = comparison.tuning?.holdout == null ? "final training loss" : "validation loss";
  return [...settings].flatMap((setting) => {
    const x = setting === "lambdaFsd" ? "λ_FSD" : spelled(setting);
    const tuned = optimizers.filter(({ tuning }) => tuning?.knobs.includes(setting));
    const rows = tuned.flatMap(({ name, tuning }) => {
      const { knobs, trials, best } = tuning!, at = knobs.indexOf(setting);
      const point = (trial: { values: object; loss: number | null }): Trial => ({
        at: knobs.map((knob) => Math.log10((trial.values as Record<string, number>)[knob])),
        loss: trial.loss ?? Infinity,
      });
      return lineThrough(trials.map(point), point(best!), at)
        .map((trial) => ({ series: name, x: Number((10 ** trial.at[at]).toPrecision(3)), loss: trial.loss }));
    });
    const positive = rows.map(({ loss }) => loss).filter((loss) => loss > 0 && loss < Infinity);
    if (positive.length === 0) return [];
    const values = rows.map(({ x }) => x), lowest = Math.min(...positive), highest = Math.max(...positive);
    const vertical = logAxis(positive),
      colours = series(tuned.map(({ name }) => name), optimizers.map(({ name }) => name));
    const failed = rows.filter(({ loss }) => loss === Infinity).map((row) => ({ ...row, loss: highest }));
    const ended = rows.filter(({ loss }) => loss < Infinity).map((row) => ({
      ...row,
      loss: Math.max(lowest, row.loss),
    }));
    const encoding = {
      x: { field: "x", type: "quantitative", title: x, ...logAxis(values) },
      y: { field: "loss", type: "quantitative", title: y, ...vertical },
    };
    return [{
      title: `${y[0].toUpperCase()}${y.slice(1)} against ${x}`,
      width: WIDTH,
      height: HEIGHT,
      encoding,
      layer: [
        {
          data: { values: ended },
          mark: { type: "line", point: { size: 36, filled: true } },
          encoding: colours,
        },
        {
          data: { values: failed },
          mark: { type: "point", shape: "cross", size: 60, angle: 45, filled: true },
          encoding: { color: colours.color },
        },
      ],
    }];
  });
}
