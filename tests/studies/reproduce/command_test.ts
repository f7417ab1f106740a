import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { main } from "../../../cli/reproduce.ts";
import { sizes } from "../../../studies/reproduce/recipe.ts";
import { recipes } from "../../../studies/reproduce/recipes/list.ts";
import { readResult } from "../../../studies/reproduce/result.ts";
import { tasks } from "../../../tasks/list.ts";
import { callMain, ended, fileNames, inFolder, type Result, startScript } from "../../cli/command.ts";
import { tiny } from "./tiny.ts";

const script = new URL("tiny.ts", import.meta.url).pathname;
const start = (...args: string[]) => startScript("reproduce", script, ...args);
const reproduce = async (...args: string[]): Promise<Result> => await ended(await start(...args));
const call = (...args: string[]) => callMain((words) => main(words, [tiny]), ...args);
const flags = ["ill-conditioned", "--backend=cpu", "--jobs=2"];
const visible = (folder: string) => fileNames(folder).filter((name) => !name.startsWith("."));

Deno.test("reproduce: claim and rule first, the verdict last; Ctrl-C and kill -9 change nothing of the result", () =>
  inFolder(async (folder) => {
    const whole = `${folder}/whole`, broken = `${folder}/broken 1`;
    const { code, stdout, stderr } = await reproduce(...flags, `--out=${whole}`);
    assertEquals([code, stderr], [0, ""]);
    assertFalse(stdout.includes("\x1b") || stdout.includes("\r"), "no escape codes where nobody watches");
    assertMatch(stdout, /^claim {4}On ill-conditioned regression [^]*\nrule {5}Supported if [^]*\nfolder {3}/);
    const before = stdout.slice(0, stdout.indexOf("\nfolder"));
    assert(before.split("\n").every((line) => line.length <= 100), "fits a terminal");
    assertMatch(
      stdout,
      /\n(supported|not supported|inconclusive)\. Seeds 0 to 2; 9 runs to tune .*, 9 for the verdict\.\n$/,
    );
    assertMatch(stdout, /^kfac: --[^=\n]*=\S+ --\S+ \(the best of 3 /m, "flags, to be pasted");
    assertMatch(
      stdout,
      /^ {2}optimizer .*tuned settings\n(.*\n)*? {2}kfac .*trustRegion=/m,
      "names, as in config.json",
    );
    assertEquals(visible(whole), [
      "ill-conditioned.svg",
      "report.md",
      "reproduction.json",
      "result.json",
      "seed",
      "trial",
    ]);
    const result = await readResult(whole); // one trial fails: momentum at ten times its rate
    assertEquals([result.name, result.size.name, result.seeds, result.counts], [
      "ill-conditioned",
      "quick",
      [0, 1, 2],
      { trials: { total: 9, failed: 1 }, runs: { total: 9, failed: 0 } },
    ]);
    assertEquals(result.parts.length, 2);
    assertFalse(fileNames(`${whole}/seed/kfac-2`).includes("checkpoint.safetensors"));
    const config = JSON.parse(Deno.readTextFileSync(`${whole}/seed/kfac-2/config.json`));
    assertEquals([config.seed, config.settings.steps, config.backend], [2, 30, "cpu"]);
    assertStringIncludes(result.tables[0].rows[1][2].text, `damping=${config.settings.damping}`);

    for (const [signal, run] of [["SIGINT", "trial/kfac-2"], ["SIGKILL", "seed/kfac-0"]] as const) {
      const child = await start(...flags, `--out=${broken}`);
      await begun(`${broken}/${run}/config.json`);
      child.kill(signal);
      const { code, stderr } = await ended(child);
      assertFalse(visible(broken).includes("result.json"), "killed in time");
      if (signal === "SIGKILL") continue;
      assertEquals(code, 130, stderr);
      assertStringIncludes(stderr, `deno task reproduce ill-conditioned --backend=cpu --out='${broken}'`);
    }
    assertEquals(await reproduce(...flags, "--quiet", `--out=${broken}`), { code: 0, stdout: "", stderr: "" });
    assertEquals(await readResult(broken), result);

    const trained = Deno.statSync(`${broken}/seed/kfac-1/summary.json`).mtime;
    assertEquals((await call(...flags, "--quiet", "--seeds=4", `--out=${broken}`)).code, 0);
    assertEquals(Deno.statSync(`${broken}/seed/kfac-1/summary.json`).mtime, trained, "nothing is trained again");
    assertEquals((await readResult(broken)).seeds, [0, 1, 2, 3]);

    const other = await call(...flags, "--full", `--out=${broken}`);
    assertEquals(other.code, 2);
    assertMatch(other.stderr, /^--out=.* belongs to another reproduction \(other size\); give another folder\n$/);
  }));

Deno.test("reproduce: --help and --list", async () => {
  const help = await callMain(main, "--help"), list = await callMain(main, "--list");
  assertEquals([help.code, list.code], [0, 0]);
  const words = list.stdout.replaceAll(/\s+/g, " ");
  for (const { name, claim, sizes } of recipes) {
    assertStringIncludes(words, ` ${name} ${claim} ${sizes.quick.time}`);
    assertStringIncludes(words, `; --full: ${sizes.full.time}`);
  }
  assertStringIncludes(words, " two hours on two cores, deno task data cifar10 before; --full: ");
  assertStringIncludes(words, "a GPU, deno task data cifar10 before, deno task data cifar100 before");
  assertStringIncludes(help.stdout, "deno task reproduce rosenbrock");
  assertMatch(help.stdout, /^ {2}--full +/m);
});

Deno.test("reproduce with what cannot be: exit 2, one line, no folder", () =>
  inFolder(async (folder) => {
    const wrong: [words: string[], ...needed: string[]][] = [
      [[], "give a name: rosenbrock"],
      [["rosenbroc"], "NAME=rosenbroc", "did you mean rosenbrock?"],
      [["rosenbrock", "theorem"], '"theorem"'],
      [["rosenbrock", "--seeds=2"], "--seeds=2", "give 3 or more"],
      [["rosenbrock", "--seeds=0"], "--seeds=0"],
      [["rosenbrock", "--seeds=1001"], "--seeds=1001", "at most 1000"],
      [["rosenbrock", "--seeds=1e9"], "--seeds=1e9", "at most 1000"],
      [["rosenbrock", "--jobs=x"], "--jobs=x"],
      [["rosenbrock", "--data=somewhere"], "--data=somewhere", "rosenbrock"],
      [["rosenbrock", "--backend=gpu"], "--backend=gpu"],
      [["theorem", "--backend=cpu"], "--backend=cpu", "theorem"],
      [["theorem", "--data=somewhere"], "--data=somewhere", "theorem"],
      [["autoencoder", "--data=/nowhere"], "--data=/nowhere"],
      [["uci", "--data=/nowhere"], "--data=/nowhere", "uci-slice: not there", "`deno task data protein`"],
      [["rosenbrock", "--fast"], "--fast is unknown"],
    ];
    for (const [words, ...needed] of wrong) {
      const { code, stdout, stderr } = await callMain(main, ...words, `--out=${folder}/out`);
      assertEquals([code, stdout], [2, ""], words.join(" "));
      assertMatch(stderr, /^[^\n]+\n$/, "one line");
      for (const word of needed) assertStringIncludes(stderr, word);
    }
    assertEquals(fileNames(folder), []);
    Deno.writeTextFileSync(`${folder}/thesis.txt`, "years of work");
    const { code, stderr } = await callMain(main, "theorem", `--out=${folder}`);
    assertEquals(code, 2);
    assertStringIncludes(stderr, "is no reproduction");
    assertEquals(fileNames(folder), ["thesis.txt"]);

    Deno.symlinkSync(`${folder}/nowhere`, `${folder}/link`);
    const dangling = await callMain(main, "theorem", `--out=${folder}/link`);
    assertEquals(dangling.code, 2);
    assertStringIncludes(dangling.stderr, `--out=${folder}/link cannot be made: `);
    assertEquals(Deno.readLinkSync(`${folder}/link`), `${folder}/nowhere`, "the user's link is left alone");
    Deno.mkdirSync(`${folder}/odd/reproduction.json`, { recursive: true });
    const odd = await callMain(main, "theorem", `--out=${folder}/odd`);
    assertEquals(odd.code, 2, odd.stderr);
    assertStringIncludes(odd.stderr, "reproduction.json is damaged");
  }));

Deno.test("reproduce: a size with tasks of its own is on these, and not on the recipe's", () =>
  inFolder(async (folder) => {
    const text = { about: "nothing", time: "no time" }, asked: (readonly string[])[] = [];
    const study: Parameters<typeof sizes>[2] = ({ tasks }) => {
      asked.push(tasks);
      return Promise.resolve({ parts: [], tables: [], pictures: [], notes: [] });
    };
    const own = ["rosenbrock", "ill-conditioned"], both = sizes(text, { ...text, tasks: own }, study);
    const recipe = { ...tiny, tasks: ["ill-conditioned"], sizes: both };
    for (const words of [[], ["--full"]]) {
      const out = `--out=${folder}/${words.length}`;
      await callMain((words) => main(words, [recipe]), recipe.name, ...words, "--backend=cpu", out);
    }
    assertEquals(asked, [["ill-conditioned"], own]);
  }));

/** Those whose data come along; messages are fetched. */
const startable = recipes.filter(({ tasks: names }) =>
  names && !names.includes("translation") &&
  tasks.every(({ name, download }) => download === undefined || !names.includes(name))
);
for (const { name, tasks } of startable) {
  Deno.test(`reproduce ${name}: Ctrl-C while it tunes ends with what is to be typed to go on`, () =>
    inFolder(async (folder) => {
      const out = `${folder}/out`, all = new URL("../../../cli/reproduce.ts", import.meta.url).pathname;
      const child = await startScript("reproduce", all, name, "--backend=wasm", `--out=${out}`);
      await begun(`${out}/reproduction.json`);
      await new Promise((resolve) => setTimeout(resolve, 2000)); // some of its runs have begun
      child.kill("SIGINT");
      const { code, stderr } = await ended(child);
      assertEquals(code, 130, `${tasks}: ${stderr}`);
      assertMatch(stderr, new RegExp(`deno task (blas )?reproduce ${name} `)); // as it was started
    }));
}

/** Waits for a file. */
async function begun(path: string): Promise<void> {
  for (const begin = Date.now(); Date.now() - begin < 120_000;) {
    if (await Deno.stat(path).then(() => true, () => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${path} did not come`);
}
