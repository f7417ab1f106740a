/** Tests on each backend: the two with kernels of their own for losses, and the one without. */
import { chooseBackend } from "../../runtime/backend.ts";
import { webgpuTest } from "../runtime/webgpu_test_case.ts";

/** The same test on cpu, wasm and webgpu. */
export function onEveryBackend(name: string, body: () => Promise<void>): void {
  for (const backend of ["cpu", "wasm"] as const) {
    Deno.test(`${name} (${backend})`, async () => {
      await chooseBackend(backend);
      await body();
    });
  }
  webgpuTest(`${name} (webgpu)`, body);
}
