/**
 * A learned preconditioner against first-order and second-order methods.
 * @module
 */
import { againstBest, type Contestant, type Contested, type Entrant } from "./contest.ts";
import type { TitledTable } from "./recipe.ts";
import type { Judgement } from "./verdict.ts";

/** Who takes part. */
export interface Orders {
  readonly firstOrder: readonly Contestant[];
  readonly secondOrder: readonly Contestant[];
  /** Shown beside them; nothing is claimed about these. */
  readonly others: readonly Contestant[];
  readonly ours: Contestant;
}

/** All of them; ours is the last. */
export const contestantsOf = ({ firstOrder, secondOrder, others, ours }: Orders): readonly Contestant[] => [
  ...firstOrder,
  ...secondOrder,
  ...others,
  ours,
];

/** Whether ours competes with the best second-order method, and is below the best first-order one. */
export function judgedByOrder(
  at: string,
  results: readonly Contested[],
  { firstOrder, secondOrder, ours }: Orders,
  { title, competes }: { /** What decides. */ readonly title: string; readonly competes: number },
): Judgement[] {
  const named = (all: readonly Contestant[]) => all.map(({ name }) => results.find((result) => result.name === name)!);
  const [apo] = named([ours]);
  return [
    againstBest(`${at}: below × ${competes} the ${title} of`, apo, named(secondOrder), competes),
    againstBest(`${at}: below the ${title} of`, apo, named(firstOrder), 1),
  ];
}

/** What tuning found for each of them in each of several cases. */
export function foundTable(
  head: string,
  cases: readonly { readonly name: string; readonly entrants: readonly Entrant[] }[],
): TitledTable {
  return {
    title: "What tuning found",
    heads: [head, "optimizer", "settings"],
    rows: cases.flatMap((one) =>
      one.entrants.map(({ name, found }) => [{ text: one.name }, { text: name }, { text: found }])
    ),
  };
}
