/**
 * tfjs's heap as memory that threads share.
 *
 * tfjs's SIMD module declares a memory of 256 to 65536 pages. Here it declares the same as shared and of one size: where V8 has no trap
 * handler, as in Deno, it reads the size of a shared memory that may grow anew at each access, and a product takes 1.18 times as long.
 * Pages that nobody touches cost address space only. Nothing else of the module changes: tfjs's own code stays on the main thread.
 * @module
 */
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { unsigned } from "../encode.ts";

const PAGE = 65536, IMPORT = 2, MEMORY = 5, HAS_MAXIMUM = 1, SHARED_WITH_MAXIMUM = 3;

/** Of the largest heap, and of smaller ones where address space is scarce. In bytes 65536 pages are more than tfjs's allocator can count. */
const PAGES = [65535, 49152, 32768, 16384];

/** Whether threads can share a memory. */
export function isShared({ buffer }: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer !== "undefined" && buffer as ArrayBufferLike instanceof SharedArrayBuffer;
}

/** A module that imports a memory and nothing else, as one for this memory: a shared one has to be declared so. */
export function importing(memory: WebAssembly.Memory, module: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return isShared(memory) ? withSharedMemory(module, memory.buffer.byteLength / PAGE) : module;
}

/** The module with its memory, its own one or the only thing that it imports, declared as a shared one of so many pages. */
export function withSharedMemory(module: Uint8Array<ArrayBuffer>, pages: number): Uint8Array<ArrayBuffer> {
  let at = 8; // after the magic number and the version
  const number = () => {
    for (let value = 0, factor = 1;; factor *= 128) {
      const byte = module[at++];
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  };
  while (at < module.length) {
    const start = at, id = module[at++], size = number(), content = at, end = at + size;
    if (id === MEMORY || id === IMPORT && module[at] === 1) { // tfjs's has imports, too, but a memory of its own
      number(); // of memories
      if (id === IMPORT) {
        for (let name = 0; name < 2; name++) {
          const length = number();
          at += length;
        }
        at++; // the kind: a memory
      }
      const limits = at, hasMaximum = module[at++] & HAS_MAXIMUM;
      number();
      if (hasMaximum) number();
      const body = [...module.subarray(content, limits), SHARED_WITH_MAXIMUM, ...unsigned(pages), ...unsigned(pages)];
      body.push(...module.subarray(at, end));
      const head = [id, ...unsigned(body.length), ...body];
      const out = new Uint8Array(start + head.length + module.length - end); // tfjs's is too large for a list of numbers
      out.set(module.subarray(0, start));
      out.set(head, start);
      out.set(module.subarray(end), start + head.length);
      return out;
    }
    at = end;
  }
  throw new Error("wasm: a module without a memory");
}

/** Whether tfjs's next wasm backend starts on a shared heap; undefined as long as nobody asked. */
let sharing: boolean | undefined;

/**
 * Lets tfjs's wasm backend start on a shared heap. A process decides once, before its first such backend: tfjs takes the module of that
 * time for all.
 *
 * @returns Whether it will; not in browsers and Node, and where there is no shared memory or too little address space.
 */
export function shareHeap(): boolean {
  return sharing ??= attempt();
}

function attempt(): boolean {
  const pages = globalThis.Deno === undefined ? undefined : PAGES.find(fits);
  if (pages === undefined) return false;
  const names = [
    "tfjs-backend-wasm.wasm",
    "tfjs-backend-wasm-simd.wasm",
    "tfjs-backend-wasm-threaded-simd.wasm",
  ] as const;
  try {
    const module = Deno.readFileSync(new URL(names[1], import.meta.resolve("@tensorflow/tfjs-backend-wasm")));
    const url = URL.createObjectURL(new Blob([withSharedMemory(module, pages)], { type: "application/wasm" }));
    setWasmPaths(Object.fromEntries(names.map((name) => [name, url])) as Record<typeof names[number], string>, true);
    return true;
  } catch {
    return false; // tfjs may still find its module where this does not, or says itself what is wrong
  }
}

function fits(pages: number): boolean {
  try {
    return isShared(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }));
  } catch {
    return false;
  }
}
