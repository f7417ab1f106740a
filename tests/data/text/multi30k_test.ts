import { assertEquals, assertRejects } from "@std/assert";
import { loadMulti30k } from "../../../data/text/multi30k.ts";
import { UserError } from "../../../runtime/errors.ts";
import { inFolder } from "../idx_files.ts";
import { TEXTS, writeTexts } from "./text_files.ts";

Deno.test("loadMulti30k: the publisher's files, and what is missing with the command that brings it", () =>
  inFolder(async (folder) => {
    const { "test.de": german, "test.en": english, ...others } = TEXTS;
    await writeTexts(folder, { ...others, "test_2016_flickr.de": german });
    const message =
      `data=${folder} lacks test_2016_flickr.en; \`deno task data multi30k\` downloads it into datasets/multi30k`;
    await assertRejects(() => loadMulti30k(folder), UserError, message);
    await writeTexts(folder, { "test_2016_flickr.en": english });
    const { train, validation, test, about, languages } = await loadMulti30k(folder);
    assertEquals([train, validation, test].map(({ source }) => source.length), [3, 2, 1]);
    assertEquals([test.source, test.target, languages], [["Guten Tag."], ["Good day."], ["de", "en"]]);
    const text = "captions of Multi30k: 3 / 2 / 1 pairs to train on, to validate and to test (test_2016_flickr)";
    assertEquals(about, text);
  }));
