/** Small text files for the tests. */
import { createTarGzip } from "nanotar";

/** Writes files by their names; a list is lines. */
export async function writeTexts(
  folder: string,
  files: Readonly<Record<string, readonly string[] | Uint8Array>>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const bytes = content instanceof Uint8Array ? content : new TextEncoder().encode(`${content.join("\n")}\n`);
    await Deno.writeFile(`${folder}/${name}`, bytes);
  }
}

/** A folder's files in German and English: 3 lines to train on, 2 to validate, 1 to test. */
export const TEXTS = {
  "train.de": ["Ein Hund.", "Zwei  Katzen. ", "Ein Haus."],
  "train.en": ["A dog.", "Two cats.", "A house."],
  "val.de": ["Ja.", "Nein."],
  "val.en": ["Yes.", "No."],
  "test.de": ["Guten Tag."],
  "test.en": ["Good day."],
} as const;

/** The archive of IWSLT 2014 as its publisher lays it out, with these files instead of its own or besides; undefined leaves one out. */
export async function iwsltArchive(
  talks: { readonly de: readonly string[]; readonly en: readonly string[] },
  others: Readonly<Record<string, string | Uint8Array | undefined>> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const files: Record<string, string | Uint8Array | undefined> = { README: "CC BY-NC-ND" };
  for (const language of ["de", "en"] as const) {
    files[`train.tags.de-en.${language}`] = [
      `<url>http://www.ted.com/talks/lang/${language}/a.html</url>`,
      "<keywords>talks, arts</keywords>",
      "<speaker>A Name</speaker>",
      "<talkid>1</talkid>",
      `<title>A Name: Title ${language}</title>`,
      `<description>TED Talk: Words ${language}.</description>`,
      ...talks[language].map((line) => ` ${line} `),
      "",
    ].join("\n");
    for (const test of ["TED.dev2010", "TEDX.dev2012", "TED.tst2010", "TED.tst2011", "TED.tst2012", "TED.tst2013"]) {
      files[`IWSLT14.${test}.de-en.${language}.xml`] = segments([
        `${test} ${language} <one> & "two"`,
        `${test} ${language}`,
      ]);
    }
  }
  const entries = Object.entries({ ...files, ...others }).flatMap(([name, data]) =>
    data === undefined ? [] : [{ name: `de-en/${name}`, data: data as string | Uint8Array<ArrayBuffer> }]
  );
  return new Uint8Array(await createTarGzip(entries));
}

/** A file of the campaign with these segments. */
export function segments(texts: readonly string[]): string {
  const escaped = texts.map((text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;"));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<mteval><srcset setid="x" srclang="german"><doc docid="1" genre="lectures">',
    "<title>A talk</title>",
    ...escaped.map((text, i) => `<seg id="${i + 1}"> ${text} </seg>`),
    "</doc></srcset></mteval>",
  ].join("\n");
}
