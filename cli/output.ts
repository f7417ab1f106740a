/**
 * Standard output that may go away: a pager that was closed must not stop a training.
 * @module
 */

/** Where a command prints. */
export interface Output {
  /** Writes text as it is; nothing more once the reader is gone. */
  write(text: string): void;
  /** Writes a line. */
  print(line: string): void;
}

/** Standard output. */
export function output(): Output {
  let open = true;
  const write = (text: string): void => {
    if (!open) return;
    const bytes = new TextEncoder().encode(text);
    try {
      for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
    } catch {
      open = false;
    }
  };
  return { write, print: (line) => write(`${line}\n`) };
}

/** A command line as a shell takes it. Only `deno task blas` may load a library. */
export function commandLine(command: string, blas: boolean, words: readonly string[]): string {
  return ["deno task", ...blas ? ["blas"] : [], command, ...words.map(shellWord)].join(" ");
}

/** Of a flag only the value is quoted. */
function shellWord(word: string): string {
  const [, flag = "", value] = /^(--[\w-]+=)?([^]*)$/.exec(word)!;
  return /^[\w./=:,-]+$/.test(value) ? word : `${flag}'${value.replaceAll("'", "'\\''")}'`;
}
