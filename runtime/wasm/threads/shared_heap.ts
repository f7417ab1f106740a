/**
 * tfjs's heap as memory that threads share.
 *
 * tfjs's SIMD module declares a memory of 256 to 65536 pages. Here it declares the same as shared and of one size: where V8 has no trap
 * handler, as in Deno, it reads the size of a shared memory that may grow anew at each access, and a product takes 1.18 times as long.
 * Pages that nobody touches cost address space only. Nothing else of the module changes: tfjs's own code stays on the main thread.
 * @module
 */
import { shadow } from "../../shadow.ts";
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

/** Where a module declares its memory. */
interface Declaration {
  /** From the section's first byte to the one after its last. */
  readonly section: readonly [start: number, end: number];
  /** Which section it is: one of memories, or of imports. */
  readonly id: number;
  /** From the first byte of the section's content to the limits. */
  readonly before: readonly [start: number, end: number];
  /** The first byte after the limits. */
  readonly after: number;
  /** The limits, in pages. */
  readonly least: number;
  readonly most?: number;
}

/** The memory of a module, its own one or the only thing that it imports; undefined where there is none. */
function declaration(module: Uint8Array): Declaration | undefined {
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
      const limits = at, hasMaximum = module[at++] & HAS_MAXIMUM, least = number();
      const most = hasMaximum ? number() : undefined;
      return { section: [start, end], id, before: [content, limits], after: at, least, most };
    }
    at = end;
  }
  return undefined;
}

/** A module with its memory declared as a shared one of so many pages. */
function withSharedMemory(module: Uint8Array, pages: number): Uint8Array<ArrayBuffer> {
  const { section: [start, end], id, before, after } = declaration(module)!;
  const content = [...module.subarray(...before), SHARED_WITH_MAXIMUM, ...unsigned(pages), ...unsigned(pages)];
  content.push(...module.subarray(after, end));
  const section = [id, ...unsigned(content.length), ...content];
  const whole = new Uint8Array(start + section.length + module.length - end);
  whole.set(module.subarray(0, start));
  whole.set(section, start);
  whole.set(module.subarray(end), start + section.length);
  return whole;
}

/** How many pages a shared heap can have in this process; undefined as long as nobody asked, 0 where there can be none. */
let most: number | undefined;

/**
 * Runs what starts tfjs's wasm backend, and lets it start on a shared heap where there can be one: not in browsers and Node, nor where
 * there is too little address space. What is changed is the module that tfjs instantiates, wherever it has it from.
 */
export async function onSharedHeap<T>(start: () => Promise<T>): Promise<T> {
  const pages = most ??= globalThis.Deno === undefined ? 0 : PAGES.find(fits) ?? 0;
  if (pages === 0) return await start();
  const { instantiate } = WebAssembly;
  const sharing = (source: BufferSource, imports?: WebAssembly.Imports) => {
    const bytes = ArrayBuffer.isView(source) && new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    return instantiate(bytes && isOfTfjs(bytes) ? withSharedMemory(bytes, pages) : source, imports);
  };
  using _ = shadow(WebAssembly, { instantiate: sharing as typeof instantiate });
  return await start();
}

/** Nobody else's module may change that happens to be instantiated at the same time. */
function isOfTfjs(module: Uint8Array): boolean {
  const memory = declaration(module);
  return memory?.id === MEMORY && memory.least === 256 && memory.most === 65536;
}

function fits(pages: number): boolean {
  try {
    return isShared(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }));
  } catch {
    return false;
  }
}
