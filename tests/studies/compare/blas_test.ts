import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { blasText } from "../../../runtime/wasm/blas/library.ts";
import { deno, ended, inFolder, registryFlags, startTask } from "../../cli/command.ts";
import { openBlas, whereBlas } from "../../runtime/blas/blas_test_case.ts";

const compare = async (...words: string[]) => await ended(await startTask("compare", ...words));

/** `deno task compare`, which may load no library. */
async function withoutLibraries(...words: string[]): Promise<{ code: number; stderr: string }> {
  const permissions = ["--no-prompt", "--allow-read", "--allow-write", "--allow-sys", `--allow-run=${deno}`];
  const args = ["run", ...permissions, ...await registryFlags(), "cli/compare.ts", ...words];
  const { code, stderr } = await new Deno.Command(deno, { args, env: { NO_COLOR: "1" }, stdout: "null" }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

whereBlas("compare --blas=FILE: goes on with the same products, or says how to", () =>
  inFolder(async (folder) => {
    const { blas } = openBlas!, out = `${folder}/out`, path = `${out}/comparison.json`;
    const words = ["--task=ill-conditioned", "--optimizers=sgd", "--seeds=1", "--budget=2steps", "--backend=wasm"];
    assertEquals((await compare(...words, `--blas=${blas.path}`, `--out=${out}`, "--quiet")).code, 0);
    const comparison = JSON.parse(await Deno.readTextFile(path));
    assertEquals(comparison.versions.products, blasText(blas));
    assertMatch(JSON.parse(await Deno.readTextFile(`${out}/results.json`)).command, /^deno task blas compare /);
    assertEquals((await compare(`--resume=${out}`, "--quiet")).code, 0);

    const gone = await withoutLibraries(`--resume=${out}`);
    assertEquals(gone.code, 2);
    assertStringIncludes(gone.stderr, `go on with deno task blas compare --resume='${out}'`);
    assertEquals(gone.stderr.trim().split("\n").length, 1);

    comparison.versions.products = "OpenBLAS 0.0.1 with its kernels for Katmai";
    await Deno.writeTextFile(path, JSON.stringify(comparison));
    const other = await compare(`--resume=${out}`);
    assertEquals(other.code, 2);
    assertStringIncludes(other.stderr, "products was OpenBLAS 0.0.1 with its kernels for Katmai and is OpenBLAS");
  }));
