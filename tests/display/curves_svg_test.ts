import { assert, assertEquals, assertFalse } from "@std/assert";
import { curvesSvg, type Panel } from "../../display/curves_svg.ts";

const points = (values: number[], every = 1) => values.map((value, i) => ({ step: i * every, value }));
const one = (values: number[], scale?: Panel["scale"]): Panel => ({
  title: "Loss",
  y: "cross-entropy",
  scale,
  series: [{ name: "apo", points: points(values) }],
});

/** The lines of a picture: each is its corners, in pixels, and its colour. */
function linesOf(svg: string): { corners: [number, number][]; colour: string }[] {
  const drawn = svg.matchAll(/mark-line[^>]*>.*?<\/g>/gs);
  return [...drawn].flatMap(([group]) =>
    [...group.matchAll(/<path [^>]*?d="(M[^"]*)"[^>]*?stroke="([^"]*)"/g)].map(([, path, colour]) => ({
      corners: path.slice(1).split("L").map((corner) => corner.split(",").map(Number) as [number, number]),
      colour,
    }))
  );
}
const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

Deno.test("curvesSvg: a linear axis places the points in proportion", async () => {
  const [{ corners }] = linesOf(await curvesSvg([one([0, 1, 4, 2])]));
  assertEquals(corners.length, 4);
  const [a, b, c, d] = corners;
  assert(Math.abs((b[0] - a[0]) - (d[0] - c[0])) < 0.01);
  assert(Math.abs((a[1] - c[1]) - 4 * (a[1] - b[1])) < 0.01, `${corners}`);
  assert(Math.abs((a[1] - d[1]) - 2 * (a[1] - b[1])) < 0.01, `${corners}`);
});

Deno.test("curvesSvg: a log axis makes a geometric decay straight, with its powers as labels", async () => {
  const svg = await curvesSvg([one([1000, 100, 10, 1], "log")]);
  const [{ corners: [a, b, c, d] }] = linesOf(svg);
  for (const [from, to] of [[b, c], [c, d]]) assert(Math.abs((to[1] - from[1]) - (b[1] - a[1])) < 0.01);
  for (const label of ["1000", "100", "10", "1"]) assert(texts(svg).includes(label), `${texts(svg)}`);
});

Deno.test("curvesSvg: log axes over little and over much have a few readable labels", async () => {
  for (const [low, high] of [[0.3, 0.4], [0.02, 0.6], [1e-12, 1e12]]) {
    const labels = texts(await curvesSvg([one([low, high], "log")])).filter((text) =>
      /^[\d.]+(e[+-]?\d+)?$/.test(text)
    );
    const steps = ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"].length;
    const values = labels.length - steps;
    assert(values >= 2 && values <= 10, `${low} … ${high}: ${labels}`);
  }
});

Deno.test("curvesSvg: values that cannot be drawn are left out", async () => {
  const linear = await curvesSvg([one([1, NaN, 3, Infinity, -2])]);
  assertEquals(linesOf(linear)[0].corners.length, 3);
  const log = await curvesSvg([one([1, 0, -1, 3, NaN], "log")]);
  assertEquals(linesOf(log)[0].corners.length, 2);
});

Deno.test("curvesSvg: nothing, one point and a constant make a valid picture", async () => {
  const panels = [[], [NaN], [5], [3, 3, 3]].flatMap((values) => [one(values), one(values, "log")]);
  for (const panel of panels) {
    const svg = await curvesSvg([panel]);
    assert(svg.startsWith("<svg") && svg.endsWith("</svg>"));
    assertFalse(/NaN|Infinity|undefined/.test(svg), svg);
    assert(texts(svg).includes("Loss"));
  }
});

Deno.test("curvesSvg: the same name has the same colour in every panel, and only several lines have a legend", async () => {
  const series = (name: string) => ({ name, points: points([1, 2, 3]) });
  const panel = (title: string, ...names: string[]): Panel => ({ title, y: "y", series: names.map(series) });
  const svg = await curvesSvg([panel("P", "sgd", "apo & <co>"), panel("Q", "apo & <co>"), panel("R", "adam", "sgd")]);
  const colours = linesOf(svg).map(({ colour }) => colour);
  const [sgd, apo, adam] = ["#0072B2", "#D55E00", "#009E73"];
  assertEquals(colours.toSorted(), [sgd, apo, apo, adam, sgd].toSorted());
  const words = texts(svg);
  assertEquals(["sgd", "apo &amp; &lt;co&gt;", "adam"].map((name) => words.filter((word) => word === name).length), [
    2,
    1,
    1,
  ]);
  assertEquals(["P", "Q", "R"].filter((title) => words.includes(title)), ["P", "Q", "R"]);
});

// A run of a million steps must not make a picture of megabytes, and a mean must stay a mean.
Deno.test("curvesSvg: long series are averaged, geometrically on a log scale", async () => {
  const noisy = Array.from({ length: 103_998 }, (_, i) => i % 2 === 0 ? 0.1 : 10);
  for (const scale of ["linear", "log"] as const) {
    const svg = await curvesSvg([one([...noisy, 100, 0.01], scale)]);
    const [{ corners }] = linesOf(svg);
    assert(corners.length <= 1000 && corners.length > 200, `${corners.length}`);
    const heights = corners.slice(0, -1).map(([, y]) => y);
    assert(Math.max(...heights) - Math.min(...heights) < 3, "the noise is averaged away");
  }
});

Deno.test("curvesSvg: the same panels give the same text", async () => {
  const panels = [one([1, 2, 3], "log"), one([3, 2])];
  const first = await curvesSvg(panels);
  await curvesSvg([one([7])]);
  assertEquals(await curvesSvg(panels), first);
});
