/** The figure of a real GPU, rehearsed on the software adapter with torch on the CPU in the GPU's place. */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { besideTorch, timeTo } from "../../bench/figures/gpu.ts";
import { cases } from "../../bench/peers/cases.ts";
import { productRows } from "../../bench/peers/gpu_products.ts";
import { findTorch } from "../../bench/peers/torch.ts";
import { webgpuTest } from "../runtime/webgpu_test_case.ts";

const found = await findTorch();
const torch = found && { ...found, device: "in the GPU's place", compiles: false };

webgpuTest("bench, gpu: steps beside torch's, whose losses agree, and products", async () => {
  const test = { ...cases[0], choice: { hidden: [16] }, batchSize: 16 };
  const rows = await besideTorch(test, torch, { rounds: 1, device: "cpu", adapter: "software" });
  assertEquals(rows.map(({ unit }) => unit), torch ? ["ms", "×"] : ["ms"]);
  for (const { what, result, detail } of rows) assert(result && result.median > 0, `${what}: ${detail}`);
  const { result, detail } = await timeTo(0.05, 1);
  assert(result && result.median > 0, detail);
  const [rate, ...ratios] = await productRows([64], torch, { device: "cpu", long: 1 });
  assertGreater(rate.result!.median, 0);
  assertEquals(ratios.length, torch ? 1 : 0);
});
