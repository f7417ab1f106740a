/**
 * Packages of npm that are wanted for the files in them, and not as code.
 * @module
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { NpmPackage } from "../data/publishers.ts";
import { UserError } from "../runtime/errors.ts";
import { deno, root } from "./train_command.ts";

/**
 * Lets Deno install a package, which honours the user's registry (`.npmrc`, `NPM_CONFIG_REGISTRY`), proxy and cache. A lock file that
 * lists the package alone keeps Deno from its dependencies. What is in the cache is not loaded again.
 *
 * @returns The package's folder, in Deno's cache.
 * @throws `UserError` where Deno cannot install it.
 */
export async function installed({ name, version }: NpmPackage): Promise<string> {
  const id = `${name}@${version}`,
    lock = { version: "5", specifiers: { [`npm:${id}`]: version }, npm: { [id]: {} } };
  const program = `import "npm:${id}/package.json" with { type: "json" };
    console.log(import.meta.resolve("npm:${id}/package.json"));`;
  const folder = await Deno.makeTempDir();
  try {
    const lockFile = join(folder, "deno.lock");
    await Deno.writeTextFile(lockFile, JSON.stringify(lock));
    const child = new Deno.Command(deno, {
      args: ["run", "--no-prompt", `--lock=${lockFile}`, "-"],
      cwd: root,
      env: { NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    await new Blob([program]).stream().pipeTo(child.stdin);
    const { success, stdout, stderr } = await child.output(),
      text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    if (success) return dirname(fileURLToPath(text(stdout).trim()));
    throw new UserError(
      `the package ${id} of npm could not be installed (${
        reason(text(stderr))
      }): check the network (HTTPS_PROXY names a proxy), ` +
        "and the registry in .npmrc or NPM_CONFIG_REGISTRY",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What Deno says of an error: the lines from its `error:` on, up to an empty one. */
function reason(output: string): string {
  const [said] = output.slice(Math.max(0, output.indexOf("error: "))).split("\n\n", 1);
  return said.replace("error: ", "").split("\n").map((line) => line.trim()).filter(Boolean).join(" ");
}
