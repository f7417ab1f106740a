import { assertEquals, assertRejects } from "@std/assert";
import { loadTextFolder } from "../../../data/text/text_folder.ts";
import { UserError } from "../../../runtime/errors.ts";
import { fileNames, gzip, inFolder } from "../idx_files.ts";
import { TEXTS, writeTexts } from "./text_files.ts";

const utf8 = new TextEncoder();

Deno.test("loadTextFolder: pairs of both languages, the first by the alphabet is translated", () =>
  inFolder(async (folder) => {
    await writeTexts(folder, TEXTS);
    const { train, validation, test, languages, about } = await loadTextFolder(folder);
    assertEquals(train, { source: [...TEXTS["train.de"]], target: [...TEXTS["train.en"]] });
    assertEquals(validation, { source: ["Ja.", "Nein."], target: ["Yes.", "No."] });
    assertEquals(test, { source: ["Guten Tag."], target: ["Good day."] });
    assertEquals(languages, ["de", "en"]);
    const name = folder.split("/").at(-1);
    assertEquals(about, `${name}: 3 / 2 / 1 pairs to train on, to validate and to test`);
  }));

Deno.test("loadTextFolder: gzip, a byte order mark, carriage returns, no line feed at the end, other separators of lines", () =>
  inFolder(async (folder) => {
    const german = utf8.encode("\ufeffEin Hund.\r\nZwei\u2028Katzen. \r\nEin\fHaus.");
    await writeTexts(folder, { ...TEXTS, "train.de": await gzip(german) });
    await Deno.rename(`${folder}/train.de`, `${folder}/train.de.gz`);
    const { train } = await loadTextFolder(folder);
    assertEquals(train.source, ["Ein Hund.", "Zwei\u2028Katzen. ", "Ein\fHaus."]);
  }));

Deno.test("loadTextFolder: what is wrong is told in one line with its file and line", async () => {
  type Files = Parameters<typeof writeTexts>[1];
  const without = (...names: string[]): Files =>
    Object.fromEntries(Object.entries(TEXTS).filter(([name]) => !names.includes(name)));
  const latin1 = Uint8Array.of(...utf8.encode("eins\nzwei\n"), 0xfc, 0x0a, ...utf8.encode("vier\n"));
  const packed = await gzip(utf8.encode("Ja.\nNein.\n"));
  const cases: [Files, string][] = [
    [
      { ...TEXTS, "train.en": ["A dog.", "Two cats."] },
      "FOLDER/train.de has 3 lines, and FOLDER/train.en has 2 lines: give",
    ],
    [{ ...TEXTS, "val.en": ["Yes.", "  "] }, "FOLDER/val.en is empty in line 2: take that line out of both files"],
    [
      { ...TEXTS, "test.de": new Uint8Array(0), "test.en": new Uint8Array(0) },
      "FOLDER/test.de has no lines: give lines",
    ],
    [{ ...TEXTS, "train.de": latin1 }, "FOLDER/train.de is no UTF-8 in line 3: save it as UTF-8"],
    [{ ...TEXTS, "train.de": latin1.subarray(0, 11) }, "FOLDER/train.de is no UTF-8 in line 3: save it as UTF-8"],
    [
      { ...TEXTS, "val.de": packed.subarray(0, 30) },
      "FOLDER/val.de is a damaged or cut-off gzip file: download it again",
    ],
    [without("test.en"), "data=FOLDER lacks test.en; give a folder that has it"],
    [
      without("train.en"),
      "data=FOLDER has files train.LANGUAGE for de; give a folder with train, val and test in two lang",
    ],
    [{}, "data=FOLDER has no files train.LANGUAGE; give a folder with train, val and test in two languages, such as"],
    [
      { ...TEXTS, "train.fr": [] },
      "data=FOLDER has files train.LANGUAGE for de, en, fr; give a folder with two of them",
    ],
  ];
  for (const [files, message] of cases) {
    await inFolder(async (folder) => {
      await writeTexts(folder, files);
      const before = fileNames(folder);
      const error = await assertRejects(() => loadTextFolder(folder), UserError);
      const told = error.message.replaceAll(folder, "FOLDER");
      assertEquals(told.slice(0, message.length), message);
      assertEquals([told.includes("\n"), fileNames(folder)], [false, before]);
    });
  }
  await inFolder(async (folder) => {
    await assertRejects(() => loadTextFolder(`${folder}/none`), UserError, "none has no files train.LANGUAGE");
    await Deno.writeTextFile(`${folder}/file`, "");
    await assertRejects(() => loadTextFolder(`${folder}/file`), UserError, "has no files train.LANGUAGE");
  });
});
