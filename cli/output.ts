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

/** A path as a shell takes it. */
export function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** A flag as a shell takes it. */
export function shellWord(word: string): string {
  return /^[\w./=:,-]+$/.test(word) ? word : quoted(word);
}
