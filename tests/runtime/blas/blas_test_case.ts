/**
 * Tests that need an OpenBLAS of the system, and the permission to load it, which `deno task test` gives.
 */
import { type BackendChoice, chooseBackend } from "../../../runtime/backend.ts";
import { type Library, open } from "../../../runtime/wasm/blas/library.ts";
import { places } from "../../../runtime/wasm/blas/places.ts";

/** The first place where there is one, whatever its kernels. */
export const openBlas: Library | undefined = places.flatMap((path) => {
  if (Deno.permissions.querySync({ name: "ffi", path }).state !== "granted") return [];
  try {
    return [open(path)];
  } catch {
    return []; // there is none
  }
})[0];

/** A test on wasm with products by OpenBLAS; ignored, and its name says why, where there is none. */
export function blasTest(name: string, body: (library: Library, choice: BackendChoice) => Promise<void> | void): void {
  const fn = async () => {
    try {
      await body(openBlas!, await chooseBackend("wasm", { blas: openBlas!.blas.path }));
    } finally {
      await chooseBackend("wasm", { blas: "off" }); // other tests in this process expect the embedded kernels
    }
  };
  whereBlas(name, fn);
}

/** A test of processes that use {@linkcode openBlas}; ignored, and its name says why, where there is none. */
export function whereBlas(name: string, fn: () => Promise<void>): void {
  const why = "ignored: no OpenBLAS, or not with this --allow-ffi";
  Deno.test({ name: openBlas ? name : `${name} (${why})`, ignore: !openBlas, fn });
}
