/**
 * Lines in a picture.
 * @module
 */
import { COLOURS, extentOf, HEIGHT, LEGEND_COLUMNS, linearAxis, logAxis, picture, WIDTH } from "../../display/vega.ts";

/** A diagram. */
export interface Diagram {
  readonly title: string;
  readonly x: Axis;
  /** Always logarithmic: what is not positive is left out. */
  readonly y: Pick<Axis, "title">;
  /** In the legend's order; the same name has the same colour in every diagram. */
  readonly lines: readonly Line[];
}

/** An axis. */
export interface Axis {
  readonly title: string;
  readonly log?: boolean;
}

/** A line. */
export interface Line {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

const SPARSE = 40; // so many points a line are marked

/** The diagrams, one below the other, as an SVG document. The same diagrams give the same text. */
export async function drawn(diagrams: readonly Diagram[]): Promise<string> {
  const names = [...new Set(diagrams.flatMap(({ lines }) => lines.map(({ name }) => name)))];
  const colourOf = (name: string) => COLOURS[names.indexOf(name) % COLOURS.length];
  const dashOf = (name: string) => names.indexOf(name) < COLOURS.length ? [1, 0] : [5, 3];
  return await picture(diagrams.map(({ title, x, y, lines }) => {
    const rows = lines.flatMap(({ name, points }) =>
      points.filter((point) => point.y > 0 && Number.isFinite(point.y) && (!x.log || point.x > 0))
        .map((point) => ({ line: name, ...point }))
    );
    const shown = lines.map(({ name }) => name), xs = rows.map(({ x }) => x), [low, high] = extentOf(xs);
    const horizontal = x.log ? logAxis(xs) : {
      scale: { domain: [Math.min(0, low), high], nice: false },
      axis: { tickCount: 6, format: ",~f" },
    };
    const channel = (range: unknown[]) => ({
      field: "line",
      type: "nominal",
      scale: { domain: shown, range },
      legend: shown.length > 1 ? { title: null, orient: "top", columns: LEGEND_COLUMNS } : null,
    });
    return {
      title,
      width: WIDTH,
      height: HEIGHT,
      data: { values: rows },
      mark: { type: "line", point: rows.length <= SPARSE * shown.length && { size: 28, filled: true } },
      encoding: {
        x: { field: "x", type: "quantitative", title: x.title, ...horizontal },
        y: {
          field: "y",
          type: "quantitative",
          title: y.title,
          ...rows.length > 0 ? logAxis(rows.map(({ y }) => y)) : linearAxis([]),
        },
        color: channel(shown.map(colourOf)),
        strokeDash: channel(shown.map(dashOf)),
      },
    };
  }));
}
