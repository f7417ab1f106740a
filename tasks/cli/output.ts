/**
 * Standard output that may go away: a pager that was closed must not stop a training.
 * @module
 */

let open = true;

/** Writes text as it is; nothing more once the reader is gone. */
export function write(text: string): void {
  if (!open) return;
  const bytes = new TextEncoder().encode(text);
  try {
    for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
  } catch {
    open = false;
  }
}

/** Writes a line. */
export function print(line: string): void {
  write(`${line}\n`);
}

/** A path as a shell takes it. */
export function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
