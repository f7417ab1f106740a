/** A GPU that goes away in the middle of `deno task train`. */
import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { webgpuBackend } from "../../runtime/webgpu/backend.ts";
import { webgpuTest } from "../runtime/webgpu_test_case.ts";
import { call, contents, fileNames, inFolder } from "./command.ts";

const flags = ["--task=rosenbrock", "--backend=webgpu", "--steps=24", "--log-every=1", "--quiet"];

/** Runs the command, and takes the GPU away as soon as so many lines of metrics are there. */
async function losing(folder: string, after: number, ...args: string[]): Promise<Awaited<ReturnType<typeof call>>> {
  const timer = setInterval(() => {
    const lines = Deno.readTextFileSync(`${folder}/metrics.jsonl`).split("\n").length - 1;
    if (lines >= after) webgpuBackend()!.device.destroy();
  }, 1);
  try {
    return await call(...args);
  } finally {
    clearInterval(timer);
  }
}

webgpuTest(
  "train: the GPU is lost; what is saved is whole, the message names it, --resume goes on to the same bits",
  () =>
    inFolder(async (folder) => {
      const alone = `${folder}/alone`, saved = ["--checkpoint-every=5"];
      assertEquals((await call(...flags, ...saved, `--out=${alone}`)).code, 0);

      for (const [after, more] of [[8, saved], [3, []]] as const) {
        const out = `${folder}/lost after ${after}`;
        await Deno.mkdir(out);
        await Deno.writeTextFile(`${out}/metrics.jsonl`, "");
        const lost = await losing(out, after, ...flags, ...more, `--out=${out}`);
        assertEquals([lost.code, lost.stdout], [4, ""]);
        assertMatch(lost.stderr, /^training stopped at step \d+: the GPU was lost \(.*\n$/);
        assertStringIncludes(lost.stderr, `deno task train --resume='${out}'`);
        const has = fileNames(out).includes("checkpoint.safetensors");
        assertEquals(has, more.length > 0);
        if (has) assertMatch(lost.stderr, /checkpoint of step (5|10|15|20): .*checkpoint\.safetensors is whole/);
        else assertStringIncludes(lost.stderr, "there was no checkpoint yet");
        assertFalse(fileNames(out).includes("summary.json"));

        assertEquals(await call(`--resume=${out}`, "--quiet"), { code: 0, stdout: "", stderr: "" });
        const [ours, theirs] = [contents(out), contents(alone)];
        assertEquals(ours["metrics.jsonl"], theirs["metrics.jsonl"]);
        if (has) assertEquals(ours["checkpoint.safetensors"], theirs["checkpoint.safetensors"]);
        assert(ours["summary.json"].length > 0);
      }
    }),
);
