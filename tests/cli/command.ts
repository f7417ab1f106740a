/** Command lines under test: as functions, which is quick, and as the processes that `deno task …` starts. */
import { places } from "../../runtime/wasm/blas/places.ts";
import { main } from "../../cli/train.ts";

Deno.env.delete("APO_DATA"); // the tester's own data would change every run

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Calls the `main` of `train`; an error that would print a stack trace rejects. Give `--quiet` to anything that trains. */
export const call = (...args: string[]): Promise<Result> => callMain(main, ...args);

/** Calls the `main` of any command. */
export async function callMain(main: (args: string[]) => Promise<number>, ...args: string[]): Promise<Result> {
  const { log, error } = console, { writeSync } = Deno.stdout, printed = { stdout: "", stderr: "" };
  console.log = (...words: unknown[]) => void (printed.stdout += `${words.join(" ")}\n`);
  console.error = (...words: unknown[]) => void (printed.stderr += `${words.join(" ")}\n`);
  Deno.stdout.writeSync = (bytes) => {
    printed.stdout += new TextDecoder().decode(bytes);
    return bytes.length;
  };
  try {
    return { code: await main(args), ...printed };
  } finally {
    Object.assign(console, { log, error });
    Deno.stdout.writeSync = writeSync;
  }
}

/** The repository. */
export const root = new URL("../../", import.meta.url);

/** What tests may start: this Deno, or where only the name is allowed, the first one on the path. */
export const deno = Deno.permissions.querySync({ name: "run", command: Deno.execPath() }).state === "granted"
  ? Deno.execPath()
  : "deno";

/** The flag, if any, that Deno needs where JSR is out of reach: what `$(deno task -q registry)` gives. */
export async function registryFlags(): Promise<string[]> {
  const { stdout } = await new Deno.Command(deno, { args: ["task", "-q", "registry"], cwd: root, stderr: "null" })
    .output();
  return new TextDecoder().decode(stdout).split(/\s+/).filter(Boolean);
}

/**
 * Deno's arguments in a task of deno.json, permissions and all; and that to load OpenBLAS if the tests have it, as with
 * `deno task blas`: or their own training would have other bits than that of the processes.
 */
async function taskWords(name: string): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  const command: string = tasks[name].command.replace("$(deno task -q registry)", "REGISTRY")
    .replace("$(deno eval 'console.log(Deno.execPath())')", Deno.execPath());
  const [program, ...words] = command.split(" ");
  if (program !== "deno" || !words.includes("REGISTRY") || command.includes("$")) {
    throw new Error(`unexpected task: ${command}`);
  }
  const registry = await registryFlags();
  const mayLoad = Deno.permissions.querySync({ name: "ffi", path: places[0] }).state === "granted";
  const all = words.flatMap((word) => word === "REGISTRY" ? registry : [word]);
  return mayLoad ? all.toSpliced(-1, 0, `--allow-ffi=${places}`) : all;
}

const tasks = new Map<string, Promise<string[]>>();

/** Starts the process of `deno task train`, with its output in pipes. */
export const start = (...args: string[]): Promise<Deno.ChildProcess> => startTask("train", ...args);

/** Starts the process of any task. */
export const startTask = (name: string, ...args: string[]): Promise<Deno.ChildProcess> =>
  startScript(name, undefined, ...args);

/** Starts another script with the permissions of a task. */
export async function startScript(
  name: string,
  script: string | undefined,
  ...args: string[]
): Promise<Deno.ChildProcess> {
  if (!tasks.has(name)) tasks.set(name, taskWords(name));
  const words = await tasks.get(name)!;
  const command = new Deno.Command(deno, {
    args: [...script === undefined ? words : words.with(-1, script), ...args],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  return command.spawn();
}

/** The end of a process. */
export async function ended(child: Deno.ChildProcess): Promise<Result> {
  const { code, stdout, stderr } = await child.output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

/** Runs the process of `deno task train` to its end. */
export const run = async (...args: string[]): Promise<Result> => await ended(await start(...args));

/** Runs `test` in a folder that is gone afterwards. */
export async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "apo test λ " }); // a space and a letter beyond ASCII, as people have them
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The files of a folder, sorted. */
export const fileNames = (folder: string): string[] => Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();

/** The contents of all files of a folder by name, for comparing. */
export const contents = (folder: string): Record<string, Uint8Array> =>
  Object.fromEntries(fileNames(folder).map((name) => [name, Deno.readFileSync(`${folder}/${name}`)]));
