/**
 * Where systems keep OpenBLAS.
 * @module
 */

/**
 * The paths that are tried. Each is a name that its system keeps through updates; the tasks of `deno.json` name the same ones
 * after `--allow-ffi`, and Deno compares the names, not what links point to.
 */
export const places: readonly string[] = [
  "/usr/lib/x86_64-linux-gnu/libopenblas.so.0", // Debian, Ubuntu
  "/usr/lib/aarch64-linux-gnu/libopenblas.so.0",
  "/usr/lib64/libopenblas.so.0", // Fedora, openSUSE
  "/usr/lib64/libopenblaso.so.0", // Fedora where only NumPy brought it
  "/usr/lib/libopenblas.so.0", // Arch
  "/opt/homebrew/opt/openblas/lib/libopenblas.dylib", // Homebrew on Apple's processors
  "/usr/local/opt/openblas/lib/libopenblas.dylib", // Homebrew on Intel's
];
