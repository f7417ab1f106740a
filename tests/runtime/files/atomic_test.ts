import { assertEquals, assertRejects } from "@std/assert";
import { writeWhole } from "../../../runtime/files/atomic.ts";

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const names = (folder: string) => Array.from(Deno.readDirSync(folder), (entry) => entry.name).sort();

Deno.test("writeWhole: text and bytes arrive, the old file is replaced, nothing else is left", () =>
  inFolder(async (folder) => {
    await writeWhole(`${folder}/log.txt`, "a longer text that was there before");
    await writeWhole(`${folder}/log.txt`, "λ");
    assertEquals(await Deno.readFile(`${folder}/log.txt`), new Uint8Array([0xce, 0xbb]));
    const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
    await writeWhole(`${folder}/weights`, bytes.subarray(7));
    assertEquals(await Deno.readFile(`${folder}/weights`), bytes.slice(7));
    assertEquals(names(folder), ["log.txt", "weights"]);
  }));

Deno.test("writeWhole: overwrites the part of a process that was killed", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/.state.json.part`, "half of something much longer than the new content");
    await writeWhole(`${folder}/state.json`, "{}");
    assertEquals(await Deno.readTextFile(`${folder}/state.json`), "{}");
    assertEquals(names(folder), ["state.json"]);
  }));

Deno.test("writeWhole: a failure keeps what was there and removes the part", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/taken/inside`, { recursive: true }); // a file cannot replace a folder that is not empty
    await assertRejects(() => writeWhole(`${folder}/taken`, "x"));
    assertEquals(names(folder), ["taken"]);
    assertEquals(names(`${folder}/taken`), ["inside"]);
    await assertRejects(() => writeWhole(`${folder}/absent/file`, "x"), Deno.errors.NotFound);
  }));

// Protects against writing in place: a reader with the old file open must go on reading the old content.
Deno.test("writeWhole: an open reader keeps the old content", () =>
  inFolder(async (folder) => {
    const path = `${folder}/metrics`;
    await writeWhole(path, "old");
    using reader = await Deno.open(path);
    await writeWhole(path, "new");
    const buffer = new Uint8Array(8);
    const n = await reader.read(buffer);
    assertEquals(new TextDecoder().decode(buffer.subarray(0, n!)), "old");
  }));
