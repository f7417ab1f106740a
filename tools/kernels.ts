/**
 * Compiles the kernels of the wasm backend: `deno task kernels` after a change in `runtime/wasm/assembly/`; with `--check` it only
 * says whether the bytes in the repository are what they compile to (exit code 1 if not).
 *
 * The compiler (100 MB) is not imported by name but comes as the first argument, and without the lock: or every machine that
 * trains would download it.
 * @module
 */

const assembly = new URL("../runtime/wasm/assembly/", import.meta.url);
const kernels = new URL("../runtime/wasm/kernels/", import.meta.url);

/** The two builds. `strict` rounds alike on every processor; `relaxed` fuses multiplications and additions where the processor does. */
const builds = { strict: "simd", relaxed: "simd,relaxed-simd" } as const;

/** The part of AssemblyScript's interface that is used. */
interface Compiler {
  main(args: readonly string[], system: {
    readFile(name: string): string | null;
    writeFile(name: string, content: Uint8Array | string): void;
    listFiles(): string[];
    readonly stderr: { write(text: string | Uint8Array): void };
    readonly stdout: { write(text: string | Uint8Array): void };
  }): Promise<{ readonly error: Error | null }>;
}

/** The text of the module that holds a build's bytes. @throws `Error` with the compiler's messages. */
async function compiled(compiler: Compiler, build: keyof typeof builds): Promise<string> {
  const files: Record<string, string> = {};
  for await (const { name } of Deno.readDir(assembly)) files[name] = await Deno.readTextFile(new URL(name, assembly));
  let binary: Uint8Array | undefined;
  const messages: string[] = [], write = (text: string | Uint8Array) => void messages.push(String(text));
  const flags = ["-O3", "--noAssert", "--runtime", "stub", "--importMemory", "--enable", builds[build]];
  const { error } = await compiler.main(["index.ts", ...flags, "--outFile", "kernels.wasm"], {
    readFile: (name) => files[name] ?? null,
    writeFile: (_, content) => void (binary = content as Uint8Array),
    listFiles: () => [],
    stderr: { write },
    stdout: { write },
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

const [specifier, check] = Deno.args;
const { default: compiler } = await import(specifier) as { default: Compiler };
for (const build of Object.keys(builds) as (keyof typeof builds)[]) {
  const file = new URL(`${build}.ts`, kernels), text = await compiled(compiler, build);
  if (check !== "--check") await Deno.writeTextFile(file, text);
  else if (await Deno.readTextFile(file) !== text) {
    console.error(`runtime/wasm/kernels/${build}.ts is not what assembly/ compiles to; run: deno task kernels`);
    Deno.exit(1);
  }
}
