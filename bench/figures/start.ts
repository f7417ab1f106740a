/**
 * The figure of the time to the first step.
 * @module
 */
import { join } from "node:path";
import { files } from "../../runs/folder.ts";
import type { Figure, Row } from "../figure.ts";
import { spread } from "../timing.ts";
import { deno, root, trainArguments } from "../../cli/train_command.ts";

const POLL_MS = 5;

/** How long one waits for the first step. */
export const figure: Figure = {
  description: "from the start of the process to the first line of metrics.jsonl, with a warm cache; " +
    "APO's start-up search is part of it",
  measure: async (quick) => {
    const commands: [string, string[]][] = [
      ["deno run … cli/train.ts", await trainArguments()],
      ["deno task train", ["task", "-q", "train"]],
    ];
    const seconds = commands.map((): number[] => []);
    for (let round = -1; round < (quick ? 2 : 7); round++) {
      for (const [i, [_, args]] of commands.entries()) {
        const time = await secondsToFirstStep(args);
        if (round >= 0) seconds[i].push(time); // the round before warmed the cache
      }
    }
    return commands.map(([what], i): Row => ({ what, result: spread(seconds[i]), unit: "s", target: { atMost: 3 } }));
  },
};

async function secondsToFirstStep(args: readonly string[]): Promise<number> {
  const folder = await Deno.makeTempDir(), out = join(folder, "run");
  try {
    const begin = performance.now();
    const command = new Deno.Command(deno, {
      args: [...args, "--steps=1", `--out=${out}`],
      cwd: root,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    });
    const ended = command.spawn().output();
    let running = true;
    ended.finally(() => running = false);
    while (running && !await hasLine(join(out, files.metrics))) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    const time = performance.now() - begin;
    const { success, stderr } = await ended; // or its end would disturb the next
    if (!success) throw new Error(`the training run failed: ${new TextDecoder().decode(stderr)}`);
    return time / 1000;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function hasLine(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ size }) => size > 0, () => false);
}
