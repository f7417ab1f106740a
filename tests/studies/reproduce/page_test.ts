import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { recipes } from "../../../studies/reproduce/recipes/list.ts";
import { keptBeside, page, writePage } from "../../../studies/reproduce/page.ts";
import type { Finding, Recipe } from "../../../studies/reproduce/recipe.ts";
import { type Result, resultOf } from "../../../studies/reproduce/result.ts";
import { writeResult } from "../../../studies/reproduce/write_reproduction.ts";
import { section } from "../../../studies/reproduce/section.ts";
import { UserError } from "../../../runtime/errors.ts";
import { fileNames, inFolder } from "../../cli/command.ts";

const finding: Finding = {
  parts: [{ claim: "a_b", verdict: "not supported", why: "× 2 (1.9 … 2.1) over 3 seeds, to be below × 1" }],
  tables: [{ title: "Loss", heads: ["optimizer", "loss"], rows: [[{ text: "a|b" }, { text: "2", best: true }]] }],
  pictures: [{ name: "curve", caption: "Loss against steps.", svg: "<svg/>" }],
  notes: ["A note."],
};
const size = { about: "small", time: "seconds", settings: {}, study: () => Promise.resolve(finding) };
const recipe = (name: string): Recipe => ({
  name,
  claim: `${name} is best.`,
  paper: "All.",
  ours: "Nothing.",
  rule: "Less is better.",
  sizes: { quick: size, full: size },
});

/** Writes a made-up reproduction. */
async function made(
  folder: string,
  name: string,
  kind: "quick" | "full" = "quick",
  picture = "curve",
): Promise<Result> {
  const own = { ...finding, pictures: [{ ...finding.pictures[0], name: picture }] };
  const result = resultOf(recipe(name), kind, own, {
    source: null,
    seeds: [0, 1, 2],
    counts: { trials: { total: 7, failed: 2 }, runs: { total: 3, failed: 0 } },
    command: `deno task reproduce ${name}`,
    machine: { cpu: "a processor", cores: 2, system: "a system" },
    backend: "wasm",
    versions: { apo: "0.0.0" },
  });
  await Deno.mkdir(folder);
  await writeResult(folder, result, own.pictures);
  return result;
}

Deno.test("section: verdict, rule, numbers, pictures, command and machine, in Markdown that is safe from its contents", () =>
  inFolder(async (folder) => {
    const result = await made(`${folder}/one`, "one"), text = section(result, "");
    assertEquals(Deno.readTextFileSync(`${folder}/one/report.md`), text);
    assertEquals(text.split("\n")[0], "## one: not supported");
    for (
      const part of [
        "**Claim.** one is best.",
        "- a\\_b: not supported; × 2 (1.9 … 2.1) over 3 seeds",
        "**Rule**, printed before the runs. Less is better.",
        "| optimizer | loss |\n| --- | ---: |\n| a\\|b | **2** |",
        "![Loss against steps.](curve.svg)",
        "- A note.",
        "Size: quick, small. Seeds 0 to 2; 7 runs to tune and calibrate (2 failed), 3 for the verdict. 2 cores of a processor, " +
        "a system; apo 0.0.0; backend wasm.",
        "```sh\ndeno task reproduce one\n```",
      ]
    ) assertStringIncludes(text, part);
  }));

Deno.test("page: sections, results and pictures of several reproductions; what is not given anew stays", () =>
  inFolder(async (folder) => {
    await made(`${folder}/a`, "one");
    await made(`${folder}/b`, "one", "full");
    await made(`${folder}/c`, "another", "quick", "line");
    const path = `${folder}/results.md`, options = { order: ["one"], end: "The end.\n" };
    await writePage(path, [`${folder}/b`, `${folder}/c`], options);
    await writePage(path, [`${folder}/a`], options);
    const text = Deno.readTextFileSync(path);
    assertMatch(text, /^# Reproductions\n[^]*\nThe end\.\n$/);
    assertStringIncludes(text, "| one | one is best. | not supported | full |");
    assertEquals(text.match(/^(## \w+|Size: \w+)/gm), [
      ...["## one", "Size: quick", "## one", "Size: full"],
      ...["## another", "Size: quick"],
    ]);
    for (const link of ["](results/curve.svg)", "](results/full-curve.svg)"]) assertStringIncludes(text, link);
    assertEquals(fileNames(`${folder}/results`).toSorted(), [
      ...["another.json", "curve.svg", "full-curve.svg"],
      ...["full-one.json", "line.svg", "one.json"],
    ]);
    await writePage(path, [], options);
    assertEquals(Deno.readTextFileSync(path), text, "written anew from what lies beside it");

    const all = () => [
      text,
      ...fileNames(`${folder}/results`).map((name) => Deno.readTextFileSync(`${folder}/results/${name}`)),
    ];
    const before = all();
    const twice = await assertRejects(() => writePage(path, [`${folder}/a`, `${folder}/a`]), UserError);
    assertStringIncludes(twice.message, "one, quick is there twice");
    const none = await assertRejects(() => writePage(path, [folder]), UserError);
    assert(none.message.startsWith(`${folder} is no finished reproduction`));
    Deno.removeSync(`${folder}/c/line.svg`);
    await assertRejects(() => writePage(path, [`${folder}/b`, `${folder}/c`]), UserError, "c/line.svg cannot be read");
    await made(`${folder}/d`, "fourth"); // its picture has the name of one that is there
    await assertRejects(() => writePage(path, [`${folder}/d`]), UserError, "curve.svg is there twice");
    const good = JSON.parse(Deno.readTextFileSync(`${folder}/a/result.json`));
    const changes: Record<string, unknown>[] = [
      ...Object.keys(good).map((key) => ({ [key]: undefined })), // each entry left out
      { name: "../evil" },
      { pictures: [{ name: "../evil", caption: "" }] },
      { pictures: [null] },
      { size: "full" },
      { size: { name: "huge", about: "" } },
      { verdict: 3 },
      { tables: [{ title: "", heads: ["a"], rows: [[3]] }] },
    ];
    for (const damaged of ["{", "null", ...changes.map((change) => JSON.stringify({ ...good, ...change }))]) {
      Deno.writeTextFileSync(`${folder}/a/result.json`, damaged);
      await assertRejects(() => writePage(path, [`${folder}/a`]), UserError, "a/result.json is damaged");
    }
    assertEquals(all(), before, "nothing is written where something is wrong");

    const file = await assertRejects(() => writePage(path, [`${folder}/results/one.json`]), UserError);
    assertStringIncludes(file.message, "one.json is no finished reproduction", "a file is no folder");
    Deno.renameSync(`${folder}/results/line.svg`, `${folder}/line.svg`);
    await assertRejects(() => writePage(path, []), UserError, "results/line.svg is missing; delete");
    Deno.renameSync(`${folder}/line.svg`, `${folder}/results/line.svg`);
    Deno.writeTextFileSync(`${folder}/results/full-one.json`, "<<<<<<<");
    await assertRejects(() => writePage(path, []), UserError, "results/full-one.json is damaged");
    await writePage(path, [`${folder}/b`], options); // which replaces it
    assertEquals([Deno.readTextFileSync(path), ...all()], [text, ...before]);
    Deno.copyFileSync(`${folder}/results/one.json`, `${folder}/results/one-old.json`);
    await assertRejects(() => writePage(path, []), UserError, "one-old.json holds what belongs into one.json; delete");
  }));

Deno.test("docs/results.md is what the results beside it say, and docs/results_end.md", async () => {
  const path = new URL("../../../docs/results.md", import.meta.url).pathname;
  const end = Deno.readTextFileSync(new URL("../../../docs/results_end.md", import.meta.url));
  const results = await keptBeside(path), order = recipes.map(({ name }) => name);
  assert(results.length > 0);
  for (const { name, machine, versions } of results) {
    assertMatch(`${machine.cpu}; ${machine.system}; ${versions.apo}`, /^[^;]+; [^ ;]+ [^ ;]+; [\d.]+$/, name);
  }
  assertEquals(Deno.readTextFileSync(path), page(path, results, { order, end }));
});
