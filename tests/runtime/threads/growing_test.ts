/** A heap that grows, where threads cannot share one. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { chooseBlas } from "../../../runtime/wasm/blas/choice.ts";
import { ended, startScript } from "../../cli/command.ts";

const script = new URL("growing_process.ts", import.meta.url).pathname;

Deno.test("where memory cannot be shared there is one thread, which is said, and the heap grows under kernels", async () => {
  for (const blas of ["off", ...chooseBlas("auto", false).library ? ["auto"] : []]) {
    const { stdout, stderr } = await ended(await startScript("train", script, blas));
    assertStringIncludes(stdout, "{", stderr);
    const { reason, right } = JSON.parse(stdout);
    assertStringIncludes(reason, "wasm (relaxed SIMD, 1 thread, as threads cannot share memory here");
    assertEquals(reason.includes("products by"), blas === "auto");
    assertEquals(right, true);
  }
});
