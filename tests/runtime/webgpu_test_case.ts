/**
 * Tests that need a WebGPU adapter; a software one will do.
 */
import { chooseBackend } from "../../runtime/backend.ts";
import { findAdapter } from "../../runtime/webgpu/adapter.ts";
import { hasHalf } from "../../runtime/webgpu/half_device.ts";
import { withoutDisplay } from "../../runtime/webgpu/quiet.ts";

// Debian's software adapter ends the process with "free(): invalid pointer" now and then when its own threads outlive the tests.
Deno.env.set("LP_NUM_THREADS", "0");
const adapter = await findAdapter();
const offersHalf = adapter !== undefined && hasHalf((await withoutDisplay(() => navigator.gpu.requestAdapter()))!);

/** A test on the webgpu backend; ignored, and its name says why, where there is no adapter. */
export function webgpuTest(name: string, body: (t: Deno.TestContext) => Promise<void>): void {
  testWhere(adapter !== undefined, "no WebGPU adapter", name, body);
}

/** Such a test that needs half precision. */
export function halfTest(name: string, body: (t: Deno.TestContext) => Promise<void>): void {
  testWhere(offersHalf, "no WebGPU adapter with shader-f16", name, body);
}

function testWhere(
  can: boolean,
  lacking: string,
  name: string,
  body: (t: Deno.TestContext) => Promise<void>,
): void {
  const fn = async (t: Deno.TestContext) => {
    await chooseBackend("webgpu");
    await body(t);
  };
  Deno.test({ name: can ? name : `${name} (ignored: ${lacking})`, ignore: !can, fn });
}
