/**
 * Training curves as a picture.
 * @module
 */
import type { Config, TopLevelSpec } from "vega-lite";

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

const WIDTH = 520, HEIGHT = 240; // of one diagram's inside, in pixels
const MAX_POINTS = WIDTH; // a series: more than that cannot be told apart
const SPARSE = 40; // so many points a series are marked; a single one would be invisible else
const LEGEND_COLUMNS = 3;
/** Okabe and Ito's colours (2008), which colour-blind people tell apart, without the yellow that is too pale for a line. */
const COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"];
const INK = "#222222", FAINT_INK = "#555555", GRID = "#e8e8e8";

const CONFIG: Config = {
  background: "white",
  font: "Helvetica, Arial, 'Liberation Sans', sans-serif",
  padding: 14,
  view: { stroke: null },
  line: { strokeWidth: 1.8, strokeCap: "round", strokeJoin: "round" },
  title: { anchor: "start", color: INK, fontSize: 15, fontWeight: 600, frame: "group", offset: 12 },
  axis: {
    domainColor: FAINT_INK,
    gridColor: GRID,
    labelColor: FAINT_INK,
    labelFontSize: 12,
    labelPadding: 6,
    ticks: false,
    titleColor: INK,
    titleFontSize: 13,
    titleFontWeight: "normal",
    titlePadding: 10,
  },
  axisY: { domain: false, minExtent: 54 }, // the same space for labels in each diagram
  axisX: { grid: false, domain: true },
  legend: {
    labelColor: INK,
    labelFontSize: 12,
    labelLimit: 0,
    symbolStrokeWidth: 2.5,
    symbolSize: 260,
    symbolType: "stroke",
    columnPadding: 18,
  },
  concat: { spacing: 30 },
};

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

/** The lowest and the highest, moved apart where they are one; [0, 1] of none. */
function extentOf(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  const [low, high] = values.reduce(([low, high], x) => [Math.min(low, x), Math.max(high, x)], [Infinity, -Infinity]);
  const margin = low < high ? 0 : Math.abs(low) / 10 || 1;
  return [low - margin, high + margin];
}

/** Every digit within a power of ten; 1, 2, 5, 10, … over a few; only (some of) the powers over many. */
function logTicks([low, high]: [number, number]): number[] {
  const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high));
  const decades = Math.log10(high / low), stride = Math.ceil(decades / 6);
  const digits = decades > 2.5 ? [1] : decades > 0.7 ? [1, 2, 5] : [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const powers = Array.from({ length: last - first + 1 }, (_, i) => first + i).filter((power) => power % stride === 0);
  return powers.flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)));
}

/** The vertical axis. Over less than a factor of two a log scale looks linear but has hardly a round number to label. */
function vertical({ y, scale }: Panel, rows: readonly Row[]): object {
  const axis = { field: "value", type: "quantitative", title: y };
  const [low, high] = extentOf(rows.map(({ value }) => value));
  if (scale !== "log" || rows.length === 0 || high / low < 2) {
    return { ...axis, scale: { domain: [low, high], zero: false, nice: 6 }, axis: { tickCount: 6 } };
  }
  const margin = (high / low) ** 0.04;
  const domain: [number, number] = [low / margin, high * margin];
  return { ...axis, scale: { type: "log", domain, nice: false }, axis: { values: logTicks(domain), format: "~g" } };
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
  const [vega, vegaLite] = await Promise.all([import("vega"), import("vega-lite")]);
  const names = [...new Set(panels.flatMap(({ series }) => series.map(({ name }) => name)))];
  const colourOf = (name: string) => COLOURS[names.indexOf(name) % COLOURS.length];
  const steps = extentOf(panels.flatMap(rowsOf).map(({ step }) => step));
  const spec: TopLevelSpec = {
    vconcat: panels.map((panel) => diagram(panel, steps, colourOf)),
    config: CONFIG,
    resolve: { scale: { color: "independent" } },
  };
  const view = new vega.View(vega.parse(vegaLite.compile(spec).spec), { renderer: "none" });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
