/**
 * What a model made of a few inputs, for a terminal.
 * @module
 */
import { columns } from "./columns.ts";

/** An input, what became of it, and what was expected. */
export interface Shown {
  /** The input. */
  readonly input: string;
  /** What the model made of it. */
  readonly output: string;
  /** What was expected. */
  readonly expected: string;
}

/** Samples below one another, with what each line is before it; lines that are too long for `width` are cut. */
export function samplesText(samples: readonly Shown[], width: number): string {
  const names = { input: "given", output: "written", expected: "expected" } as const;
  const cut = (text: string, room: number) => text.length > room ? `${text.slice(0, room - 1)}…` : text;
  return samples.map((sample) =>
    columns((["input", "output", "expected"] as const).map((part) => [names[part], cut(sample[part], width - 12)]))
  ).join("\n\n");
}
