/**
 * The smallest damping with which a method still trains in a narrow format.
 * @module
 */
import { short } from "../../../display/numbers.ts";
import { allEnded } from "../../turns.ts";
import { contested, trainLoss } from "../contest.ts";
import type { Laboratory } from "../laboratory.ts";
import type { TitledTable } from "../recipe.ts";
import { inLastLine } from "./losses.ts";
import { besides, type Method, type Narrowness, narrownesses, type Twins } from "./twins.ts";

/** Training survives where the final loss is within this factor of the best in float32. */
export const SURVIVES = 1.5;

/** The final losses of a method at each damping of a grid. */
export interface DampingLine {
  /** The method, and how narrow. */
  readonly name: string;
  /** Each over the best in float32 of the grid; ∞ where training diverged. */
  readonly ratios: readonly number[];
  /** How many inverses failed in each run: those before them stayed, at first the identity. */
  readonly failures: readonly number[];
}

const WIDE: Narrowness = { name: " in float32", given: {} };

/** How many runs {@linkcode dampingLines} makes. */
export function dampingCount(laboratory: Laboratory, methods: readonly Method[], dampings: readonly number[]): number {
  return methods.filter(({ given }) => isDamped(laboratory, given))
    .reduce((sum, method) => sum + (1 + narrownesses(method).length) * dampings.length, 0);
}

/** Trains each method that has a damping with each of these, and else with the settings that were tuned in float32: one seed. */
export async function dampingLines(
  laboratory: Laboratory,
  all: readonly Twins[],
  dampings: readonly number[],
  steps: number,
): Promise<DampingLine[]> {
  const damped = all.filter(({ method }) => isDamped(laboratory, method.given)), [seed] = laboratory.seeds;
  return (await allEnded(damped.map(async ({ method, wide }) => {
    const ways = [WIDE, ...narrownesses(method)];
    const lines = await allEnded(ways.map(async ({ name, given }) => {
      const results = await allEnded(dampings.map((damping) => {
        const part = `${name}, damping ${text(damping)}`;
        return contested(laboratory, besides(wide, { ...given, damping }), steps, trainLoss, { part, seed });
      }));
      const failures = await allEnded(results.map(({ runs }) => inLastLine(runs, "inverseFailures")));
      const losses = results.map(({ figures }) => figures[0]);
      return { name: `${method.name}${name}`, losses, failures: failures.map((count = 0) => count) };
    }));
    const best = Math.min(...lines[0].losses.filter((loss) => !Number.isNaN(loss)));
    return lines.map(({ losses, ...line }) => ({ ...line, ratios: losses.map((loss) => loss / best) }));
  }))).flat();
}

/** The smallest that survives, or that does so with every inverse; undefined where none does. */
export function smallestDamping(
  { ratios, failures }: DampingLine,
  dampings: readonly number[],
  mostFailures = Infinity,
): number | undefined {
  const surviving = dampings.filter((_, i) => ratios[i] <= SURVIVES && failures[i] <= mostFailures);
  return surviving.length > 0 ? Math.min(...surviving) : undefined;
}

/** All of them. */
export function dampingTable(
  cases: readonly { readonly name: string; readonly lines: readonly DampingLine[] }[],
  dampings: readonly number[],
): TitledTable {
  const smallest = (line: DampingLine, mostFailures?: number) => {
    const damping = smallestDamping(line, dampings, mostFailures);
    return { text: damping === undefined ? "none" : text(damping) };
  };
  return {
    title:
      `Training loss by damping, over the best in float32 of these dampings, and failed inverses; it survives up to × ${SURVIVES}`,
    heads: ["situation", "method", "smallest that survives", "with every inverse", ...dampings.map(text)],
    rows: cases.flatMap(({ name, lines }) =>
      lines.map((line) => [
        { text: name },
        { text: line.name },
        smallest(line),
        smallest(line, 0),
        ...line.ratios.map((ratio, i) => ({
          text: `${short(ratio)}${line.failures[i] > 0 ? `, ${line.failures[i]} failed` : ""}`,
        })),
      ])
    ),
  };
}

const text = (damping: number): string => damping.toExponential();

const isDamped = (laboratory: Laboratory, given: Method["given"]): boolean =>
  laboratory.knobs(given).some(({ setting }) => setting === "damping");
