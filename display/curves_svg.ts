/**
 * Training curves as a picture.
 * @module
 */
import { COLOURS, extentOf, HEIGHT, LEGEND_COLUMNS, linearAxis, logAxis, picture, WIDTH } from "./vega.ts";

/** A line: what was measured at which steps. */
export interface Series {
  /** What the legend calls it. The same name has the same colour in every panel. */
  readonly name: string;
  /** Ascending in `step`. */
  readonly points: readonly { readonly step: number; readonly value: number }[];
}

/** One diagram of a picture. */
export interface Panel {
  /** Stands above the diagram. */
  readonly title: string;
  /** The vertical axis's name, with the unit if there is one. */
  readonly y: string;
  /** The vertical axis; `"linear"` unless told. */
  readonly scale?: "log" | "linear";
  /** The lines, in the legend's order. */
  readonly series: readonly Series[];
}

interface Row {
  series: string;
  step: number;
  value: number;
}

const MAX_POINTS = WIDTH; // a series: more than that cannot be told apart
const SPARSE = 40; // so many points a series are marked; a single one would be invisible else

/** Neighbouring points averaged to at most {@linkcode MAX_POINTS}; on a log scale the mean is the geometric one. */
function thin(points: Series["points"], log: boolean): Series["points"] {
  const bin = Math.ceil(points.length / MAX_POINTS);
  if (bin <= 1) return points;
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return Array.from({ length: Math.ceil(points.length / bin) }, (_, i) => {
    const here = points.slice(i * bin, (i + 1) * bin);
    const values = here.map(({ value }) => value);
    return {
      step: mean(here.map(({ step }) => step)),
      value: log ? Math.exp(mean(values.map(Math.log))) : mean(values),
    };
  });
}

/** What a panel draws. */
function rowsOf({ series, scale }: Panel): Row[] {
  const log = scale === "log";
  return series.flatMap(({ name, points }) => {
    const drawable = points.filter(({ value }) => Number.isFinite(value) && (!log || value > 0));
    return thin(drawable, log).map(({ step, value }) => ({ series: name, step, value }));
  });
}

/** The vertical axis. */
function vertical({ y, scale }: Panel, rows: readonly Row[]): object {
  const values = rows.map(({ value }) => value);
  return { field: "value", type: "quantitative", title: y, ...scale === "log" ? logAxis(values) : linearAxis(values) };
}

function diagram(panel: Panel, steps: [number, number], colourOf: (name: string) => string) {
  const rows = rowsOf(panel), names = panel.series.map(({ name }) => name);
  return {
    title: panel.title,
    width: WIDTH,
    height: HEIGHT,
    data: { values: rows },
    mark: { type: "line" as const, point: rows.length <= SPARSE * names.length && { size: 28, filled: true } },
    encoding: {
      x: {
        field: "step" as const,
        type: "quantitative" as const,
        scale: { domain: steps, nice: false },
        axis: { tickCount: 6, format: ",~f" },
      },
      y: vertical(panel, rows),
      color: {
        field: "series" as const,
        type: "nominal" as const,
        scale: { domain: names, range: names.map(colourOf) },
        legend: names.length > 1 ? { title: null, orient: "top" as const, columns: LEGEND_COLUMNS } : null,
      },
    },
  };
}

/**
 * The panels, one below the other, as an SVG document. The same panels give the same text. Values that are not finite, and
 * on a log scale those ≤ 0, are left out; long series are averaged to a point a pixel.
 */
export async function curvesSvg(panels: readonly Panel[]): Promise<string> {
  const names = [...new Set(panels.flatMap(({ series }) => series.map(({ name }) => name)))];
  const colourOf = (name: string) => COLOURS[names.indexOf(name) % COLOURS.length];
  const steps = extentOf(panels.flatMap(rowsOf).map(({ step }) => step));
  return await picture(panels.map((panel) => diagram(panel, steps, colourOf)));
}
