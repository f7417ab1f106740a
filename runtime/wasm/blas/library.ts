/**
 * A BLAS library, through Deno's FFI.
 * @module
 */

/** Which BLAS computes products. */
export interface Blas {
  /** The library's file. */
  readonly path: string;
  /** Of OpenBLAS, such as 0.3.21; absent if the library is another one. */
  readonly version?: string;
  /** The processor whose kernels OpenBLAS took, such as Haswell. */
  readonly core?: string;
}

/** The library in words, such as "OpenBLAS 0.3.21 with its kernels for Haswell". */
export function blasText({ path, version, core }: Blas): string {
  if (version === undefined) return `cblas_sgemm of ${path}`;
  return `OpenBLAS ${version}${core === undefined ? "" : ` with its kernels for ${core}`}`;
}

/** A BLAS that is open, for as long as the process lives. */
export interface Library {
  /** Which it is. */
  readonly blas: Blas;
  /** Whether several threads can call it at the same time, each of them for a product that it computes by itself. */
  readonly isForThreads: boolean;
  /** `cblas_sgemm`: layout, two transposes, sizes, α, a and its width, b and its width, β, the result and its width. */
  readonly sgemm: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"]["cblas_sgemm"];
}

/** Arguments of {@linkcode Library.sgemm}, by the names of `cblas.h`. */
export const ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112;

/**
 * Buffers, not pointers: who may load certain libraries only may not make pointers, and views of the heap cost less besides
 * (0.22 µs a call against 0.29).
 */
export const SYMBOLS = {
  cblas_sgemm: {
    // deno-fmt-ignore -- as cblas.h has them
    parameters: ["i32", "i32", "i32", "i32", "i32", "i32", "f32", "buffer", "i32", "buffer", "i32", "f32", "buffer", "i32"],
    result: "void",
  },
  openblas_get_config: { parameters: [], result: "pointer", optional: true },
  openblas_get_corename: { parameters: [], result: "pointer", optional: true },
  openblas_set_num_threads: { parameters: ["i32"], result: "void", optional: true },
  /** C's own, which the library is linked with: reads texts, as Deno's `getCString` also wants the permission for pointers. */
  strncpy: { parameters: ["buffer", "pointer", "usize"], result: "pointer", optional: true },
} as const;

/**
 * Whether several threads can call an OpenBLAS with this configuration: a build without threads of its own must have been told to lock.
 * Others are not known to be safe, and have threads that cannot be turned off.
 */
export function isForThreads(config: string): boolean {
  return config.startsWith("OpenBLAS ") && (!config.includes("SINGLE_THREADED") || config.includes("USE_LOCKING"));
}

const opened = new Map<string, Library>();

/**
 * Opens a library and lets it have one thread.
 *
 * @throws `Error` that says why not: no such file, no library, no `cblas_sgemm`, no permission, 64-bit integers.
 */
export function open(path: string): Library {
  const before = opened.get(path);
  if (before) return before;
  const file = Deno.dlopen(path, SYMBOLS), { symbols } = file;
  const text = (pointer: Deno.PointerValue | undefined) => {
    const bytes = new Uint8Array(256);
    if (!pointer || !symbols.strncpy) return "";
    symbols.strncpy(bytes, pointer, BigInt(bytes.length - 1));
    return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
  };
  const config = text(symbols.openblas_get_config?.());
  if (config.includes("USE64BITINT")) {
    file.close();
    throw new Error("it takes integers of 64 bits");
  }
  symbols.openblas_set_num_threads?.(1);
  const version = /^OpenBLAS (\S+)/.exec(config)?.[1], core = text(symbols.openblas_get_corename?.());
  const blas = { path, ...version && { version }, ...core && { core } };
  const library = { blas, isForThreads: isForThreads(config), sgemm: symbols.cblas_sgemm };
  opened.set(path, library);
  return library;
}
