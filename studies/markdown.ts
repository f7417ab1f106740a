/**
 * Parts of Markdown.
 * @module
 */

/** Text that Markdown shows as it is, whatever a path has in it. */
export function literal(text: string): string {
  return text.replace(/[\\`*_<>|[\]]/g, (letter) => `\\${letter}`);
}

/** Between fences longer than any in the text. */
export function codeBlock(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length)),
    fence = "`".repeat(longest + 1);
  return `${fence}sh\n${text}\n${fence}`;
}
