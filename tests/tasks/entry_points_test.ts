import { assert, assertEquals, assertFalse } from "@std/assert";
import { deno, inFolder, registryFlags } from "../cli/command.ts";

const root = new URL("../../", import.meta.url);
const { exports, imports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
const entryPoints = Object.values(exports) as string[];

async function output(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = new Deno.Command(deno, { args, cwd: root, env: { NO_COLOR: "1" }, stdin: "null" });
  const { code, stdout, stderr } = await command.output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

/** What a module's import loads: the modules reached by static imports. Types are gone by then. */
async function staticGraph(entryPoint: string, registry: string[]): Promise<string[]> {
  const { stdout } = await output("info", "--json", ...registry, entryPoint);
  const graph = JSON.parse(stdout), found = new Set<string>();
  const modules = new Map(graph.modules.map((module: { specifier: string }) => [module.specifier, module]));
  const visit = (specifier: string) => {
    const at = graph.redirects?.[specifier] ?? specifier;
    if (found.has(at)) return;
    found.add(at);
    // deno-lint-ignore no-explicit-any
    for (const { specifier, code, isDynamic } of (modules.get(at) as any)?.dependencies ?? []) {
      if (!isDynamic && code) visit(code.specifier ?? specifier);
    }
  };
  visit(graph.roots[0]);
  return [...found];
}

Deno.test("entry points: importing one loads no data, no pictures, no backend", async () => {
  const registry = await registryFlags();
  assertEquals(entryPoints.length, 10);
  for (const entryPoint of entryPoints) {
    const graph = await staticGraph(entryPoint, registry);
    assert(graph.length > 5, entryPoint);
    const plain = entryPoint.includes("display"); // pictures and tables need no tensors
    assert(plain || graph.some((module) => module.includes("@tensorflow/tfjs@")), "the graph is read rightly");
    const heavy = graph.filter((module) =>
      /mnist@|vega@|vega-lite@|asciichart|tfjs-backend|@std|jsr:|compat\/|\/cli\//.test(module)
    );
    assertEquals(heavy, [], entryPoint);
  }
});

Deno.test("entry points: importing one needs no permission, prints nothing, and starts nothing", () =>
  inFolder(async (folder) => {
    const registry = await registryFlags();
    for (const entryPoint of entryPoints) {
      const url = new URL(entryPoint, root).href;
      const script = `import * as tf from "${imports["@tensorflow/tfjs"]}";
const state = () => JSON.stringify([Object.keys(globalThis).sort(), tf.getBackend(), tf.engine().state.numTensors]);
const before = state();
const module = await import(${JSON.stringify(url)});
if (Object.keys(module).length === 0) throw new Error("nothing is exported");
if (state() !== before) throw new Error(\`\${before} became \${state()}\`);
`;
      await Deno.writeTextFile(`${folder}/import.ts`, script);
      // The import is written out in the script, so Deno may read the module without a permission of its own.
      const done = await output("run", "-q", "--no-prompt", "--no-check", ...registry, `${folder}/import.ts`);
      assertFalse(/NotCapable|Requires/.test(done.stderr), done.stderr);
      assertEquals(done, { code: 0, stdout: "", stderr: "" }, entryPoint);
    }
  }));
