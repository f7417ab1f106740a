/** Notebooks as files. */

/** What a cell shows, by MIME type. */
export interface Output {
  readonly output_type: "display_data" | "execute_result" | "stream" | "error";
  readonly data?: Readonly<Record<string, string | string[]>>;
}

/** A cell. */
export interface Cell {
  readonly cell_type: "code" | "markdown";
  readonly source: string | string[];
  readonly outputs?: readonly Output[];
}

/** The code cells of a notebook. */
export async function codeCells(path: string): Promise<Cell[]> {
  const { cells } = JSON.parse(await Deno.readTextFile(path)) as { cells: Cell[] };
  return cells.filter(({ cell_type }) => cell_type === "code");
}

/** Text that stands there whole or in lines. */
export const joined = (text: string | string[]): string => typeof text === "string" ? text : text.join("");

/** What the outputs of a kind say. */
export const shown = (cells: readonly Cell[], type: string): string[] =>
  cells.flatMap(({ outputs = [] }) => outputs.flatMap(({ data }) => data?.[type] ? [joined(data[type])] : []));

/** Of each output its kind and formats. */
export const kinds = ({ outputs = [] }: Cell): string[] =>
  outputs.map(({ output_type, data = {} }) => `${output_type}: ${Object.keys(data).sort().join(", ")}`);
