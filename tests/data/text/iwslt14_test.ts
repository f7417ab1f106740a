import { assert, assertEquals, assertRejects } from "@std/assert";
import { fetchData } from "../../../data/fetch_data.ts";
import { PUBLISHERS } from "../../../data/publishers.ts";
import { iwslt14Pairs, loadIwslt14 } from "../../../data/text/iwslt14.ts";
import { UserError } from "../../../runtime/errors.ts";
import { fileNames, inFolder } from "../idx_files.ts";
import { iwsltArchive, segments } from "./text_files.ts";

const numbered = (n: number) => ({
  de: Array.from({ length: n }, (_, i) => `Satz ${i}.`),
  en: Array.from({ length: n }, (_, i) => `Line ${i}.`),
});

Deno.test("loadIwslt14: titles and descriptions are kept, every 23rd pair is to validate, five sets are to test", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/de-en.tgz`, await iwsltArchive(numbered(67)));
    const { train, validation, test, about, languages } = await loadIwslt14(folder);
    assertEquals(train.source.slice(0, 3), ["A Name: Title de", "TED Talk: Words de.", "Satz 0."]);
    assertEquals(train.target.slice(0, 3), ["A Name: Title en", "TED Talk: Words en.", "Line 0."]);
    // the 23rd, 46th and 69th of 2 + 67
    assertEquals(validation, {
      source: ["Satz 20.", "Satz 43.", "Satz 66."],
      target: ["Line 20.", "Line 43.", "Line 66."],
    });
    assertEquals(train.source.length, 66);
    assertEquals(test.source.length, 10);
    assertEquals(test.source.slice(0, 3), [
      'TED.dev2010 de <one> & "two"',
      "TED.dev2010 de",
      'TEDX.dev2012 de <one> & "two"',
    ]);
    assertEquals(test.target.at(-1), "TED.tst2012 en");
    assertEquals(languages, ["de", "en"]);
    assertEquals(about, "TED talks of IWSLT 2014: 66 / 3 / 10 pairs to train on, to validate and to test");
  }));

Deno.test("iwslt14Pairs: pairs with an empty, a long or a much longer side are left out", async () => {
  const words = (n: number) => Array(n).fill("wort").join(" ");
  const pairs = [["", "a"], ["a", ""], [words(175), words(117)], [words(176), words(170)], [words(3), words(2)]];
  pairs.push(["zwei Worte", "(Appl.)"], ["Das war’s!", words(7)], ["vier, mit Komma", words(7)]); // 2 and 4, 5 and 7, 4 and 7
  const talks = { de: pairs.map(([de]) => de), en: pairs.map(([, en]) => en) };
  const { train } = await iwslt14Pairs(await iwsltArchive(talks), "de-en.tgz");
  assertEquals(train.source.slice(2), [words(175), words(3), "Das war’s!"]);
});

Deno.test("loadIwslt14: what is wrong is told in one line with its file", async () => {
  const talks = numbered(3), packed = await iwsltArchive(talks), path = "FOLDER/de-en.tgz";
  const latin1 = Uint8Array.of(0x61, 0x0a, 0xfc, 0x0a), dev = "IWSLT14.TED.dev2010.de-en.de.xml";
  const cases: [Uint8Array | undefined, string][] = [
    [undefined, "data=FOLDER lacks de-en.tgz; `deno task data iwslt14` downloads it into datasets/iwslt14"],
    [packed.subarray(0, packed.length / 2), `${path} is a damaged or cut-off archive: download it again`],
    [new TextEncoder().encode("<html>moved</html>"), `${path} is a damaged or cut-off archive: download it again`],
    [await iwsltArchive(talks, { [dev]: undefined }), `${path} holds no ${dev}: download it again`],
    [await iwsltArchive(talks, { "train.tags.de-en.en": latin1 }), `${path}/train.tags.de-en.en is no UTF-8 in line 2`],
    [await iwsltArchive(numbered(3)), `${path} has 5 pairs to train on and none to validate on: download it again`],
    [
      await iwsltArchive({ ...talks, de: ["Eins."] }),
      `${path}/train.tags.de-en.de has 3 lines, and ${path}/train.tags.de-en.en has 5 lines: give a translation`,
    ],
    [
      await iwsltArchive(talks, { [dev]: segments(["", "b"]) }),
      `${path}/${dev} is empty in line 1: take that line out`,
    ],
    [
      await iwsltArchive(talks, { [dev]: segments(["a"]) }),
      `${path}/${dev} has 1 line, and ${path}/IWSLT14.TED.dev2010.de-en.en.xml has 2 lines: give a translation`,
    ],
  ];
  for (const [bytes, message] of cases) {
    await inFolder(async (folder) => {
      if (bytes) await Deno.writeFile(`${folder}/de-en.tgz`, bytes);
      const before = fileNames(folder), error = await assertRejects(() => loadIwslt14(folder), UserError);
      const told = error.message.replaceAll(folder, "FOLDER");
      assertEquals(told.slice(0, message.length), message);
      assertEquals([told.includes("\n"), fileNames(folder)], [false, before]);
    });
  }
});

Deno.test("fetchData: IWSLT's archive is saved as it came, once, if it has about as many pairs as were published", () =>
  inFolder(async (folder) => {
    const { iwslt14 } = PUBLISHERS, page = await iwsltArchive(numbered(67)), asked: string[] = [];
    const fetch = (url: string) => (asked.push(url), Promise.resolve(new Response(page)));
    const message =
      "de-en.tgz could not be downloaded (wit3.fbk.eu: the archive has 66 pairs for train, expected 150000 to 170000; ";
    const error = await assertRejects(() => fetchData(iwslt14, folder, { fetch }), UserError);
    assert(error.message.startsWith(message), error.message);
    assertEquals([asked.length, fileNames(folder)], [2, []]);
    const pairs = { train: [66, 66], validation: [3, 3], test: [10, 10] } as const;
    const small = { ...iwslt14, files: [{ name: "de-en.tgz", pairs }] };
    for (let again = 0; again < 2; again++) await fetchData(small, folder, { fetch });
    assertEquals([asked.length, fileNames(folder)], [3, ["de-en.tgz"]]);
    assertEquals(await Deno.readFile(`${folder}/de-en.tgz`), page);
  }));
