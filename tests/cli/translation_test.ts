/** Runs that translate, on texts of a folder: how their lines are translated, and which subwords they have. */
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertFalse,
  assertMatch,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { bleu, UserError } from "../../mod.ts";
import { openRun } from "../../runs/mod.ts";
import { writeTexts } from "../data/text/text_files.ts";
import { webgpuTest } from "../runtime/webgpu_test_case.ts";
import { call, contents, inFolder } from "./command.ts";

const sizes = ["--width=16", "--heads=2", "--hidden=16", "--layers=1", "--dropout=0"];
const json = (path: string) => JSON.parse(Deno.readTextFileSync(path));

async function quietly(...args: string[]): Promise<void> {
  assertEquals(await call(...args, "--quiet"), { code: 0, stdout: "", stderr: "" });
}

const animals = [["Hund", "dog"], ["Vogel", "bird"], ["Esel", "donkey"], ["Fisch", "fish"], ["Wolf", "wolf"]];
const verbs = [["schläft", "sleeps"], ["singt", "sings"], ["bellt", "barks"], ["schwimmt", "swims"]];
/** "Der Hund schläft und der Esel singt.", and what it means. */
const sentence = (i: number, language: 0 | 1) => {
  const [the, and] = [["Der", "The"], [" und der", " and the"]].map((word) => word[language]);
  const said = (k: number) => `${animals[k % 5][language]} ${verbs[(k >> 1) % 4][language]}`;
  return `${the} ${said(i)}${i % 3 ? `${and} ${said(7 * i + 1)}` : ""}.`;
};
const sentences = (from: number, to: number, language: 0 | 1) =>
  Array.from({ length: to - from }, (_, i) => sentence(from + i, language));

const test = { source: sentences(300, 330, 0), target: sentences(300, 330, 1) };

async function writeSentences(folder: string): Promise<void> {
  await writeTexts(folder, {
    "train.de": sentences(0, 300, 0),
    "train.en": sentences(0, 300, 1),
    ...{ "val.de": test.source, "val.en": test.target, "test.de": test.source, "test.en": test.target },
  });
}

Deno.test("train --beam: the end of a run is translated by beam search, evaluations by the most likely token; also when resumed", () =>
  inFolder(async (folder) => {
    await writeSentences(folder);
    const flags = ["--task=translation", `--data=${folder}`, ...sizes, "--vocabulary=320", "--backend=wasm"];
    flags.push("--beam=3", "--lr=0.01", "--schedule=constant", "--eval-every=40", "--batch-size=150");
    await quietly(...flags, "--steps=40", `--out=${folder}/run`);
    await quietly(`--resume=${folder}/run`, "--steps=80");
    await quietly(...flags, "--steps=80", `--out=${folder}/alone`);
    const [resumed, alone] = [contents(`${folder}/run`), contents(`${folder}/alone`)];
    for (const file of ["checkpoint.safetensors", "config.json", "metrics.jsonl"]) {
      assertEquals(resumed[file], alone[file], file);
    }
    assertEquals(json(`${folder}/run/config.json`).beam, 3);

    const { translate, metrics, summary } = await openRun(`${folder}/run`);
    const greedy = await translate(test.source), searched = await translate(test.source, { beam: 3 });
    assertNotEquals(greedy, searched);
    assertEquals(await translate(test.source, { beam: 1 }), greedy);
    const scored = (outputs: string[]) => bleu(outputs, test.target.map((line) => [line])).score;
    assertAlmostEquals(metrics.at(-1)!.validation!.bleu as number, scored(greedy), 1e-9);
    assertAlmostEquals(summary!.testBleu as number, scored(searched), 1e-9);
    assertEquals(json(`${folder}/alone/summary.json`).testBleu, summary!.testBleu);
    assert(scored(searched) > 5, `${scored(searched)}`);
    const beams = { beams: 4 } as { beam?: number };
    const { message } = await assertRejects(() => translate(test.source, beams), UserError);
    assertEquals(message, "option=beams is unknown; did you mean beam? There are: beam, signal");
    await assertRejects(() => translate(test.source, { signal: AbortSignal.abort() }), DOMException, "abort");
    for (const beam of [0, 1.5, -2, 101, NaN]) {
      await assertRejects(() => translate(test.source, { beam }), UserError, "beam");
    }
  }));

Deno.test("train --source-language: the other way round, also when resumed, by the file of the run, and in other words beside it", () =>
  inFolder(async (folder) => {
    await writeSentences(folder);
    const flags = ["--task=translation", `--data=${folder}`, ...sizes, "--vocabulary=320", "--backend=wasm"];
    flags.push("--schedule=constant", "--batch-size=150", "--steps=2");
    await quietly(...flags, "--source-language=en", `--out=${folder}/run`);
    await quietly(`--resume=${folder}/run`, "--steps=4"); // other data than before are refused
    const file = `${folder}/run/config.json`, { fingerprint, sourceLanguage } = json(file);
    assertEquals(sourceLanguage, "en");
    await quietly(`--config=${file}`, `--out=${folder}/again`);
    await quietly(`--config=${file}`, "--source-language=de", `--out=${folder}/back`);
    assertEquals(json(`${folder}/again/config.json`).fingerprint, fingerprint);
    assertNotEquals(json(`${folder}/back/config.json`).fingerprint, fingerprint);
    const { code, stderr } = await call(...flags, "--source-language=fr", "--quiet", `--out=${folder}/fr`);
    assertEquals([code, stderr], [2, "--source-language=fr cannot be; give de or en\n"]);
  }));

Deno.test("train --vocabulary: a text of more characters asks for more subwords; a run has as many as it was told, also when resumed", () =>
  inFolder(async (folder) => {
    const count = 4000, signs = Array.from({ length: count }, (_, i) => String.fromCodePoint(0x4e00 + i)).join("");
    const lines = (text: string) => text.match(/.{1,20}/gu)!;
    await writeTexts(folder, {
      ...{ "train.en": lines(signs).map((_, i) => `Line ${i}.`), "train.zh": lines(signs) },
      ...{ "val.en": ["Line 3."], "val.zh": ["一丁"], "test.en": ["Line 4.", "Line 5."], "test.zh": ["一丁", "丂七"] },
    });
    const other = `${folder}/twice`;
    await Deno.mkdir(other);
    const twice = Object.fromEntries(["en", "zh"].map((language) => {
      const text = Deno.readTextFileSync(`${folder}/train.${language}`).trimEnd().split("\n");
      return [`train.${language}`, [...text, ...text]];
    }));
    for (const name of ["val.en", "val.zh", "test.en", "test.zh"]) {
      await Deno.copyFile(`${folder}/${name}`, `${other}/${name}`);
    }
    await writeTexts(other, twice);
    const flags = ["--task=translation", ...sizes, "--backend=wasm", "--batch-size=70", "--schedule=constant"];
    const short = [...flags, `--data=${other}`, "--steps=2"];
    const { code, stderr } = await call(...short, "--quiet", `--out=${folder}/run`);
    assertEquals(code, 2);
    assertMatch(
      stderr,
      /^--vocabulary=4000 cannot be; give a whole number from 42\d\d: there are .* 40\d\d characters/,
    );
    await quietly(...short, "--vocabulary=4500", `--out=${folder}/run`);
    await quietly(`--resume=${folder}/run`, "--steps=4");
    const { config, params, translate } = await openRun(`${folder}/run`);
    assertEquals([config.modelChoice.vocabulary, params["embedding/table"].shape], [4500, [4500, 16]]);
    assertEquals((await translate(["Line 7."])).length, 1);
    // characters that stand there once are spelt in bytes
    await quietly(...flags, `--data=${folder}`, "--steps=1", `--out=${folder}/bytes`);
    const huge = await call(...short, "--vocabulary=100000000000", "--quiet", `--out=${folder}/huge`);
    assertMatch(huge.stderr, /^--vocabulary=100000000000 needs more memory than there is; give a smaller one$/m);
  }));

Deno.test("train --config --vocabulary: other subwords than those of the file's fingerprint", () =>
  inFolder(async (folder) => {
    await writeSentences(folder);
    const flags = [
      "--task=translation",
      `--data=${folder}`,
      ...sizes,
      "--backend=wasm",
      "--steps=1",
      "--batch-size=60",
    ];
    await quietly(...flags, "--vocabulary=320", `--out=${folder}/run`);
    await quietly(`--config=${folder}/run/config.json`, "--vocabulary=300", `--out=${folder}/other`);
    const [run, other] = ["run", "other"].map((name) => json(`${folder}/${name}/config.json`));
    assertEquals([run.modelChoice.vocabulary, other.modelChoice.vocabulary], [320, 300]);
    assertNotEquals(run.fingerprint.sha256, other.fingerprint.sha256);
  }));

webgpuTest(
  "train --task=translation on WebGPU: steps on all shapes of batches are captured; the file of a run on another backend will do",
  () =>
    inFolder(async (folder) => {
      await writeSentences(folder);
      const flags = ["--task=translation", `--data=${folder}`, ...sizes, "--vocabulary=320", "--batch-size=200"];
      await quietly(...flags, "--steps=1", "--backend=wasm", `--out=${folder}/run`);
      const again = [`--config=${folder}/run/config.json`, "--backend=webgpu", "--steps=3", `--out=${folder}/again`];
      const { code, stdout, stderr } = await call(...again);
      assertEquals([code, stderr], [0, ""]);
      assertFalse(/captured/.test(stdout), stdout);
      await quietly(`--resume=${folder}/again`);
    }),
);
