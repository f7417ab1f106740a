/** Where recipes find their data. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { UserError } from "../../../runtime/errors.ts";
import { groundsOf, sharedChoices } from "../../../studies/reproduce/grounds.ts";
import { inFolder } from "../../cli/command.ts";
import { writeCifar } from "../../data/cifar_files.ts";
import { SOURCES, uciText } from "../../data/uci_files.ts";

const ROWS = 30, backend = "cpu";
const tables = SOURCES.map((source) => ({ ...source, rows: ROWS }));
const [protein, parkinsons, slice] = tables;

/** Writes a table. */
function write(source: typeof protein, folder: string, rows = ROWS): void {
  Deno.mkdirSync(folder, { recursive: true });
  Deno.writeTextFileSync(`${folder}/${source.files[0]}`, uciText(source, rows));
}

/** What is said where nothing can be trained on. */
async function refused(given: { data?: string }): Promise<string> {
  return (await assertRejects(() => groundsOf({ tables }, { ...given, backend }), UserError)).message;
}

Deno.test("grounds: a table lies in the folder, or in a folder of its name in there", () =>
  inFolder(async (folder) => {
    write(protein, folder);
    write(parkinsons, `${folder}/parkinsons`);
    const { grounds, leftOut } = await groundsOf({ tables }, { data: folder, backend });
    assertEquals(grounds.map(sharedChoices), [
      { task: "uci-protein", backend, data: folder },
      { task: "uci-parkinsons", backend, data: `${folder}/parkinsons` },
    ]);
    assertEquals(leftOut, [{ task: "uci-slice", why: "not there" }]);
  }));

Deno.test("grounds: without --data what `deno task data` has downloaded, or the folder that APO_DATA names", () =>
  inFolder(async (folder) => {
    const before = Deno.cwd();
    try {
      Deno.chdir(folder);
      assertStringIncludes(await refused({}), "folder=datasets holds no whole table (uci-protein: not there, ");
      write(slice, "datasets/slice");
      const { grounds: [{ task, folder: place }] } = await groundsOf({ tables }, { backend });
      assertEquals([task.name, place], ["uci-slice", `${Deno.cwd()}/datasets/slice`]);
      Deno.env.set("APO_DATA", "elsewhere");
      const message = await refused({});
      assertStringIncludes(message, "APO_DATA=elsewhere holds no whole table");
      assertStringIncludes(message, "`deno task data protein` downloads one into datasets/protein");
    } finally {
      Deno.env.delete("APO_DATA");
      Deno.chdir(before);
    }
  }));

Deno.test("grounds: a part of a table is no table; a damaged one is an error, though others are there", () =>
  inFolder(async (folder) => {
    write(slice, folder, ROWS - 1);
    assertStringIncludes(await refused({ data: folder }), "uci-slice: 29 rows of 30 are there");
    write(protein, folder);
    const { grounds, leftOut } = await groundsOf({ tables }, { data: folder, backend });
    assertEquals(grounds.map(({ task }) => task.name), ["uci-protein"]);
    assertEquals(leftOut.map(({ why }) => why), ["not there", "29 rows of 30 are there"]);
    Deno.writeTextFileSync(`${folder}/${parkinsons.files[0]}`, "age,sex\n1,2\n");
    assertStringIncludes(await refused({ data: folder }), `${parkinsons.files[0]} has 2 columns, expected 22`);
  }));

Deno.test("grounds: data of several tasks lie in folders of their names, or all in one", () =>
  inFolder(async (folder) => {
    const tasks = ["cifar10", "cifar100"],
      folders = async () =>
        (await groundsOf({ tasks }, { data: folder, backend })).grounds.map((ground) => ground.folder);
    await writeCifar(folder, "cifar10");
    await writeCifar(folder, "cifar100");
    assertEquals(await folders(), [folder, folder]);
    Deno.mkdirSync(`${folder}/cifar100`);
    await writeCifar(`${folder}/cifar100`, "cifar100");
    assertEquals(await folders(), [folder, `${folder}/cifar100`]);
  }));

Deno.test("grounds: tables beside tasks may be absent; the folder is for those that read one", () =>
  inFolder(async (folder) => {
    const tasks = ["ill-conditioned"], given = { data: folder, backend } as const;
    const none = await groundsOf({ tasks, tables }, given);
    assertEquals(none.grounds.map(sharedChoices), [{ task: "ill-conditioned", backend }]);
    assertEquals(none.leftOut.length, 3);
    write(slice, folder);
    const { grounds, leftOut } = await groundsOf({ tasks, tables }, given);
    assertEquals(grounds.map(sharedChoices), [
      { task: "ill-conditioned", backend },
      { task: "uci-slice", backend, data: folder },
    ]);
    assertEquals(leftOut.map(({ task }) => task), ["uci-protein", "uci-parkinsons"]);
    await assertRejects(() => groundsOf({ tasks }, given), UserError, "means nothing to task=ill-conditioned");
    const built = await groundsOf({ tasks: ["mnist"] }, { data: null, backend });
    assertEquals(built.grounds.map(sharedChoices), [{ task: "mnist", backend }]);
  }));

Deno.test("grounds: tasks share data and backend; without one there is nothing", async () => {
  assertEquals(await groundsOf({}, {}), { grounds: [], leftOut: [] });
  const { grounds, leftOut } = await groundsOf({ tasks: ["ill-conditioned"] }, { backend });
  assertEquals([grounds.map(sharedChoices), leftOut], [[{ task: "ill-conditioned", backend }], []]);
  const tasks = ["mnist-autoencoder", "mnist"], digits = await groundsOf({ tasks }, { backend });
  assertEquals(digits.grounds.map(sharedChoices), tasks.map((task) => ({ task, backend })));
});
