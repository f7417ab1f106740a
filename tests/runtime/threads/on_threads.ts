/** Contexts on several threads of which the other threads do most, and the number of threads that the backend takes by itself. */
import type { WasmBackend } from "../../../runtime/wasm/heap.ts";
import { release, type WorkContext, workContext } from "../../../runtime/wasm/context.ts";
import type { Library } from "../../../runtime/wasm/blas/library.ts";
import type { Code, Kernel } from "../../../runtime/wasm/threads/code.ts";

/** As the line about the backend says it on this machine. */
export const autoThreads = navigator.hardwareConcurrency === 1
  ? "1 thread"
  : `${Math.min(16, navigator.hardwareConcurrency)} threads`;

const nothing = new Int32Array(new SharedArrayBuffer(4));

/** The module, of which each call by the main thread begins a little later: so other threads come first. */
function late<Exports>(code: Code<Exports>): Code<Exports> {
  const kernels = Object.entries(code.exports as Record<string, Kernel>).map(([name, kernel]) => {
    return [name, (...values: number[]) => {
      Atomics.wait(nothing, 0, 0, 1);
      return kernel(...values);
    }];
  });
  return { ...code, exports: Object.fromEntries(kernels) as Exports };
}

/** Formulas that begin late as well. */
class LateFormulas extends Map<string, Code> {
  override set(key: string, code: Code): this {
    return super.set(key, late(code));
  }
}

/** A context in which the other threads do most. */
function lateContext(context: WorkContext): WorkContext {
  const { code, library } = context;
  return {
    ...context,
    code: late(code),
    formulas: new LateFormulas(),
    library: library && { ...library, code: late(library.code) },
  };
}

/** What `run` gives with a context of so many threads, in which work is large from `large` on. */
export function onThreads<T>(
  backend: WasmBackend,
  strict: boolean,
  { threads, large, library }: { readonly threads: number; readonly large?: number; readonly library?: Library },
  run: (context: WorkContext) => T,
): T {
  const plain = workContext(backend, strict, library, { threads, large });
  try {
    return run(threads === 1 ? plain : lateContext(plain));
  } finally {
    release(plain);
  }
}
