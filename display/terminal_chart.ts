/**
 * A curve in a terminal.
 * @module
 */
import { plot } from "asciichart";

/** One measurement. */
export interface Point {
  /** The training step, ascending from point to point. */
  readonly step: number;
  /** What was measured there. */
  readonly value: number;
}

/** The size and scale of a {@linkcode terminalChart}. */
export interface TerminalChartOptions {
  /** Columns of the whole chart, labels included; at least 20 are used. */
  readonly width: number;
  /** Intervals between labels; the chart has two lines more, and the title. */
  readonly height?: number;
  /** Whether equal distances are equal ratios; values ≤ 0 are then left out. */
  readonly log?: boolean;
}

const MIN_WIDTH = 20;
const LABEL_WIDTH = 10; // the same in every chart, so that charts of one run stand aligned above each other
const SYMBOLS = ["┤", "┤", "╶", "╴", "─", "╰", "╭", "╮", "╯", "│"];

/** One value a column: the mean of the points there, or on the line between the nearest two where there are none. */
function resample(points: readonly Point[], columns: number): number[] {
  const first = points[0].step, span = points.at(-1)!.step - first;
  if (span <= 0) return new Array(columns).fill(mean(points));
  const columnOf = ({ step }: Point) => Math.round((step - first) / span * (columns - 1));
  const values = new Array<number>(columns);
  let previous = 0;
  for (const [column, here] of Map.groupBy(points, columnOf)) {
    values[column] = mean(here);
    for (let between = previous + 1; between < column; between++) {
      const share = (between - previous) / (column - previous);
      values[between] = values[previous] + (values[column] - values[previous]) * share;
    }
    previous = column;
  }
  return values;
}

function mean(points: readonly Point[]): number {
  return points.reduce((sum, { value }) => sum + value / points.length, 0);
}

/** The lowest and highest value, moved apart where they differ by rounding only. */
function rangeOf(values: readonly number[]): [number, number] {
  const low = Math.min(...values), high = Math.max(...values);
  const margin = high - low > Math.abs(low) * 1e-9 ? 0 : Math.abs(low) / 10 || 1;
  return [low - margin, high + margin];
}

/** Three digits: what neighbours on a logarithmic axis need. */
function digits(value: number): string {
  const text = value >= 1e-3 && value < 1e4 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
  return `${text} `.padStart(LABEL_WIDTH - 1);
}

/** Labels as short as tells neighbours apart: plain decimals, or powers of ten for very large and small values. */
function formatted(values: readonly number[]): string[] {
  const largest = Math.max(...values.map(Math.abs));
  const nearest = Math.min(...values.slice(1).map((value, i) => Math.abs(value - values[i])));
  const decimals = Math.max(0, Math.ceil(1 - Math.log10(nearest)));
  const plain = largest < 1e6 && decimals <= 5;
  return values.map((value) =>
    `${plain ? value.toFixed(decimals) : value.toExponential(1)} `.padStart(LABEL_WIDTH - 1)
  );
}

/**
 * The points as a line chart of text, without colour and without a line break at its end:
 *
 * ```text
 * training loss
 *     2.29 ┤─╮
 *     1.54 ┤ ╰──╮
 *     0.79 ┤    ╰─────╮
 *     0.05 ┤          ╰─────────────────
 *           step 1 … 1500
 * ```
 *
 * Values that are not finite are left out. The labels are in the values' own unit, whatever the scale.
 */
export function terminalChart(title: string, points: readonly Point[], options: TerminalChartOptions): string {
  return terminalLines(title, [points], options);
}

/** A {@linkcode terminalChart} of several lines over the same steps; where they meet the last is drawn on top. */
export function terminalLines(
  title: string,
  lines: readonly (readonly Point[])[],
  { width, height = 8, log = false }: TerminalChartOptions,
): string {
  const shown = lines.map((points) =>
    points.filter(({ value }) => Number.isFinite(value) && (!log || value > 0))
      .map(({ step, value }) => ({ step, value: log ? Math.log(value) : value }))
  ).filter((points) => points.length > 0);
  if (shown.length === 0) return `${title}\n(no values to draw)`;
  const values = shown.map((points) => resample(points, Math.max(width, MIN_WIDTH) - LABEL_WIDTH + 1)); // n values make n − 1 columns
  const [low, high] = rangeOf(values.flat());
  const ticks = Array.from({ length: height + 1 }, (_, row) => low + (high - low) * row / height);
  const labels = log ? ticks.map((tick) => digits(Math.exp(tick))) : formatted(ticks);
  // asciichart rounds to the rows of a grid of its own: it is given rows, not values
  const rows = values.map((line) => line.map((value) => (value - low) / (high - low) * height));
  const format = (row: number) => labels[Math.round(row)];
  const chart: string = plot(rows, { height, min: 0, max: height, offset: 2, symbols: SYMBOLS, format });
  const text = chart.split("\n").map((line) => line.trimEnd());
  const first = shown[0][0].step, last = shown[0].at(-1)!.step;
  const steps = (first === last ? `step ${first}` : `step ${first} … ${last}`) +
    (log ? " (vertical axis logarithmic)" : "");
  return [title, ...text, " ".repeat(LABEL_WIDTH) + steps].join("\n");
}
