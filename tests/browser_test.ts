/** The library in a browser: one bundle without anything of Deno or Node. */
import { assert, assertEquals } from "@std/assert";
import { deno, inFolder, registryFlags } from "./cli/command.ts";

const root = new URL("../", import.meta.url);

async function succeeded(args: string[], folder: string): Promise<string> {
  const command = new Deno.Command(deno, { args, cwd: folder, env: { NO_COLOR: "1" }, stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Trains with the bundle where there is no Deno: what a browser would see. */
const script = (backend: string, before = "") => `
${before}
delete globalThis.Deno;
delete globalThis.process;
Object.assign(globalThis, { window: globalThis, document: {} }); // how tfjs knows a browser
const { fetch } = globalThis;
globalThis.fetch = (path) => fetch(new URL(path, import.meta.url)); // as a page's: relative to it
const apo = await import("./apo.js");
await apo.chooseBackend("${backend}");
const problem = { model: apo.mlp([2, 8, 2]), output: apo.softmax() };
const data = { train: apo.rows({ inputs: [[0, 1], [1, 0]], labels: [0, 1] }) };
const optimizer = apo.amortize({ problem, direction: apo.momentum(), parameterization: apo.scalarRate() });
let first, last;
for await (const event of apo.fit({ problem, optimizer, data, steps: 30 })) {
  if (event.kind === "logged") first ??= event.metrics.loss;
  if (event.kind === "finished") last = event.train.loss;
}
const { rate } = await apo.findRate({ problem, direction: apo.momentum(), data, steps: 40, seeds: 1 });
console.log(JSON.stringify({ first, last, rate }));
`;

Deno.test("browser: mod.ts is bundled without a module of Node, and trains where there is no Deno", () =>
  inFolder(async (folder) => {
    const bundle = `${folder}/apo.js`, flags = await registryFlags();
    await succeeded(["bundle", "-q", ...flags, "--platform=browser", `--output=${bundle}`, "mod.ts"], root.pathname);
    const text = await Deno.readTextFile(bundle);
    assertEquals([...text.matchAll(/["'`]node:[\w/]+["'`]/g)].map(([module]) => module), []);
    const wasm = new URL("tfjs-backend-wasm-simd.wasm", import.meta.resolve("@tensorflow/tfjs-backend-wasm"));
    await Deno.copyFile(wasm, `${folder}/tfjs-backend-wasm-simd.wasm`); // a page has it beside the bundle
    const older = "for (const name of ['fromBase64', 'fromHex']) delete Uint8Array[name];" +
      "for (const name of ['toBase64', 'toHex']) delete Uint8Array.prototype[name];"; // browsers before 2025, Node before 25
    for (const text of [script("cpu"), script("wasm", older)]) {
      await Deno.writeTextFile(`${folder}/train.js`, text);
      const { first, last, rate } = JSON.parse(
        await succeeded(["run", "--no-prompt", "--no-config", "--allow-read=.", "train.js"], folder),
      );
      assert(last < first / 5 && rate > 0, `the loss went from ${first} to ${last}, the rate is ${rate}`);
    }
  }));
