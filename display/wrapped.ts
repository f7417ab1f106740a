/**
 * Sentences in lines that fit a terminal.
 * @module
 */

const WIDTH = 100;

/** Breaks text between words; all lines but the first begin with `indent` spaces. A longer word has a line of its own. */
export function wrapped(text: string, indent = 0): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1), room = WIDTH - (lines.length > 1 ? indent : 0);
    if (last !== undefined && last.length + 1 + word.length <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join(`\n${" ".repeat(indent)}`);
}
