/**
 * Compiles the kernels of the wasm backend: `deno task kernels` after a change in `runtime/wasm/assembly/`.
 * @module
 */
import asc from "npm:assemblyscript@0.28.20/asc";

const assembly = new URL("../runtime/wasm/assembly/", import.meta.url);
const kernels = new URL("../runtime/wasm/kernels/", import.meta.url);

/** The two builds. `strict` rounds alike on every processor; `relaxed` fuses multiplications and additions where the processor does. */
export const builds = { strict: "simd", relaxed: "simd,relaxed-simd" } as const;

/** The text of the module that holds a build's bytes. @throws `Error` with the compiler's messages. */
export async function compiled(build: keyof typeof builds): Promise<string> {
  const files: Record<string, string> = {};
  for await (const { name } of Deno.readDir(assembly)) files[name] = await Deno.readTextFile(new URL(name, assembly));
  let binary: Uint8Array | undefined;
  const messages: string[] = [];
  const flags = ["-O3", "--noAssert", "--runtime", "stub", "--importMemory", "--enable", builds[build]];
  const { error } = await asc.main(["index.ts", ...flags, "--outFile", "kernels.wasm"], {
    readFile: (name) => files[name] ?? null,
    writeFile: (_, content) => void (binary = content as Uint8Array),
    listFiles: () => [],
    stderr: { write: (text) => void messages.push(String(text)) },
    stdout: { write: (text) => void messages.push(String(text)) },
  });
  if (error || binary === undefined) throw new Error(messages.join(""));
  return `/**
 * Made by \`deno task kernels\` from \`assembly/\`; do not edit.
 * @module
 */

/** A WebAssembly module in base64: ${build}. */
export const bytes =
  "${binary.toBase64()}";
`;
}

if (import.meta.main) {
  await Deno.mkdir(kernels, { recursive: true });
  for (const build of Object.keys(builds) as (keyof typeof builds)[]) {
    await Deno.writeTextFile(new URL(`${build}.ts`, kernels), await compiled(build));
  }
}
