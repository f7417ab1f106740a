/** The recipes of docs/your_own_rule.md and README for parts with a name, done in a copy of the repository exactly as they say. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { deno, inFolder, registryFlags, root } from "./cli/command.ts";

const page = (name: string) => Deno.readTextFileSync(new URL(`docs/${name}`, root));
const codeOf = (text: string) => [...text.matchAll(/^```ts.*\n([^]*?)^```$/gm)].map(([, code]) => code);
const rule = page("your_own_rule.md");

/** A page's example that exports this, up to the end of it and with other imports: what a reader saves as a file. */
function file(text: string, exported: string, imports: string): string {
  const code = codeOf(text).find((code) => code.includes(exported))!, from = code.indexOf(exported);
  const whole = code.slice(0, from) + code.slice(from).match(/^[^]*?^\};?$/m)![0] + "\n";
  return `${imports}\n${whole.replace(/^import .* from "@amortized.*\n/gm, "")}`;
}

/** The steps of a block: each a comment that begins with a path, and lines of code. */
function steps(beginning: string): [path: string, lines: string[]][] {
  const block = codeOf(rule).find((code) => code.startsWith(`// ${beginning}`))!;
  return block.trim().split("\n\n").map((step) => step.split("\n")).map((
    [comment, ...lines],
  ) => [comment.match(/^\/\/ ([^\s:]+)/)![1], lines]);
}

/** After which line of a file the page's line belongs. */
const lists: Readonly<Record<string, string>> = {
  "optimizers/catalogue/bases.ts": "export const bases: Readonly<Record<string, Base>> = {",
  "optimizers/catalogue/catalogue.ts": "const entries: Readonly<Record<string, CatalogueEntry>> = {",
  "optimizers/catalogue/baselines.ts": "export const baselines: Readonly<Record<string, CatalogueEntry>> = {",
  "tasks/list.ts": "export const tasks: readonly Task[] = [\n  mnist,",
  "tasks/mnist.ts": "    linear: modelEntry({}, () => linear(784, 10)),",
};

/** What a clone has, without tests and pages. */
function clone(folder: string) {
  const names = ["cli", "studies", "runs", "tasks", "training", "data", "display", "optimizers", "proximal", "models"];
  const copy = (path: string) => {
    const from = new URL(path, root);
    if (!Deno.statSync(from).isDirectory) return Deno.copyFileSync(from, `${folder}/${path}`);
    Deno.mkdirSync(`${folder}/${path}`);
    for (const { name } of Deno.readDirSync(from)) copy(`${path}/${name}`);
  };
  for (const path of [...names, "runtime", "compat", "mod.ts"]) copy(path);
  for (const { name } of Deno.readDirSync(root)) if (/^deno\..*(json|lock)$/.test(name)) copy(name);
}

const exported: Readonly<Record<string, [text: string, exported: string]>> = {
  "optimizers/directions/noisy_sign.ts": [rule, "export function noisySign"],
  "optimizers/parameterizations/per_layer_rates.ts": [rule, "export function perLayerRates"],
  "optimizers/baselines/polyak.ts": [rule, "export function polyak"],
  "tasks/quadrants.ts": [page("your_own_model_and_data.md"), "export const quadrants"],
};

function follow(folder: string) {
  const files = steps("optimizers/directions/noisy_sign.ts"), lines = steps("optimizers/catalogue/bases.ts");
  assertEquals([files, lines].map((all) => all.map(([path]) => path)), [Object.keys(exported), Object.keys(lists)]);
  for (const [path, imports] of files) {
    Deno.writeTextFileSync(`${folder}/${path}`, file(...exported[path], imports.join("\n")));
  }
  for (const [path, imports] of lines) {
    const line = imports.pop(), at = `${folder}/${path}`, text = Deno.readTextFileSync(at), list = lists[path];
    assert(imports.length <= 1 && text.split(list).length === 2, path);
    Deno.writeTextFileSync(at, [...imports, text.replace(list, () => `${list}\n${line}`)].join("\n"));
  }
}

/** README's direction, by the file and the line that its text names. */
function followReadme(folder: string) {
  const readme = Deno.readTextFileSync(new URL("README.md", root)),
    text = readme.replaceAll(/\s+/g, " "),
    at = "optimizers/catalogue/bases.ts";
  const [, line] = text.match(/add this line to the object `bases`: `([^`]*)`/)!, code = codeOf(readme).at(-1)!;
  const [tf] = code.match(/^import \* as tf.*$/m)!, [signs] = code.match(/^const signs[^]*?;$/m)!;
  const [sign] = code.match(/^const sign:.*$/m)!;
  const imports = `${tf}\nimport type { Direction } from "./direction.ts";`;
  Deno.writeTextFileSync(`${folder}/optimizers/directions/sign.ts`, `${imports}\n${signs}\nexport ${sign}\n`);
  const bases = Deno.readTextFileSync(`${folder}/${at}`).replace(lists[at], `${lists[at]}\n${line}`);
  Deno.writeTextFileSync(`${folder}/${at}`, `import { sign } from "../directions/sign.ts";\n${bases}`);
}

Deno.test("recipes: a direction, a parameterization, an optimizer, a task and a model by one file and one line", () =>
  inFolder(async (folder) => {
    clone(folder);
    follow(folder);
    followReadme(folder);
    const registry = await registryFlags();
    const call = async (...args: string[]) => {
      const command = new Deno.Command(deno, { args, cwd: folder, env: { NO_COLOR: "1" }, stdin: "null" });
      const { code, stdout, stderr } = await command.output();
      const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      assertEquals(code, 0, `${args.join(" ")}\n${error}`);
      return out;
    };
    await call("check", "-q", ...registry, "cli/train.ts");

    const permissions = ["--no-prompt", "--allow-read", "--allow-write", "--allow-env=APO_DATA,XDG_RUNTIME_DIR"];
    const run = (command: string, ...flags: string[]) =>
      call("run", "--no-check", ...permissions, ...registry, `cli/${command}.ts`, ...flags);
    const listed = await run("train", "--list");
    const optimizers = ["noisy-sign", "apo-noisy-sign", "apo-per-layer", "polyak", "sign", "apo-sign"];
    for (const name of [...optimizers, "quadrants"]) assertStringIncludes(listed, `\n  ${name} `);
    assertStringIncludes(listed, "(mlp, linear, wide, conv, lenet, resnet, wideresnet)");
    const small = ["--task=quadrants", "--backend=wasm", "--blas=off"];
    for (const name of optimizers) {
      await run("train", ...small, `--optimizer=${name}`, `--out=out/${name}`, "--quiet");
      const { testAccuracy } = JSON.parse(Deno.readTextFileSync(`${folder}/out/${name}/summary.json`));
      assert(testAccuracy > 0.8, `${name}: ${testAccuracy}`);
    }
    await run("find_rate", ...small, "--optimizer=noisy-sign", "--steps=50", "--seeds=1", "--from=0.01");
    await run("train", "--model=wide", "--steps=1", "--backend=wasm", "--quiet", "--out=out/wide");
  }));
