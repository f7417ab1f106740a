/**
 * How all pictures look, and their axes.
 * @module
 */
import type { Config, TopLevelSpec } from "vega-lite";

/** The inside of one diagram, in pixels. */
export const WIDTH = 520, HEIGHT = 240;
/** A legend with more columns would be wider than a diagram. */
export const LEGEND_COLUMNS = 3;
/** Okabe and Ito's colours (2008), which colour-blind people tell apart, without the yellow that is too pale for a line. */
export const COLOURS: readonly string[] = [
  "#0072B2",
  "#D55E00",
  "#009E73",
  "#CC79A7",
  "#E69F00",
  "#56B4E9",
  "#000000",
];
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
  range: { category: [...COLOURS] },
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

/** The lowest and the highest, moved apart where they are one; [0, 1] of none. */
export function extentOf(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  const [low, high] = values.reduce(([low, high], x) => [Math.min(low, x), Math.max(high, x)], [Infinity, -Infinity]);
  const margin = low < high ? 0 : Math.abs(low) / 10 || 1;
  return [low - margin, high + margin];
}

/** Every digit within a power of ten; 1, 2, 5, 10, … over a few; only (some of) the powers over many. */
function logTicks([low, high]: [number, number]): number[] {
  const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high));
  const decades = Math.log10(high / low), stride = Math.ceil(decades / 6);
  const digits = decades > 2.5 ? [1] : decades > 0.7 ? [1, 2, 5] : [1, 1.2, 1.5, 2, 3, 4, 5, 6, 7, 8, 9];
  const powers = Array.from({ length: last - first + 1 }, (_, i) => first + i).filter((power) => power % stride === 0);
  return powers.flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)));
}

/** A logarithmic axis. Over less than a factor of two it would look linear but has hardly a round number to label. */
export function logAxis(values: readonly number[]): object {
  const [low, high] = extentOf(values);
  if (values.length === 0 || high / low < 2) return linearAxis(values);
  const margin = (high / low) ** 0.04;
  const domain: [number, number] = [low / margin, high * margin];
  return { scale: { type: "log", domain, nice: false }, axis: { values: logTicks(domain), format: "~g" } };
}

/** A linear axis. */
export function linearAxis(values: readonly number[]): object {
  return { scale: { domain: extentOf(values), zero: false, nice: 6 }, axis: { tickCount: 6 } };
}

/** The diagrams, one below the other, as an SVG document. The same diagrams give the same text. */
export async function picture(diagrams: readonly object[]): Promise<string> {
  const [vega, vegaLite] = await Promise.all([import("vega"), import("vega-lite")]);
  const spec = {
    vconcat: diagrams,
    config: CONFIG,
    resolve: { scale: { color: "independent", strokeDash: "independent" } },
  } as TopLevelSpec;
  const view = new vega.View(vega.parse(vegaLite.compile(spec).spec), { renderer: "none" });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
