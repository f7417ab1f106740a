/**
 * What is being measured just now.
 * @module
 */

/** Tells it; nothing clears the line. */
export type Tell = (text: string) => void;

/** A line on standard error that is drawn over itself, so that tables can be piped; none where that is no terminal. */
export function progressLine(): Tell {
  if (!Deno.stderr.isTerminal()) return () => {};
  const width = () => (Deno.consoleSize().columns || 80) - 1;
  return (text) => Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text.slice(0, width())}`));
}
