/** Small tables of the form of the UCI repository's, made up. */
import { strToU8, zipSync } from "fflate";
import { random } from "../../runtime/random.ts";
import { PARKINSONS, PROTEIN, SLICE, type UciSource } from "../../data/uci_sources.ts";

/** What the publishers' columns are called. */
export const COLUMNS: Record<string, string[]> = {
  protein: ["RMSD", ...numbered("F", 1, 9)],
  parkinsons: ["subject#", "age", "sex", "test_time", "motor_UPDRS", "total_UPDRS", ...numbered("voice", 1, 16)],
  slice: ["patientId", ...numbered("value", 0, 383), "reference"],
};

export const SOURCES: readonly UciSource[] = [PROTEIN, PARKINSONS, SLICE];

function numbered(name: string, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, i) => `${name}${first + i}`);
}

/** A file's text: random numbers, from which the target, the sum of the columns that have the same parity, can be predicted. */
export function uciText({ name, target }: UciSource, rows = 60): string {
  const columns = COLUMNS[name], draw = random(1, name);
  const lines = Array.from({ length: rows }, () => {
    const values = columns.map(() => Math.round(1e4 * draw.normal()) / 1e4);
    const at = columns.findIndex((column) => target.includes(column));
    values[at] = 5 + 3 * values.filter((_, i) => i !== at && (i - at) % 2 === 0).reduce((sum, x) => sum + x, 0);
    return values.join(",");
  });
  return [columns.join(","), ...lines, ""].join("\n");
}

/** A zip archive of texts by name. */
export function zip(files: Record<string, string>): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(files).map(([name, text]) => [name, strToU8(text)]);
  return zipSync(Object.fromEntries(entries)) as Uint8Array<ArrayBuffer>;
}

/** Writes all three tables into a folder. */
export async function writeTables(folder: string): Promise<void> {
  for (const source of SOURCES) await Deno.writeTextFile(`${folder}/${source.files[0]}`, uciText(source));
}
