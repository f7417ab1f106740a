/**
 * The picture of cost against size.
 * @module
 */
import { COLOURS, extentOf, logAxis, picture } from "../display/vega.ts";
import type { Row } from "./figure.ts";

/** The cost of an optimizer by size. */
export interface Line {
  readonly optimizer: string;
  /** By size; `cost` is relative to the baseline's. */
  readonly points: readonly {
    readonly size: number;
    readonly cost: number;
    readonly low: number;
    readonly high: number;
  }[];
}

/** What a panel shows. */
export interface Panel {
  readonly axis: string;
  readonly lines: readonly Line[];
  /** Of the baseline, at the smallest and the largest size. */
  readonly milliseconds?: readonly [number, number];
}

const WIDTH = 460, LABEL = 10; // pixels; a label needs 11, and a little more than its line may move

/** The panels that rows make: one an axis, of steps that were timed at two sizes or more. */
export function panels(rows: readonly Row[], baseline = "sgd"): Panel[] {
  const timed = rows.flatMap(({ place, result }) => place?.milliseconds && result ? [{ ...place, ...result }] : []);
  return [...Map.groupBy(timed, ({ axis }) => axis)].flatMap(([axis, points]): Panel[] => {
    const lines = [...Map.groupBy(points, ({ optimizer }) => optimizer)].map(([optimizer, points]): Line => ({
      optimizer,
      points: points.map(({ size, median, low, high }) => ({ size, cost: median, low, high })),
    }));
    if (!lines.some(({ points }) => points.length > 1)) return [];
    const times = points.filter(({ optimizer }) => optimizer === baseline).map(({ milliseconds }) => milliseconds!);
    return [{ axis, lines, ...times.length > 0 && { milliseconds: [times[0], times[times.length - 1]] } }];
  });
}

/** Moves values apart, so that each is at least `gap` from the next and all lie within `limits`: in order, and not far. */
export function apart(values: readonly number[], gap: number, [low, high]: readonly [number, number]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  const cluster = (members: readonly number[]) => {
    const centre = members.reduce((sum, member) => sum + values[member], 0) / members.length;
    const extent = gap * (members.length - 1);
    const bottom = Math.max(low, Math.min(centre - extent / 2, high - extent));
    return { members, bottom, top: bottom + extent };
  };
  const clusters: ReturnType<typeof cluster>[] = [];
  for (const member of order) {
    let next = cluster([member]);
    for (let last; (last = clusters.at(-1)) && next.bottom - last.top < gap; clusters.pop()) {
      next = cluster([...last.members, ...next.members]);
    }
    clusters.push(next);
  }
  const moved = [...values];
  for (const { members, bottom } of clusters) members.forEach((member, i) => moved[member] = bottom + i * gap);
  return moved;
}

/** The picture of these rows as an SVG document; undefined where no cost was measured at two sizes. */
export async function costPicture(rows: readonly Row[]): Promise<string | undefined> {
  const drawn = panels(rows);
  if (drawn.length === 0) return undefined;
  const names = [...new Set(drawn.flatMap(({ lines }) => lines.map(({ optimizer }) => optimizer)))];
  return await picture(drawn.map((panel) => diagram(panel, names)));
}

const DASHES = [[1, 0], [5, 3], [1, 3]]; // one after the other where there are more lines than colours

function diagram({ axis, lines, milliseconds }: Panel, names: readonly string[]): object {
  const points = lines.flatMap(({ optimizer, points }) => points.map((point) => ({ optimizer, ...point })));
  const height = Math.max(160, 60 + lines.length * (LABEL + 3));
  const sizes = [...new Set(points.map(({ size }) => size))].sort((a, b) => a - b);
  const costs = points.flatMap(({ low, high }) => [low, high]), [low, high] = extentOf(costs);
  const gap = Math.log(high / low) * (LABEL + 3) / height;
  const ends = [...Map.groupBy(lines, ({ points }) => points.at(-1)!.size)].flatMap(([size, lines]) => {
    const places = apart(lines.map(({ points }) => Math.log(points.at(-1)!.cost)), gap, [
      Math.log(low),
      Math.log(high),
    ]);
    return lines.map(({ optimizer }, i) => ({ optimizer, size, cost: Math.exp(places[i]) }));
  });
  const colour = {
    field: "optimizer",
    type: "nominal",
    scale: { domain: names, range: names.map((_, i) => COLOURS[i % COLOURS.length]) },
    legend: null,
  };
  const dash = {
    ...colour,
    scale: { domain: names, range: names.map((_, i) => DASHES[Math.floor(i / COLOURS.length) % DASHES.length]) },
  };
  const x = {
    field: "size",
    type: "quantitative",
    title: axis,
    scale: { type: "log", domain: extentOf(sizes), nice: false },
    axis: { values: sizes, format: "~d" },
  };
  const y = { field: "cost", type: "quantitative", title: "time of a step / sgd's", ...logAxis(costs) };
  const times = milliseconds?.map((time) => `${Number(time.toPrecision(2))} ms`).join(" … ");
  return {
    title: { text: `Cost of a step against ${axis}`, ...times && { subtitle: `sgd: ${times}` } },
    width: WIDTH,
    height,
    encoding: { x, color: colour },
    layer: [
      {
        data: { values: points },
        mark: { type: "rule", opacity: 0.5 },
        encoding: { y: { ...y, field: "low" }, y2: { field: "high" } },
      },
      { data: { values: points }, mark: { type: "line", point: { size: 22 } }, encoding: { y, strokeDash: dash } },
      {
        data: { values: ends },
        mark: { type: "text", align: "left", dx: 7, fontSize: LABEL + 1 },
        encoding: { y, text: { field: "optimizer" } },
      },
    ],
  };
}
