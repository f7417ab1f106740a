/**
 * Tests that need a WebGPU adapter; a software one will do.
 */
import { chooseBackend } from "../../runtime/backend.ts";
import { findAdapter } from "../../runtime/webgpu/adapter.ts";

// Debian's software adapter ends the process with "free(): invalid pointer" now and then when its own threads outlive the tests.
Deno.env.set("LP_NUM_THREADS", "0");
const adapter = await findAdapter();

/** A test on the webgpu backend; ignored, and its name says why, where there is no adapter. */
export function webgpuTest(name: string, body: (t: Deno.TestContext) => Promise<void>): void {
  const fn = async (t: Deno.TestContext) => {
    await chooseBackend("webgpu");
    await body(t);
  };
  Deno.test({ name: adapter ? name : `${name} (ignored: no WebGPU adapter)`, ignore: !adapter, fn });
}
