/**
 * A process that trains, as a contestant.
 * @module
 */
import { root } from "../../tasks/cli/train_command.ts";
import { lines } from "../figures/shipped.ts";
import type { Contestant } from "../timing.ts";

/** Trains in a process of its own, which waits while others have their turn. */
export interface Peer extends Contestant, AsyncDisposable {
  /** The loss on the next batches, each before its step. */
  losses(steps: number): Promise<number[]>;
}

/** Starts a process that trains N steps for every line "N" on its input, and answers with their time and losses in JSON. */
export function startPeer(
  program: string,
  args: readonly string[],
  { env, blockSteps }: { readonly env: Readonly<Record<string, string>>; readonly blockSteps: number },
): Peer {
  const process = new Deno.Command(program, { args: [...args], env, cwd: root, stdin: "piped", stdout: "piped" })
    .spawn();
  const orders = process.stdin.getWriter(), answers = lines(process.stdout);
  const ask = async (steps: number): Promise<{ milliseconds: number; losses: number[] }> => {
    await orders.write(new TextEncoder().encode(`${steps}\n`));
    const { value, done } = await answers.next();
    if (done) throw new Error(`the process of ${args[0]} ended early`);
    return JSON.parse(value);
  };
  return {
    block: async () => (await ask(blockSteps)).milliseconds / blockSteps,
    losses: async (steps) => (await ask(steps)).losses,
    [Symbol.asyncDispose]: async () => {
      await orders.close();
      await process.status;
    },
  };
}
