/** Small text files for the tests. */

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
