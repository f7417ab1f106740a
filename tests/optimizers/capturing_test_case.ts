/** Tests on every backend that captures steps. */
import { chooseBackend } from "../../runtime/backend.ts";
import { webgpuTest } from "../runtime/webgpu_test_case.ts";

/** A test on wasm and on WebGPU. */
export function capturingTest(name: string, body: (t: Deno.TestContext) => Promise<void>): void {
  Deno.test(`${name} (wasm)`, async (t) => {
    await chooseBackend("wasm", { blas: "off" });
    await body(t);
  });
  webgpuTest(`${name} (webgpu)`, body);
}
