/**
 * Arguments within a text. They are marked until the text is shown, as who shows it may spell them in a way of their own: a
 * command line as flags. What a user gave, such as a folder's name, may look like an argument, and stays as it is.
 * @module
 */

/** Spells an argument that has a value. */
export type Spell = (name: string, value: string) => string;

const MARK = "\0"; // no path and no word of a command line can have it
const MARKED = /\0(\w+)=([^\0]*)\0/g;

/** An argument with a value, marked: for a text that is shown by {@linkcode written}, as a `UserError` does. */
export function argument(name: string, value: unknown): string {
  return `${MARK}${name}=${value}${MARK}`;
}

/** A text without its marks. By default its arguments are spelled as in code, `name=value`. */
export function written(text: string, spell: Spell = (name, value) => `${name}=${value}`): string {
  return text.replaceAll(MARKED, (_, name, value) => spell(name, value));
}
