import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { basename } from "node:path";
import type { Row } from "../../bench/figure.ts";
import { grids } from "../../bench/grid.ts";
import { apart, costPicture, panels } from "../../bench/picture.ts";
import { makeFolder, nameOf, type Results, writeResults } from "../../bench/results.ts";
import { UserError } from "../../runtime/errors.ts";
import { ended, fileNames, inFolder, startTask } from "../cli/command.ts";

const row = (optimizer: string, axis: string, size: number, cost?: number): Row => ({
  what: `${optimizer}, ${axis} ${size}`,
  unit: "×",
  ...cost === undefined ? { detail: "too slow" } : { result: { median: cost, low: 0.9 * cost, high: 1.1 * cost } },
  place: { axis, size, optimizer, ...cost !== undefined && { milliseconds: 10 * cost } },
});
const rows: Row[] = [
  row("sgd", "width", 64, 1),
  row("soap", "width", 64, 8),
  row("sgd", "width", 256, 1),
  row("soap", "width", 256, 12),
  row("sgd", "width", 1024, 1),
  row("soap", "width", 1024),
  row("apo-sgd", "K", 10, 1.5),
  { what: "something else", unit: "MB", result: { median: 1, low: 1, high: 1 } },
];
const results: Results = {
  measured: "2026-01-02T03:04:05.678Z",
  command: "deno task bench",
  quick: false,
  machine: {
    cpu: "Intel(R) Xeon(R) CPU E5-2670 v3 @ 2.30GHz",
    cores: 2,
    system: "x86_64-unknown-linux-gnu 6.1",
    backend: "wasm (relaxed SIMD, 1 thread): no GPU adapter",
    versions: { apo: "0.1.0" },
  },
  figures: { scaling: { description: "steps", seconds: 3, rows } },
};

Deno.test("nameOf: machine, backend and time, safe in file names and links", () => {
  assertEquals(nameOf(results), "intel-xeon-e5-2670-v3-2-cores-wasm-2026-01-02t03-04-05");
  const machine = { ...results.machine, cpu: "Apple M4 Max", cores: 16, backend: "webgpu (Apple M4 Max)" };
  assertEquals(nameOf({ ...results, machine, quick: true }), "apple-m4-max-16-cores-webgpu-2026-01-02t03-04-05-quick");
});

Deno.test("writeResults: all of it as JSON, and a picture where sizes were varied", () =>
  inFolder(async (folder) => {
    const out = `${folder}/a/b`;
    await makeFolder(out);
    const [json, svg] = await writeResults(out, results);
    assertEquals(JSON.parse(await Deno.readTextFile(json)), results);
    assertStringIncludes(await Deno.readTextFile(svg), "soap");
    const one = await writeResults(out, { ...results, quick: true, figures: {} });
    assertEquals(one.length, 1);
    await assertRejects(() => makeFolder(`${json}/c`), UserError, "--out=");
    assertEquals(fileNames(out), [json, svg, one[0]].map((path) => basename(path)).sort(), "trying leaves nothing");
  }));

Deno.test("deno task bench: figures, machine and command in a file", () =>
  inFolder(async (folder) => {
    const flags = ["--quick", "--only=gpu,dispatches", `--out=${folder}/out`];
    const { code, stdout, stderr } = await ended(await startTask("bench", ...flags));
    assertEquals(code, 0, stderr);
    const [file] = await Array.fromAsync(Deno.readDir(`${folder}/out`));
    const written: Results = JSON.parse(await Deno.readTextFile(`${folder}/out/${file.name}`));
    assertEquals(file.name, `${nameOf(written)}.json`);
    assertEquals([written.command, written.quick], [["deno task bench", ...flags].join(" "), true]);
    assertEquals(written.machine.versions.deno, Deno.version.deno);
    assertEquals(Object.keys(written.figures), ["dispatches", "gpu"]);
    const rows = Object.values(written.figures).flatMap(({ rows }) => rows);
    assert(rows.every(({ result, detail }) => result !== undefined || detail !== undefined));
    assertStringIncludes(stdout, `${folder}/out/${file.name}`);
    // a meta step is more than a plain one, momentum more than none; nothing to compare where there is no adapter
    const count = (name: string) =>
      rows.find(({ what, unit }) => what === name && unit === "dispatches")?.result?.median ?? NaN;
    const ordered = ["sgd", "momentum", "apo-momentum", "apo-momentum, meta step"].map(count);
    if (!ordered.every(Number.isNaN)) assertEquals(ordered, ordered.toSorted((a, b) => a - b));
  }));

Deno.test("grids: a grid an axis, half the distance of the quartiles, gaps where nothing was measured", () => {
  assertEquals(grids(rows).split("\n"), [
    "  width          64          256        1024",
    "  sgd    1.00 ±0.10   1.00 ±0.10  1.00 ±0.10",
    "  soap   8.00 ±0.80  12.00 ±1.20           –",
    "",
    "  K                10",
    "  apo-sgd  1.50 ±0.15",
  ]);
});

Deno.test("panels: axes with two sizes or more, lines as far as they were measured, the baseline's times", () => {
  const [panel, ...others] = panels(rows);
  assertEquals(others, []);
  assertEquals([panel.axis, panel.milliseconds], ["width", [10, 10]]);
  assertEquals(panel.lines.map(({ optimizer, points }) => [optimizer, points.map(({ size, cost }) => [size, cost])]), [
    ["sgd", [[64, 1], [256, 1], [1024, 1]]],
    ["soap", [[64, 8], [256, 12]]],
  ]);
});

Deno.test("apart: at least the gap, in order, near their places, within the limits", () => {
  const limits = [0, 10] as const;
  assertEquals(apart([5, 1, 9], 1, limits), [5, 1, 9]);
  assertEquals(apart([5, 5, 5], 1, limits), [4, 5, 6]);
  assertEquals(apart([0, 0.2], 1, limits), [0, 1]);
  assertEquals(apart([10, 9.9, 2], 1, limits), [10, 9, 2]);
  const crowded = apart([1, 1.1, 1.2, 2.4, 2.5], 1, limits);
  crowded.slice(1).forEach((value, i) => assert(value - crowded[i] >= 1 - 1e-12, `${crowded}`));
});

Deno.test("costPicture: every line drawn and labelled, sizes on the axis; nothing to draw, no picture", async () => {
  const svg = (await costPicture(rows))!;
  const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
  for (const text of ["sgd", "soap", "64", "256", "1024", "width", "sgd: 10 ms … 10 ms"]) {
    assert(texts.includes(text), `${text} in ${texts}`);
  }
  const lines = [...svg.matchAll(/mark-line[^>]*>.*?<\/g>/gs)].flatMap(([group]) => [...group.matchAll(/d="M[^"]*L/g)]);
  assertEquals(lines.length, 2);
  assertEquals(await costPicture(rows.slice(0, 2)), undefined);
});
