/**
 * What happens where the memory of wasm is full.
 * @module
 */
import { argument } from "../argument.ts";
import { UserError } from "../errors.ts";
import type { Heap } from "./heap.ts";
import { isShared } from "./threads/shared_heap.ts";

const refusing = new WeakSet<Heap>(), GIB = 2 ** 30;

/**
 * Lets a heap refuse what does not fit, with a `UserError`. By itself the allocator returns address 0 then, which tfjs takes for a
 * tensor's, and writes there what nobody wants to be lost; and a kernel that finds no memory to work in aborts.
 */
export function refuseWhenFull(heap: Heap): void {
  if (refusing.has(heap)) return;
  refusing.add(heap);
  heap._free(heap._malloc(1)); // at its first call emscripten replaces the allocator
  const allocate = heap._malloc;
  heap._malloc = (bytes) => {
    const address = allocate(bytes);
    if (address === 0) throw full(heap);
    return address;
  };
  heap.onAbort = () => {
    const { memory } = heap.asm, { byteLength } = memory.buffer;
    if (!isShared(memory) && byteLength <= 3 * GIB) return; // it could have grown
    const address = allocate(byteLength / 4); // a shared one has its size from the start, which says nothing
    if (address === 0) throw full(heap);
    heap._free(address);
  };
}

function full({ asm: { memory } }: Heap): UserError {
  const size = (memory.buffer.byteLength / GIB).toFixed(1);
  return new UserError(
    `the memory of the wasm backend is full: it has ${size} GiB, and 4 at most; give smaller batches than now, or a ` +
      `smaller network, or use ${argument("backend", "webgpu")}`,
  );
}
