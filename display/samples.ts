/**
 * What a model made of a few inputs, for a terminal.
 * @module
 */
import { columns } from "./columns.ts";

/** What a model made of an input of the test data. */
export interface Sample {
  /** What it was given. */
  readonly input: string;
  /** What it made of it. */
  readonly output: string;
  /** What was expected. */
  readonly expected: string;
}

const ROOM = 88; // of a line of 100, for a text

/** Samples below one another, with what each line is before it; texts that are too long are cut. */
export function samplesText(samples: readonly Sample[]): string {
  const cut = (text: string) => text.length > ROOM ? `${text.slice(0, ROOM - 1)}…` : text;
  return samples.map(({ input, output, expected }) =>
    columns([["given", cut(input)], ["written", cut(output)], ["expected", cut(expected)]])
  ).join("\n\n");
}
