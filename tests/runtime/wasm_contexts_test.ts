/** Contexts side by side: calls of kernels share nothing but the heap. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../runtime/backend.ts";
import { batchMatMul } from "../../runtime/wasm/batch_mat_mul.ts";
import type { Library } from "../../runtime/wasm/blas/library.ts";
import { type WorkContext, workContext } from "../../runtime/wasm/context.ts";
import { convolution, filterGradient, inputGradient } from "../../runtime/wasm/convolution.ts";
import { free, type WasmBackend } from "../../runtime/wasm/heap.ts";
import { hasRelaxedSimd } from "../../runtime/wasm/kernels.ts";
import { bytes as relaxed } from "../../runtime/wasm/kernels/relaxed.ts";
import { bytes as strict } from "../../runtime/wasm/kernels/strict.ts";
import { layerNormGradient } from "../../runtime/wasm/layer_norm.ts";
import { rowLoss } from "../../runtime/wasm/row_loss.ts";

const wave = (size: number, phase: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(i * 1.37 + phase));

/** A tensor on a context's heap, outside tfjs's engine. */
function tensor({ backend }: WorkContext, shape: number[], phase: number): tf.TensorInfo {
  const x = backend.makeOutput(shape, "float32");
  backend.typedArrayFromHeap(x).set(wave(tf.util.sizeFromShape(shape), phase));
  return x;
}

/** Calls of kernels with workspaces of different sizes. Each gives its results' numbers. */
function calls(size: number): ((context: WorkContext) => number[])[] {
  const image = [2, size, size, 5], filterShape: [number, number, number, number] = [3, 3, 5, 9];
  const attributes = { strides: 1, pad: "same", dataFormat: "NHWC", dilations: 1 } as const;
  const call = (shapes: number[][], f: (context: WorkContext, x: tf.TensorInfo[]) => tf.TensorInfo[]) => {
    return (context: WorkContext) => {
      const inputs = shapes.map((shape, i) => tensor(context, shape, i)), results = f(context, inputs);
      const numbers = results.flatMap((x) => [...context.backend.typedArrayFromHeap(x)]);
      free(context.backend, ...inputs, ...results);
      return numbers;
    };
  };
  return [
    call([image, filterShape], (context, [x, filter]) => [convolution(context, { x, filter }, attributes)!]),
    call([[size, 30], [30, 40]], (context, [a, b]) => [batchMatMul(context, a, b)]),
    call([image, [2, size, size, 9]], (context, [x, dy]) => [
      filterGradient(context, { x, dy }, { ...attributes, filterShape }),
    ]),
    call(
      [[size, 7], [size, 7]],
      (context, [outputs, reference]) =>
        rowLoss(context, { outputs, reference }, { loss: "softmaxDivergence", rank: 1 }),
    ),
    call(
      [[size, 7], [size, 7], [7]],
      (context, [dy, x, scale]) => layerNormGradient(context, { dy, x, scale }, { epsilon: 1e-5 }),
    ),
    call([[2, size, size, 9], filterShape], (context, [dy, filter]) => [
      inputGradient(context, { dy, filter }, { ...attributes, inputShape: image as typeof filterShape }),
    ]),
  ];
}

Deno.test("calls in turn on several contexts, on one heap and on two, give the bits of one context after the other", async () => {
  await chooseBackend("wasm", { blas: "off" });
  const here = tf.backend() as unknown as WasmBackend;
  const elsewhere = await tf.findBackendFactory("wasm")() as unknown as WasmBackend;
  const make = () => [
    workContext(here, true),
    workContext(here, !hasRelaxedSimd()),
    workContext(here, true),
    workContext(elsewhere, true),
  ];
  const sizes = [6, 11, 17, 9];
  const expected = make().map((context, i) => calls(sizes[i]).map((call) => call(context)));
  const contexts = make(), actual: number[][][] = contexts.map(() => []);
  for (let k = 0; k < calls(0).length; k++) {
    contexts.forEach((context, i) => actual[i].push(calls(sizes[i])[k](context)));
  }
  assertEquals(actual, expected);
  contexts.forEach(({ workspace }) => workspace.free());
});

Deno.test("a library computes the products of its own context only", async () => {
  await chooseBackend("wasm", { blas: "off" });
  const backend = tf.backend() as unknown as WasmBackend;
  let count = 0;
  const library = { blas: { path: "" }, isForThreads: false, sgemm: () => void count++ } as Library;
  const [by, without] = [workContext(backend, true, library), workContext(backend, true)];
  const product = (context: WorkContext) => calls(16)[1](context), expected = product(without);
  product(by);
  assertEquals([count, product(without)], [1, expected]);
});

const decoded = (base64: string) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

Deno.test("the modules of the kernels have no global variables", () => {
  for (const module of [decoded(strict), decoded(relaxed)]) {
    const sections: number[] = [];
    for (let at = 8; at < module.length;) {
      sections.push(module[at++]);
      let size = 0, factor = 1;
      do size += (module[at] & 0x7f) * factor, factor *= 0x80; while (module[at++] >= 0x80);
      at += size;
    }
    const TYPE = 1, IMPORT = 2, GLOBAL = 6;
    assert(sections.includes(TYPE) && sections.includes(IMPORT));
    assert(!sections.includes(GLOBAL));
  }
});

/** The module with a memory of 256 pages that threads share, which is the one thing that it imports. */
function sharing(module: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  const name = new TextEncoder().encode("\u0003env\u0006memory"), own = [2, 15, 1, ...name, 2, 0, 0];
  const at = module.findIndex((_, i) => own.every((byte, k) => module[i + k] === byte));
  assertNotEquals(at, -1);
  const shared = [2, 18, 1, ...name, 2, 3, 0x80, 2, 0x80, 2];
  return new WebAssembly.Module(
    Uint8Array.from([...module.subarray(0, at), ...shared, ...module.subarray(at + own.length)]),
  );
}

/** Says when it is there; then computes, and leaves a 1 at address 0. */
const WORKER = `onmessage = ({ data: { module, memory, calls } }) => {
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports;
  postMessage("ready");
  onmessage = () => {
    try {
      for (let i = 0; i < 60; i++) for (const [name, ...values] of calls) kernels[name](...values);
    } finally {
      Atomics.store(new Int32Array(memory.buffer), 0, 1);
    }
  };
};`;

Deno.test("two threads run the same convolutions at once on one memory, each with memory of its own to work in", async () => {
  const memory = new WebAssembly.Memory({ initial: 256, maximum: 256, shared: true }),
    module = sharing(decoded(strict));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernels = exports as Record<string, (...values: number[]) => number>;
  let end = 64;
  const take = (bytes: number) => {
    const at = end;
    end += (bytes + 63) & ~63;
    return at;
  };
  const numbers = (at: number, size: number) => new Float32Array(memory.buffer, at, size);
  const [batch, side, channels, outChannels, window] = [3, 14, 6, 8, 3], patch = window * window * channels;
  const sizes = {
    x: batch * side * side * channels,
    y: batch * side * side * outChannels,
    filter: patch * outChannels,
  };
  const [x, dy, filter] = [sizes.x, sizes.y, sizes.filter].map((size, i) => {
    const at = take(4 * size);
    numbers(at, size).set(wave(size, i));
    return at;
  });
  const geometry = take(48), padded = (side + window - 1) ** 2 * outChannels;
  new Int32Array(memory.buffer, geometry).set([
    side,
    side,
    channels,
    window,
    window,
    1,
    1,
    1,
    1,
    side,
    side,
    outChannels,
  ]);
  const thread = () => {
    const scratch = take(kernels.convolutionBytes(window * outChannels, patch, sizes.filter, padded));
    const [y, dFilter, dX] = [sizes.y, sizes.filter, sizes.x].map((size) => take(4 * size));
    const calls: [string, ...number[]][] = [
      ["convolution", geometry, x, filter, y, batch, scratch],
      ["filterGradient", geometry, x, dy, dFilter, batch, scratch],
      ["inputGradient", geometry, dX, dy, filter, batch, scratch],
    ];
    const results = () =>
      [numbers(y, sizes.y), numbers(dFilter, sizes.filter), numbers(dX, sizes.x)].map((x) => [...x]);
    return { calls, results };
  };
  const mine = thread(), others = thread();
  const run = () => mine.calls.forEach(([name, ...values]) => kernels[name](...values));
  run();
  const expected = mine.results();
  assert(end <= memory.buffer.byteLength && expected.flat().every((value) => Number.isFinite(value)));
  const url = URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  try {
    await new Promise((resolve) => {
      worker.onmessage = resolve;
      worker.postMessage({ module, memory, calls: others.calls });
    });
    worker.postMessage("go");
    while (Atomics.load(new Int32Array(memory.buffer), 0) === 0) {
      run();
      assertEquals(mine.results(), expected);
    }
    assertEquals(others.results(), expected);
  } finally {
    worker.terminate();
    URL.revokeObjectURL(url);
  }
});
