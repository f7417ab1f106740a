/** What a translator's translations are worth. */
import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { beamSearch, bleu, chooseBackend, greedy, learnSubwords, transformer, UserError } from "../../mod.ts";
import { translated } from "../../tasks/translated.ts";
import { translationJudge } from "../../tasks/translation_judge.ts";
import { disposeTree, mapTensors } from "../../runtime/tree.ts";

await chooseBackend("wasm");

const words = ["der Hund", "ein Haus", "läuft", "schläft", "und", "heute", "nicht mehr"];
const source = Array.from(
  { length: 130 },
  (_, i) => [1, 2, 3].slice(0, 1 + i % 3).map((k) => words[(i * k) % 7]).join(" "),
);
const subwords = learnSubwords(source, { vocabulary: 290 });
const model = transformer({ vocabulary: subwords.size, width: 8, heads: 2, hidden: 8, layers: 1 });

/** Parameters that are larger than initial ones, so that lines differ. */
const drawn = () => tf.tidy(() => mapTensors(model.init(2).params, (x) => tf.mul(x, 3)));

Deno.test("translated: each line as by itself, in the order of the lines", async () => {
  const params = drawn(), written = await translated(model, params, subwords, source);
  for (const i of [0, 1, 2, 64, 129]) {
    const [tokens] = await greedy(model, params, [[...subwords.encode(source[i]), 2]], { start: 1, end: 2 });
    assertEquals(written[i], subwords.decode(tokens));
  }
  assertEquals(await translated(model, params, subwords, []), []);
  const long = `der ${"Hund ".repeat(250)}`; // with as many hypotheses more tokens than are read at a time
  assertEquals((await translated(model, params, subwords, ["der", long], { beam: 9 })).length, 2);
  disposeTree(params);
});

Deno.test("translated: blank lines stay empty; what is no list of lines, and a line that is too long, is refused by its number", async () => {
  const params = drawn(), write = (lines: unknown) => translated(model, params, subwords, lines as string[]);
  const [alone] = await write(["der Hund"]);
  assertNotEquals(alone, "");
  assertEquals(await write(["", "der Hund", " \t"]), ["", alone, ""]);
  for (const lines of [undefined, "der Hund", [3], [null]]) await assertRejects(() => write(lines), UserError, "lines");
  const refused = await assertRejects(() => write(["der", "Hund ".repeat(1100)]), UserError);
  assertMatch(refused.message, /^lines\[1\] has 2,201 subwords: give at most 1,024 in a line$/);
  disposeTree(params);
});

Deno.test("translated: by beam search each line as by itself, and one hypothesis is the most likely token each time", async () => {
  const params = drawn(),
    lines = source.slice(0, 20),
    written = await translated(model, params, subwords, lines, { beam: 4 });
  for (const i of [0, 1, 2, 19]) {
    const options = { beam: 4, start: 1, end: 2 };
    const [tokens] = await beamSearch(model, params, [[...subwords.encode(source[i]), 2]], options);
    assertEquals(written[i], subwords.decode(tokens));
  }
  const greedily = await translated(model, params, subwords, lines);
  assertNotEquals(written, greedily);
  assertEquals(await translated(model, params, subwords, lines, { beam: 1 }), greedily);
  disposeTree(params);
});

Deno.test("translated: tokens that the model has and the text has not are left out", async () => {
  const larger = transformer({ vocabulary: subwords.size + 500, width: 8, heads: 2, hidden: 8, layers: 1 });
  const params = tf.tidy(() => mapTensors(larger.init(4).params, (x) => tf.mul(x, 3)));
  assertEquals((await translated(larger, params, subwords, source.slice(0, 20))).length, 20);
  disposeTree(params);
});

Deno.test("translationJudge: BLEU of the first hundred lines on the way, and of all at the end, with eight of them", async () => {
  const params = drawn(), written = await translated(model, params, subwords, source);
  const target = written.map((line, i) => i < 100 ? line : `${line} and more of it`);
  const test = { source, target },
    judge = translationJudge(model, { subwords, test }, {}),
    at = { params, buffers: {} };
  for (const [extent, count] of [["some", 100], ["all", 130]] as const) {
    const { scores, samples } = await judge(at, extent);
    const { score, brevityPenalty } = bleu(written.slice(0, count), target.slice(0, count).map((line) => [line]));
    assertEquals(scores, { bleu: score, brevityPenalty });
    assertEquals(scores.bleu < 100, extent === "all", `${scores.bleu}`);
    assert(scores.bleu > 0);
    const shown = source.slice(0, 8).map((input, i) => ({ input, output: written[i], expected: target[i] }));
    assertEquals(samples, shown);
  }
  const stopped = AbortSignal.abort(new Error("enough"));
  for (const extent of ["some", "all"] as const) await assertRejects(() => judge(at, extent, stopped), Error, "enough");
  const validation = { source: source.slice(7), target: written.slice(7) };
  const validated = translationJudge(model, { subwords, validation, test }, {});
  const { scores, samples } = await validated(at, "some"); // all right, and none of the test's first seven
  assertEquals([Math.round(scores.bleu), samples[0].input], [100, source[7]]);
  assertEquals(await validated(at, "all"), await judge(at, "all"));
  disposeTree(params);
});
