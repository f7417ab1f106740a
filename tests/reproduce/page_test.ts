import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { writePage } from "../../tasks/reproduce/page.ts";
import type { Finding, Recipe } from "../../tasks/reproduce/recipe.ts";
import { type Result, resultOf, writeResult } from "../../tasks/reproduce/result.ts";
import { section } from "../../tasks/reproduce/section.ts";
import { UserError } from "../../runtime/errors.ts";
import { fileNames, inFolder } from "../cli/command.ts";

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
async function made(folder: string, name: string, kind: "quick" | "full" = "quick"): Promise<Result> {
  const result = resultOf(recipe(name), kind, finding, {
    source: null,
    seeds: [0, 1, 2],
    counts: { trials: { total: 7, failed: 2 }, runs: { total: 3, failed: 0 } },
    command: `deno task reproduce ${name}`,
    machine: { cpu: "a processor", cores: 2, system: "a system" },
    backend: "wasm",
    versions: { apo: "0.0.0" },
  });
  await Deno.mkdir(folder);
  await writeResult(folder, result, finding.pictures);
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

Deno.test("page: sections and pictures of several reproductions, written anew from their results alone", () =>
  inFolder(async (folder) => {
    await made(`${folder}/a`, "one");
    await made(`${folder}/b`, "one", "full");
    const path = `${folder}/results.md`;
    await writePage(path, [`${folder}/a`, `${folder}/b`]);
    const page = Deno.readTextFileSync(path);
    assertMatch(page, /^# Reproductions\n/);
    assertStringIncludes(page, "| one | one is best. | not supported | full |");
    assertEquals(page.match(/^## /gm)?.length, 2);
    for (const link of ["](results/curve.svg)", "](results/full-curve.svg)"]) assertStringIncludes(page, link);
    assertEquals(fileNames(`${folder}/results`), ["curve.svg", "full-curve.svg"]);
    await writePage(path, [`${folder}/a`, `${folder}/b`]);
    assertEquals(Deno.readTextFileSync(path), page);

    const twice = await assertRejects(() => writePage(path, [`${folder}/a`, `${folder}/a`]), UserError);
    assertStringIncludes(twice.message, "one, quick is there twice");
    const none = await assertRejects(() => writePage(path, [folder]), UserError);
    assert(none.message.startsWith(`${folder} is no finished reproduction`));
    Deno.writeTextFileSync(`${folder}/a/result.json`, "{");
    await assertRejects(() => writePage(path, [`${folder}/a`]), UserError, "is damaged");
    assertEquals(Deno.readTextFileSync(path), page, "nothing is written where something is wrong");
  }));
