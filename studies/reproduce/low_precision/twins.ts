/**
 * Runs in a narrow format beside their twins in float32.
 * @module
 */
import { WIDE } from "../../../optimizers/precision/policy.ts";
import type { Choices } from "../../../runs/options.ts";
import { allEnded } from "../../turns.ts";
import {
  type Contestant,
  type Contested,
  contested,
  type Entrant,
  type TaskSituation,
  trainLoss,
  tunedOnHeldOut,
} from "../contest.ts";
import type { Laboratory } from "../laboratory.ts";
import type { Figures } from "../verdict.ts";

/** The format. */
export const NARROW = "bf16";

/** Something that trains. */
export interface Method extends Contestant {
  /** Whether it takes inverses, roots or bases of factors: then it also runs with those in float32, and with the factors in it too. */
  readonly inverts?: boolean;
}

/** What methods are trained on. */
export interface PrecisionSituation extends TaskSituation {
  /** Where the searches of methods, by name, start there. */
  readonly starts?: Readonly<Record<string, Choices>>;
  /** As of a search. */
  readonly distance?: number;
}

/** Which numbers are narrow. */
export interface Narrowness {
  /** For people, and for runs: stands behind the method's name. */
  readonly name: string;
  readonly given: Choices;
}

const ALL: Narrowness = { name: ` in ${NARROW}`, given: { precision: NARROW } };
const SPARED: readonly Narrowness[] = [["inverses"], ["factors", "inverses"]].map((parts) => ({
  name: `${ALL.name}, ${parts.join(" and ")} in float32`,
  given: { ...ALL.given, float32: [...parts, ...WIDE] },
}));

/** In how much of the narrow format a method runs: everything first. */
export function narrownesses({ inverts }: Method): readonly Narrowness[] {
  return [ALL, ...inverts ? SPARED : []];
}

/** The runs of a method of one narrowness. */
export interface Narrowed {
  readonly narrowness: Narrowness;
  /** With the settings that were tuned in float32: those of the twin. */
  readonly same: Contested;
  /** With those that were tuned where everything is narrow. */
  readonly own: Contested;
}

/** A method in a situation. */
export interface Twins {
  readonly method: Method;
  /** In float32, as tuned there. */
  readonly wide: Contested;
  /** In the order of {@linkcode narrownesses}. */
  readonly narrowed: readonly Narrowed[];
}

/** How many trials and runs {@linkcode twins} makes. */
export function twinsCount(methods: readonly Method[], trials: number, seeds: number): number {
  return methods.reduce((sum, method) => sum + 2 * trials + seeds * (1 + 2 * narrownesses(method).length), 0);
}

/** Tunes each method in float32, and again with everything narrow, by as many trials; then trains it in all ways with every seed. */
export async function twins(
  laboratory: Laboratory,
  methods: readonly Method[],
  { steps, distance }: PrecisionSituation,
  trials: number,
): Promise<Twins[]> {
  const narrow = methods.map((method) => ({
    ...method,
    name: `${method.name}${ALL.name}`,
    given: { ...method.given, ...ALL.given },
  }));
  const [wides, narrows] = await allEnded(
    [methods, narrow].map((all) => tunedOnHeldOut<Method>(laboratory, all, { steps, trials, distance })),
  );
  const trained = (entrant: Entrant, part?: string) => contested(laboratory, entrant, steps, trainLoss, { part });
  return await allEnded(methods.map(async (method, i): Promise<Twins> => {
    const [wide, ...narrowed] = await allEnded([
      trained(wides[i]),
      ...narrownesses(method).flatMap(({ name, given }) => [
        trained(besides(wides[i], given), name),
        trained(besides({ ...narrows[i], name: method.name }, given), `${name}, tuned there`),
      ]),
    ]);
    return {
      method,
      wide,
      narrowed: narrownesses(method).map((narrowness, j) => ({
        narrowness,
        same: narrowed[2 * j],
        own: narrowed[2 * j + 1],
      })),
    };
  }));
}

/** The same entrant with other choices besides what was tuned. */
export function besides(entrant: Entrant, given: Choices): Entrant {
  return { ...entrant, tuned: entrant.tuned && { ...entrant.tuned, ...given } };
}

/** Figures over others, seed by seed. */
export function over(figures: Figures, others: Figures): Figures {
  return figures.map((x, i) => x / others[i]);
}
