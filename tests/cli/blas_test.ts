import { assert, assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { decode } from "../../runs/safetensors.ts";
import { blasText } from "../../runtime/wasm/blas/library.ts";
import { openBlas, whereBlas } from "../runtime/blas/blas_test_case.ts";
import { main } from "../../cli/blas.ts";
import { autoThreads } from "../runtime/threads/on_threads.ts";
import { callMain, deno, fileNames, inFolder, registryFlags, type Result, run } from "./command.ts";

const small = ["--hidden=16", "--batch-size=32", "--backend=wasm", "--optimizer=adam", "--log-every=2"];
const root = new URL("../../", import.meta.url);
const json = (path: string) => JSON.parse(Deno.readTextFileSync(path));
/** Every number that training ended with: some losses agree by chance. */
const numbers = (folder: string) => decode(Deno.readFileSync(`${folder}/checkpoint.safetensors`)).arrays;

/** `train` with these libraries to load and no others. */
async function withLibraries(files: string[], ...words: string[]): Promise<Result> {
  const permissions = ["--no-prompt", "--allow-read", "--allow-write", "--allow-env=APO_DATA,XDG_RUNTIME_DIR"];
  const ffi = files.length > 0 ? [`--allow-ffi=${files}`] : [];
  const args = ["run", ...permissions, ...ffi, ...await registryFlags(), "cli/train.ts", ...words];
  const { code, stdout, stderr } = await new Deno.Command(deno, { args, cwd: root, env: { NO_COLOR: "1" } }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

/** Where C's library is, which has no `cblas_sgemm`; on macOS it is no file. */
const libraryOfC = Deno.build.os === "darwin"
  ? "/usr/lib/libSystem.B.dylib"
  : [`/lib/${Deno.build.arch}-linux-gnu/libc.so.6`, "/lib64/libc.so.6", "/usr/lib/libc.so.6"].find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });

Deno.test("train --blas=FILE: what is no library, or lacks cblas_sgemm: exit 2, one line, nothing left behind", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/text.so`, "no library");
    const cases = [[`${folder}/text.so`, "("], [`${folder}/absent.so`, "("]];
    if (libraryOfC) cases.push([libraryOfC, "cblas_sgemm"]);
    for (const [file, why] of cases) {
      const { code, stdout, stderr } = await withLibraries([file], ...small, `--blas=${file}`, `--out=${folder}/run`);
      assertEquals([code, stdout], [2, ""]);
      assertMatch(stderr, /^--blas=[^\n]+ cannot be used \([^\n]+\); give the file [^\n]+ --blas=off\n$/);
      assertStringIncludes(stderr, `--blas=${file} `);
      assertStringIncludes(stderr, why);
    }
    assertEquals(fileNames(folder), ["text.so"]);
  }));

Deno.test("deno task blas: the other commands, and help; an unknown one is refused by name", async () => {
  const help = await callMain(main);
  assertEquals(help.code, 2);
  assertStringIncludes(help.stdout, "deno task blas train --optimizer=adam");
  assertEquals((await callMain(main, "--help")).code, 0);
  const { code, stderr } = await callMain(main, "trian");
  assertEquals(code, 2);
  assertStringIncludes(stderr, "deno task blas trian is unknown; did you mean train?");
  assertStringIncludes((await callMain(main, "train", "--list")).stdout, "apo-momentum");
  assertStringIncludes((await callMain(main, "find-rate", "--help")).stdout, "deno task find-rate");
});

Deno.test("train --blas=off, and without the permission: kernels of our own, and not a word", () =>
  inFolder(async (folder) => {
    const words = [...small, "--steps=6"];
    const off = await run(...words, "--blas=off", `--out=${folder}/off`);
    const none = await withLibraries([], ...words, `--out=${folder}/none`);
    for (const { stdout, stderr } of [off, none]) {
      assertStringIncludes(stdout, `backend  wasm (relaxed SIMD, ${autoThreads})\n`);
      assertEquals(stderr, "");
    }
    assertEquals(numbers(`${folder}/off`), numbers(`${folder}/none`));
    for (const run of ["off", "none"]) assert(!("blas" in json(`${folder}/${run}/config.json`)), run);
  }));

whereBlas(
  "train --blas=FILE: said, written down, the same bits again, and kept when the run goes on",
  () =>
    inFolder(async (folder) => {
      const { blas } = openBlas!, words = [...small, `--blas=${blas.path}`];
      const whole = await run(...words, "--steps=12", `--out=${folder}/whole`);
      assertStringIncludes(
        whole.stdout,
        `backend  wasm (relaxed SIMD, ${autoThreads}; products by ${blasText(blas)})\n`,
      );
      assertEquals(json(`${folder}/whole/config.json`).blas, blas);
      assertEquals(json(`${folder}/whole/summary.json`).blas, blas);
      assertEquals((await run(...words, "--steps=6", `--out=${folder}/parts`)).code, 0);
      const resumed = await run(`--resume=${folder}/parts`, "--steps=12");
      assertStringIncludes(resumed.stdout, `products by ${blasText(blas)})\n`);
      assertEquals(numbers(`${folder}/parts`), numbers(`${folder}/whole`));
      const off = await run(...small, "--steps=12", "--blas=off", `--out=${folder}/off`);
      assertEquals(off.code, 0);
      assertNotEquals(numbers(`${folder}/off`), numbers(`${folder}/whole`), "the library did compute");
    }),
);

whereBlas(
  "train --resume where OpenBLAS may no longer be loaded: it goes on, and says that the bits will differ",
  () =>
    inFolder(async (folder) => {
      const { blas } = openBlas!, out = `${folder}/run`;
      assertEquals((await run(...small, "--steps=4", `--blas=${blas.path}`, `--out=${out}`)).code, 0);
      const { code, stdout } = await withLibraries([], `--resume=${out}`, "--steps=8");
      const said = `backend  wasm (relaxed SIMD, ${autoThreads}); not the same bits as before: products were by ${
        blasText(blas)
      }\n`;
      assertEquals(code, 0);
      assertStringIncludes(stdout, said);
      assertEquals(json(`${out}/config.json`).blas, blas, "what it was made with");
    }),
);

whereBlas(
  "train --resume of a run without OpenBLAS: without it, whatever is there by then",
  () =>
    inFolder(async (folder) => {
      const words = [...small, "--blas=off"];
      await run(...words, "--steps=4", `--out=${folder}/run`);
      const resumed = await run(`--resume=${folder}/run`, "--steps=8");
      assertStringIncludes(resumed.stdout, `backend  wasm (relaxed SIMD, ${autoThreads})\n`);
      await run(...words, "--steps=8", `--out=${folder}/alone`);
      assertEquals(numbers(`${folder}/run`), numbers(`${folder}/alone`));
    }),
);
