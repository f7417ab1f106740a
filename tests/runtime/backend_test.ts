import { assert, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { type BackendName, chooseBackend } from "../../runtime/backend.ts";
import { UserError } from "../../runtime/errors.ts";
import { describeAdapter, findAdapter } from "../../runtime/webgpu/adapter.ts";
import { countDispatches } from "../../runtime/webgpu/count_dispatches.ts";
import { autoThreads } from "./threads/on_threads.ts";
import { webgpuTest } from "./webgpu_test_case.ts";

Deno.test("chooseBackend takes what was asked for, says so, and computes there", async () => {
  for (
    const [name, reason] of [["wasm", `wasm (relaxed SIMD, ${autoThreads})`], [
      "cpu",
      "cpu (plain JavaScript, slow)",
    ]] as const
  ) {
    assertEquals(await chooseBackend(name, { blas: "off" }), { name, reason });
    assertEquals(tf.getBackend(), name);
    // tfjs says that a backend which failed to start is the current one; the object behind it tells.
    assertEquals(tf.backend().constructor.name, name === "wasm" ? "BackendWasm" : "MathBackendCPU");
    const x = tf.tensor1d([1, 2]);
    assertEquals(await tf.square(x).data(), new Float32Array([1, 4]));
    x.dispose();
  }
});

Deno.test("chooseBackend keeps wasm's threads off and tfjs-node's advertisement silent", async () => {
  await chooseBackend("wasm");
  assertEquals(tf.env().getBool("WASM_HAS_MULTITHREAD_SUPPORT"), false);
  assertEquals(tf.env().getBool("IS_NODE"), false);
});

Deno.test("chooseBackend, auto: WebGPU on a real GPU only", async () => {
  const adapter = await findAdapter();
  const choice = await chooseBackend("auto", { blas: "off" });
  assertEquals(tf.getBackend(), choice.name);
  if (adapter && !adapter.software) assertEquals(choice, { name: "webgpu", reason: `webgpu (${adapter.name})` });
  else {
    const why = adapter ? `the only WebGPU adapter is software (${adapter.name.split(" (")[0]})` : "no GPU adapter";
    assertEquals(choice, { name: "wasm", reason: `wasm (relaxed SIMD, ${autoThreads}): ${why}` });
  }
});

Deno.test("chooseBackend, threads: those that were asked for, anew with another number, and a value that cannot be is refused", async () => {
  const backends = [];
  for (const threads of [1, 2, 3, 1, 2] as const) {
    for (const strict of [false, true]) {
      const { reason } = await chooseBackend("wasm", { blas: "off", strict, threads });
      const said = `${strict ? "strict" : "relaxed"} SIMD, ${threads} thread${threads === 1 ? "" : "s"}`;
      assertEquals(reason, `wasm (${said})`);
      backends.push(tf.backend());
      const [large] = tf.tidy(() => tf.matMul(tf.ones([100, 300]), tf.ones([300, 100])).dataSync());
      assertEquals(large, 300);
    }
  }
  assertEquals(new Set(backends).size, 1);
  for (const threads of [0, -1, 1.5, NaN, 257, "2", "all"]) {
    await assertRejects(
      () => chooseBackend("cpu", { threads: threads as number }),
      UserError,
      `threads is ${threads}; give a whole number from 1 to 256, or auto`,
    );
  }
  assertEquals(tf.getBackend(), "wasm");
});

webgpuTest("chooseBackend takes a software adapter when webgpu is asked for", async () => {
  const choice = await chooseBackend("webgpu");
  assertEquals(choice, { name: "webgpu", reason: `webgpu (${(await findAdapter())!.name})` });
  assertEquals(tf.backend().constructor.name, "WebGPUBackend");
});

webgpuTest("webgpu computes on the device, however small the tensors are and wherever they were made", () => {
  const work = countDispatches(() => tf.dispose(tf.tidy(() => tf.add(tf.scalar(1), tf.scalar(2)))));
  assertEquals(work, { dispatches: 1, submits: 1 });
  return Promise.resolve();
});

Deno.test("chooseBackend refuses what it does not know and keeps the backend", async () => {
  await chooseBackend("cpu");
  const message = "backend=gpu is unknown; choose auto, webgpu, wasm or cpu";
  await assertRejects(() => chooseBackend("gpu" as BackendName), UserError, message);
  assertEquals(tf.getBackend(), "cpu");
});

Deno.test("chooseBackend without WebGPU: webgpu is refused with a remedy, and auto takes wasm", async () => {
  await chooseBackend("cpu");
  const own = Object.getOwnPropertyDescriptor(globalThis, "navigator")!;
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: {} }); // as Node and older browsers have it
  try {
    await assertRejects(
      () => chooseBackend("webgpu"),
      UserError,
      "backend=webgpu cannot run: no WebGPU adapter was found; ",
    );
    assertEquals(tf.getBackend(), "cpu");
    assertEquals(await chooseBackend("auto", { blas: "off" }), {
      name: "wasm",
      reason: "wasm (relaxed SIMD, 1 thread): no GPU adapter",
    });
  } finally {
    Object.defineProperty(globalThis, "navigator", own);
  }
});

Deno.test("chooseBackend: a backend that does not start leaves the one before in place", async () => {
  await chooseBackend("cpu");
  await import("@tensorflow/tfjs-backend-wasm");
  const factory = tf.findBackendFactory("wasm");
  const warn = console.warn;
  tf.removeBackend("wasm");
  tf.registerBackend("wasm", () => Promise.reject(new Error("as without --allow-read")));
  console.warn = () => {}; // tfjs's report of the failure that this test makes
  try {
    await assertRejects(() => chooseBackend("wasm"), UserError, "backend=wasm cannot run: the module did not load; ");
    assertEquals([tf.getBackend(), tf.backend().constructor.name], ["cpu", "MathBackendCPU"]);
    const { name, reason } = await chooseBackend();
    if (name !== "webgpu") assert(reason.startsWith("cpu (plain JavaScript, slow): "), reason);
  } finally {
    console.warn = warn;
    tf.removeBackend("wasm");
    tf.registerBackend("wasm", factory);
  }
  assertEquals((await chooseBackend("wasm")).name, "wasm");
});

Deno.test("describeAdapter tells software adapters by their flag or their name", () => {
  const gpu = { vendor: "nvidia", architecture: "hopper", description: "NVIDIA H100 PCIe" };
  assertEquals(describeAdapter(gpu), { name: "NVIDIA H100 PCIe", software: false });
  assertEquals(describeAdapter({ ...gpu, description: "" }), { name: "nvidia hopper", software: false });
  assertEquals(describeAdapter({}), { name: "an unnamed GPU", software: false });
  assertEquals(describeAdapter(gpu, true).software, true);
  assertEquals(describeAdapter({ ...gpu, isFallbackAdapter: true }).software, true);
  for (
    const description of ["llvmpipe (LLVM 15.0.6, 256 bits)", "SwiftShader Device", "Microsoft Basic Render Driver"]
  ) {
    assertEquals(describeAdapter({ description }).software, true, description);
  }
  assertEquals(describeAdapter({ vendor: "google", architecture: "swiftshader" }).software, true);
});
