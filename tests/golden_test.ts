/**
 * Every golden file (float64 values of an independent reference) against the public API. The folder is APO_GOLDEN, or else
 * tests/golden; a file of a family or a topic that is not known here fails. Family g runs on every backend, the others on cpu.
 */
import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { chooseBackend } from "../runtime/backend.ts";
import { comparison } from "./golden/comparison.ts";
import { families } from "./golden/families.ts";
import type { Json } from "./golden/setting.ts";
import { notBuilt, topics } from "./golden/topics.ts";
import { webgpuTest } from "./runtime/webgpu_test_case.ts";

const folder = Deno.env.get("APO_GOLDEN") ?? new URL("golden/", import.meta.url).pathname;
const files = [...Deno.readDirSync(folder)].map((entry) => entry.name).filter((name) => name.endsWith(".json")).sort();
const read = (file: string): Json => JSON.parse(Deno.readTextFileSync(`${folder}/${file}`));

Deno.test("golden: there are files to compare with", () => assert(files.length > 0, `${folder} holds no .json file`));

/** Compares everything that a file holds, on the backend that is chosen. */
async function compareFile(file: string): Promise<void> {
  const family = file.split("_", 1)[0], content = read(file), compare = comparison(family === "c" ? 1e-3 : 1e-4);
  if (family === "g") {
    const known = `topic "${content.topic}" is not known; add it to tests/golden/topics.ts`;
    assert(content.topic in topics, `${file}: the ${known}`);
  } else assert(family in families, `${file}: the family "${family}" is not known; add it to tests/golden/families.ts`);
  const before = tf.memory().numTensors;
  await (family === "g" ? topics[content.topic] : families[family])(content, compare);
  console.log(
    `golden ${file}: ${compare.count} arrays, largest error ${compare.largest.toExponential(1)} of its array's size`,
  );
  assert(compare.count > 0);
  assertEquals(tf.memory().numTensors, before, "tensors left behind");
}

/** The topic of a file of family g, where the library does not have it. */
function missingTopic(file: string): string | undefined {
  try {
    const { topic } = read(file);
    return file.startsWith("g_") && notBuilt.includes(topic) ? topic : undefined;
  } catch {
    return undefined; // its test says what is wrong
  }
}

for (const file of files) {
  const missing = missingTopic(file);
  if (missing !== undefined) {
    Deno.test({
      name: `golden ${file} (ignored: the topic "${missing}" is not built yet)`,
      ignore: true,
      fn: () => {},
    });
    continue;
  }
  for (const backend of file.startsWith("g_") ? ["cpu", "wasm"] as const : ["cpu"] as const) {
    Deno.test(`golden ${file} on ${backend}`, async () => {
      await chooseBackend(backend);
      await compareFile(file);
    });
  }
  if (file.startsWith("g_")) webgpuTest(`golden ${file} on webgpu`, () => compareFile(file));
}
