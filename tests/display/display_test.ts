/** What notebooks show: tables, pictures, and the objects that show themselves. */
import { assert, assertEquals, assertFalse, assertStringIncludes, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  chooseBackend,
  curves,
  diagrams,
  type Displayable,
  findRate,
  fit,
  fixedRate,
  gaussian,
  gradient,
  jupyterDisplay,
  layerTable,
  linear,
  mlp,
  rosenbrockModel,
  rows,
  table,
  UserError,
} from "../../mod.ts";
import { openRun } from "../../runs/mod.ts";
import { call, inFolder } from "../cli/command.ts";

await chooseBackend("cpu");

const problem = { model: linear(1, 1), output: gaussian() };
const data = { train: rows({ inputs: [[0], [1], [2]], targets: [[1], [3], [5]] }) };

/** As Deno's kernel does: the symbol is looked up by its name. */
const formats = async (value: Displayable) =>
  // deno-lint-ignore no-explicit-any
  await (value as any)[Symbol.for("Jupyter.display")]() as Record<string, string>;
const cells = (html: string) => [...html.matchAll(/<t[dh]>(.*?)<\/t[dh]>/g)].map(([, text]) => text);

Deno.test("table: numbers in three digits, text as it is, the best in bold, in HTML and in columns", async () => {
  const { "text/html": html, "text/plain": plain } = await formats(
    table(["optimizer", "loss"], [["sgd <b>&", 0.123456], ['"apo"', 1e-7], ["x", { text: "1", best: true }]]),
  );
  assertEquals(cells(html), [
    ...["optimizer", "loss", "sgd &#60;b&#62;&#38;", "0.123"],
    ...["&#34;apo&#34;", "1.0e-7", "x", "<strong>1</strong>"],
  ]);
  assertEquals(plain.split("\n"), [
    "  optimizer    loss",
    "  sgd <b>&    0.123",
    '  "apo"      1.0e-7',
    "  x               1",
  ]);
});

Deno.test("table: a row of another length is refused by its number; no rows are fine", async () => {
  const error = assertThrows(() => table(["a", "b"], [["1", 2], ["3"]]), UserError, "rows[1]");
  assertStringIncludes(error.message, "give 2");
  assertEquals(cells((await formats(table(["a", "b"], [])))["text/html"]), ["a", "b"]);
});

Deno.test("layerTable: counts what the model has, whatever its parameters are called", async () => {
  const model = mlp([5, 4, 3]), { params } = model.init(0);
  const size = Object.values(params).reduce((sum, x) => sum + x.size, 0);
  tf.dispose(params);
  assertEquals(layerTable(model).rows.at(-1), ["all", "", String(size)]);
  assertEquals(layerTable(rosenbrockModel()).rows, [["x", "x 1×2", "2"], ["all", "", "2"]]);
  assertStringIncludes((await formats(layerTable(model)))["text/html"], "kernel 5×4, bias 4");
});

Deno.test("curves: an SVG document, and where there are no pictures a chart of text with the lines' names", async () => {
  const series = ["apo", "sgd"].map((name, i) => ({
    name,
    points: [1, 2, 4].map((y, step) => ({ step, value: y + i })),
  }));
  const picture = curves([{ title: "Loss", y: "loss", scale: "log", series }]);
  const { "image/svg+xml": svg, "text/plain": plain } = await formats(picture);
  assertEquals(svg, await picture.svg());
  assert(svg.startsWith("<svg"));
  assertStringIncludes(plain, "Loss: apo, sgd\n");
  assertStringIncludes(plain, "step 0 … 2 (vertical axis logarithmic)");
});

Deno.test("diagrams: any view of Vega-Lite, in the library's colours, with text to stand in for it", async () => {
  const values = ["a", "b"].flatMap((name) => [0, 1].map((x) => ({ name, x, y: x })));
  const channel = (field: string, type: string) => ({ field, type });
  const encoding = {
    x: channel("x", "quantitative"),
    y: channel("y", "quantitative"),
    color: channel("name", "nominal"),
  };
  const shown = await formats(diagrams("two lines", [{ data: { values }, mark: "line", encoding }]));
  for (const colour of ["#0072B2", "#D55E00"]) assertStringIncludes(shown["image/svg+xml"], `stroke="${colour}"`);
  assertEquals(shown["text/plain"], "two lines");
});

Deno.test("fit: what it says at the end shows itself as the numbers that it holds", async () => {
  const optimizer = fixedRate({ problem, direction: gradient(), learningRate: 0.125 });
  for await (const event of fit({ problem, optimizer, data, steps: 3 })) {
    assertEquals(jupyterDisplay in event, event.kind === "finished");
    if (event.kind !== "finished") continue;
    const shown = await formats(event), all = cells(shown["text/html"]);
    assertEquals(all[0], "after 3 steps");
    assertEquals(Number(all[all.indexOf("training loss") + 1]), Number(event.train.loss.toPrecision(3)));
    assertFalse("trained" in shown);
  }
});

Deno.test("findRate: shows the rates, and the picture as an image that needs no trust", async () => {
  const found = await findRate({ problem, direction: gradient(), data, steps: 40, seeds: 2 });
  const shown = await formats(found), html = shown["text/html"];
  assertEquals(cells(html).filter((text) => text.startsWith("seed ")), ["seed 0", "seed 1"]);
  const [, uri] = html.match(/<img [^>]*src="data:image\/svg\+xml,([^"]*)"/)!;
  assertEquals(decodeURIComponent(uri), shown["image/svg+xml"]);
  assertStringIncludes(shown["image/svg+xml"], "Learned rate");
});

Deno.test("openRun: shows which run it was, its summary and its curves; without a summary how far it came", () =>
  inFolder(async (folder) => {
    const flags = ["--task=rosenbrock", "--optimizer=apo-full", "--steps=30", "--backend=cpu", "--quiet"];
    assertEquals((await call(...flags, `--out=${folder}/run`)).code, 0);
    const run = await openRun(`${folder}/run`), shown = await formats(run);
    const value = (name: string, of = shown) => {
      const all = cells(of["text/html"]);
      return all[all.indexOf(name) + 1];
    };
    assertEquals(["task", "optimizer", "steps"].map((name) => value(name)), ["rosenbrock", "apo-full", "30"]);
    assertEquals(Number(value("training loss")), Number((run.summary!.trainLoss as number).toPrecision(3)));
    assertStringIncludes(shown["image/svg+xml"], "Learned quantities");

    await Deno.remove(`${folder}/run/summary.json`);
    const unfinished = await formats(await openRun(`${folder}/run`));
    assertEquals(value("steps", unfinished), "30 of 30");
    assertFalse(unfinished["text/html"].includes("training loss"));
  }));
