import { assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../runtime/errors.ts";
import { readUciTable } from "../../data/uci_table.ts";
import { PARKINSONS, PROTEIN } from "../../data/uci_sources.ts";
import { gzip, inFolder } from "./idx_files.ts";
import { COLUMNS, SOURCES, uciText, zip } from "./uci_files.ts";

for (const source of SOURCES) {
  const { name, archive, files: [file, other] } = source, text = uciText(source, 12);

  Deno.test(`${name}: out of the archive, plain or gzipped, under either name`, async () => {
    const bytes = new TextEncoder().encode(text);
    const layouts: Record<string, Uint8Array> = {
      [archive]: zip({ "about.names": "words", [`inner folder/${file}`]: text }),
      [file]: bytes,
      [`${file}.gz`]: await gzip(bytes),
      [other]: new TextEncoder().encode(text.replaceAll("\n", "\r\n")),
      [`${other}.gz`]: await gzip(bytes),
    };
    for (const [path, content] of Object.entries(layouts)) {
      await inFolder(async (folder) => {
        await Deno.writeFile(`${folder}/${path}`, content);
        const { columns, rows, values } = await readUciTable(source, folder);
        assertEquals([columns, rows], [COLUMNS[name], 12]);
        const numbers = text.trimEnd().split("\n").slice(1).flatMap((line) => line.split(",").map(Number));
        assertEquals([...values], numbers);
      });
    }
  });
}

const text = uciText(PROTEIN, 12), { archive } = PROTEIN;
const WRONG: [what: string, files: Record<string, Uint8Array>, message: string][] = [
  ["an empty folder", {}, `has neither ${archive} nor CASP.csv; \`deno task data protein\` downloads it into`],
  ["half an archive", { [archive]: zip({ "CASP.csv": text }).slice(0, 200) }, "damaged or cut-off zip archive"],
  ["a web page", { [archive]: new TextEncoder().encode("<html>") }, "damaged or cut-off zip archive"],
  ["another archive", { [archive]: zip({ "other.csv": text }) }, `${archive} holds no CASP.csv`],
  [
    "half a gzip file",
    { "CASP.csv.gz": (await gzip(new TextEncoder().encode(text))).slice(0, 50) },
    "CASP.csv.gz is a d",
  ],
  [
    "another table",
    { "CASP.csv": new TextEncoder().encode("a,b\n1,2\n") },
    "has 2 columns, expected 10; `deno task data",
  ],
  ["other columns", { "CASP.csv": new TextEncoder().encode(text.replace("RMSD", "F0")) }, "has no column RMSD or y"],
  ["a word", { "CASP.csv": new TextEncoder().encode(`${text}1,2,3,4,5,6,7,8,nine,10`) }, "line 14, column F8"],
];
for (const [what, files, message] of WRONG) {
  Deno.test(`readUciTable: refuses ${what}`, () =>
    inFolder(async (folder) => {
      for (const [name, bytes] of Object.entries(files)) await Deno.writeFile(`${folder}/${name}`, bytes);
      await assertRejects(() => readUciTable(PROTEIN, folder), UserError, message);
      await assertRejects(() => readUciTable(PROTEIN, folder), UserError, folder);
    }));
}

Deno.test("readUciTable: a column that is left out must be there, or others would be taken for inputs", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/parkinsons_updrs.data`, uciText(PARKINSONS).replace("motor_UPDRS", "motor"));
    await assertRejects(() => readUciTable(PARKINSONS, folder), UserError, "has no column motor_UPDRS");
  }));

Deno.test("readUciTable: a file is no folder", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    await assertRejects(() => readUciTable(PROTEIN, `${folder}/file`), UserError, "is a file; give a folder");
  }));
