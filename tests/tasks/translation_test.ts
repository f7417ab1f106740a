/** The tasks of translation: the shapes of their batches. */
import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { chooseBackend, type Dataset, random, UserError } from "../../mod.ts";
import type { LoadOptions } from "../../tasks/mod.ts";
import { translation } from "../../tasks/translation.ts";
import type { Tensors } from "../../runtime/tensor.ts";
import { batchesOf, metaBatchesOf } from "../../data/batches.ts";
import { disposeBatch } from "../../data/dataset.ts";
import { inFolder } from "../data/idx_files.ts";
import { TEXTS, writeTexts } from "../data/text/text_files.ts";

await chooseBackend("wasm");

/** Lines of 1 to 40 words, most of them short. */
const SIZE = 2000, draw = random(3, "lines"), words = ["ja", "nein", "Haus", "und", "schnell"];
const line = () =>
  Array.from({ length: 1 + Math.floor(40 * draw.uniform() ** 3) }, () => words[draw.integer(5)]).join(" ");
const lines = () => Array.from({ length: SIZE }, line), texts = { de: lines(), en: lines() };

/** Any of the lines in the place of those of a part and language. */
type Others = Readonly<Record<string, readonly string[]>>;

async function loaded(options: LoadOptions, others: Others = {}): Promise<Dataset> {
  let train!: Dataset;
  await inFolder(async (folder) => {
    for (const part of ["train", "val", "test"]) {
      await writeTexts(folder, { [`${part}.de`]: texts.de, [`${part}.en`]: texts.en });
    }
    await writeTexts(folder, others);
    ({ train } = await translation.load(folder, { choice: { vocabulary: 300 }, ...options }));
  });
  return train;
}

/** The shapes of the batches of two epochs, by themselves and with B′; and how many tokens they hold, padding included. */
function shapesOf(train: Dataset) {
  const batchSize = 500, batches = batchesOf(train, batchSize, 0), alone = new Set<string>(), both = new Set<string>();
  const metaBatches = metaBatchesOf(train, batchSize, 0, { batches, batchSize });
  let tokens = 0;
  const shape = (indices: Uint32Array): string => {
    const batch = train.batch(indices), { source, target } = batch.inputs as Tensors;
    disposeBatch(batch);
    tokens += source.size + target.size;
    return `[${source.shape}], [${target.shape}]`;
  };
  for (let step = 0, seen = 0; seen < 2 * SIZE; step++) {
    const indices = batches.indices(step), own = shape(indices);
    alone.add(own);
    both.add(`${own} and ${shape(metaBatches.indices(step))}`);
    seen += indices.length;
  }
  return { alone: [...alone], both: [...both], tokens };
}

Deno.test("translation with few shapes: six of them in every epoch, twelve kinds of steps with those that have B′; the lines stay", async () => {
  const train = await loaded({ fewShapes: true }), usual = await loaded({});
  const few = shapesOf(train), many = shapesOf(usual);
  assert(few.alone.length <= 6, few.alone.join("; "));
  assertEquals(few.both.length, few.alone.length, few.both.join("; "));
  assert(many.alone.length > 20, `${many.alone.length}`);
  assertLess(few.tokens, 1.5 * many.tokens);
  assertEquals(train.contents, usual.contents);
});

Deno.test("translation: from either of the two languages; of others there is no text", async () => {
  await inFolder(async (folder) => {
    await writeTexts(folder, TEXTS);
    const from = (sourceLanguage?: string) => translation.load(folder, { choice: { vocabulary: 300 }, sourceLanguage });
    const usual = await from(), back = await from("en");
    assertEquals(await from("de").then(({ text }) => text!.train), usual.text!.train);
    for (const part of ["train", "validation", "test"] as const) {
      const { source, target } = usual.text![part]!;
      assertEquals(back.text![part], { source: target, target: source });
    }
    assertEquals(back.text!.test.source, ["Good day."]);
    assertEquals([usual.source.slice(-10), back.source.slice(-10)], ["de to en", "en to de"].map((way) => `m ${way}`));
    const { message } = await assertRejects(() => from("fr"), UserError);
    assertEquals(message, "sourceLanguage is fr; give de or en");
  });
});

Deno.test("translation: a line that is too long is refused by its use, number, language and beginning", async () => {
  const refused = (name: string) =>
    assertRejects(() => loaded({}, { [name]: texts.de.with(6, "Haus ja ".repeat(600)) }), UserError);
  const rest = ', "Haus ja Haus ja Haus ja Haus j…", has 1,201 subwords: give at most 1,024 in a line';
  assertEquals((await refused("train.de")).message, `line 7 to train on in de${rest}`);
  assertEquals((await refused("val.en")).message, `line 7 to validate on in en${rest}`);
  assertEquals((await refused("test.de")).message, `line 7 to test on in de${rest}`);
});
