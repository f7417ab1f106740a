/** notebooks/apo.ipynb: its code is checked as any other; where there is Jupyter it runs, and shows what it promises. */
import { assert, assertEquals, assertFalse, assertGreater, assertLess } from "@std/assert";
import { deno, inFolder, root } from "../cli/command.ts";
import { codeCells, joined, kinds, shown } from "./notebook.ts";

const folder = new URL("notebooks/", root), notebook = new URL("apo.ipynb", folder);

async function succeeds(command: string, options: Deno.CommandOptions): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(command, options).output();
  const text = new TextDecoder();
  assert(success, text.decode(stdout) + text.decode(stderr));
}

/** Whether this machine has Jupyter's executor of notebooks, and the tests may start it. */
async function hasJupyter(): Promise<boolean> {
  try {
    return (await new Deno.Command("jupyter", { args: ["nbconvert", "--version"] }).output()).success;
  } catch {
    return false;
  }
}

Deno.test("notebook: its code has right types and no lint", () =>
  inFolder(async (temporary) => {
    const cells = await codeCells(notebook.pathname), module = `${temporary}/apo.ts`;
    const code = cells.map(({ source }) => joined(source)).join("\n")
      .replaceAll('"@amortized/apo"', JSON.stringify(new URL("mod.ts", root).href))
      .replaceAll('from "../', `from "${root.href}`);
    await Deno.writeTextFile(module, `${code}\n`);
    const config = `--config=${new URL("deno.json", root).pathname}`, env = { NO_COLOR: "1" };
    await succeeds(deno, { args: ["check", "--no-lock", config, module], env });
    await succeeds(deno, { args: ["lint", config, module], env });
  }));

const jupyter = await hasJupyter();
const name = "notebook: every cell runs, and shows what the saved notebook shows";
Deno.test({
  name: jupyter ? name : `${name} (ignored: no jupyter nbconvert)`,
  ignore: !jupyter,
  fn: () =>
    inFolder(async (temporary) => {
      const kernel = `${temporary}/kernels/deno`; // not the user's own: it may be another Deno
      await Deno.mkdir(kernel, { recursive: true });
      const argv = [Deno.execPath(), "jupyter", "--kernel", "--conn", "{connection_file}"];
      const spec = { argv, display_name: "Deno", language: "typescript" };
      await Deno.writeTextFile(`${kernel}/kernel.json`, JSON.stringify(spec));
      await succeeds("jupyter", {
        args: ["nbconvert", "--to=notebook", "--config=execute.py", `--output-dir=${temporary}`, "apo.ipynb"],
        cwd: folder,
        env: { JUPYTER_DATA_DIR: temporary, JUPYTER_RUNTIME_DIR: `${temporary}/runtime`, NO_COLOR: "1" },
      });

      const cells = await codeCells(`${temporary}/apo.ipynb`), saved = await codeCells(notebook.pathname);
      assertEquals(cells.map(kinds), saved.map(kinds));
      assertEquals(cells.filter((cell) => kinds(cell).length === 0), [], "every cell shows something");
      assertFalse(cells.some((cell) => kinds(cell).some((kind) => /error|stream/.test(kind))));

      const pictures = shown(cells, "image/svg+xml");
      for (const svg of pictures) {
        assert(svg.startsWith("<svg") && svg.endsWith("</svg>"));
        assert(/<path [^>]*d="M/.test(svg));
        assertFalse(/NaN|Infinity|undefined/.test(svg));
      }
      const titles = [
        ...["Proximal steps", "The proximal objective along the gradient", "Ten steps", "Learning rate"],
        ...["Learned rate", "The learned P against the theorem", "A learning rate for each pixel"],
      ];
      for (const title of titles) assert(pictures.some((svg) => svg.includes(`>${title}</text>`)), title);
      assertClaims(shown(cells, "text/plain").map((text) => text.split("\n").map((row) => row.trim().split(/ {2,}/))));
    }),
});

/** What the text says about the tables. */
function assertClaims(tables: readonly string[][][]): void {
  const rows = (head: string) => tables.find(([[first]]) => first === head)!.slice(1);
  for (const [, , exact, numeric] of rows("learning rate")) assertLess(Math.abs(+exact / +numeric - 1), 0.02);
  for (const [, learned, known] of rows("entry of P")) assertLess(Math.abs(+learned / +known - 1), 0.05);
  for (const [, error] of rows("check")) assertLess(+error, 0.01);
  const accuracies = rows("rate").map(([rate, , , , accuracy]) => ({ rate, accuracy: parseFloat(accuracy) }));
  const [apo, fixed] = ["APO", "fixed"].map((name) => accuracies.filter(({ rate }) => rate === name));
  assertEquals([apo.length, fixed.length], [3, 3]);
  for (const { accuracy } of apo) assertGreater(accuracy, 90);
  assertLess(Math.min(...fixed.map(({ accuracy }) => accuracy)), 20);
}
