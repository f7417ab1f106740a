/**
 * Trainers in processes of their own.
 * @module
 */
import { root } from "../../cli/train_command.ts";
import type { Contestant } from "../timing.ts";

/** Trains in a process of its own, which waits while others have their turn. */
export interface Peer extends Contestant, AsyncDisposable {
  /** The loss on the next batches, each before its step. */
  losses(steps: number): Promise<number[]>;
}

/**
 * Starts a program that trains so many steps for every number on a line of its input, and answers with a line of JSON:
 * their milliseconds in all, and their losses.
 */
export function startPeer(
  program: string,
  args: readonly string[],
  { env = {}, blockSteps }: { readonly env?: Readonly<Record<string, string>>; readonly blockSteps: number },
): Peer {
  const process = new Deno.Command(program, { args: [...args], env, cwd: root, stdin: "piped", stdout: "piped" })
    .spawn();
  const orders = process.stdin.getWriter(), answers = lines(process.stdout);
  const ask = async (steps: number): Promise<{ milliseconds: number; losses: number[] }> => {
    await orders.write(new TextEncoder().encode(`${steps}\n`));
    const { value, done } = await answers.next();
    if (done) throw new Error(`${args.find((arg) => /\.\w+$/.test(arg))} ended early`);
    return JSON.parse(value);
  };
  return {
    block: async () => (await ask(blockSteps)).milliseconds / blockSteps,
    losses: async (steps) => (await ask(steps)).losses,
    [Symbol.asyncDispose]: async () => {
      await orders.close().catch(() => {}); // it may have ended
      await process.status;
    },
  };
}

/** What a program prints; undefined where it is missing, not permitted, or fails. */
export async function outputOf(program: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(program, { args: [...args], stderr: "null" }).output();
    if (success) return new TextDecoder().decode(stdout).trim();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable)) throw error;
  }
}

const PYTHONS = ["/usr/bin/python3", "python3"];

/** The first Python that runs this code without an error, and what it prints; undefined where there is none. */
export async function pythonThat(code: string): Promise<{ python: string; answer: string } | undefined> {
  for (const python of PYTHONS) {
    const answer = await outputOf(python, ["-c", code]);
    if (answer !== undefined) return { python, answer };
  }
}

/** The lines of a stream of bytes. */
export async function* lines(bytes: ReadableStream<Uint8Array>): AsyncGenerator<string, void, void> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}
