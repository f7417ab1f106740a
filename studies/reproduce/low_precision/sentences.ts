/**
 * The claim about low precision, sentence by sentence.
 * @module
 */
import { borders } from "../contest.ts";
import type { TitledTable } from "../recipe.ts";
import { judged, type Judgement, overall } from "../verdict.ts";
import { NARROW, over, type Twins } from "./twins.ts";

/** In the narrow format a method ends below this times its float32 twin. */
export const HOLDS = 1.1;

/** Who is judged, by name. */
export interface Judged {
  /** The forms of APO-P. */
  readonly ours: readonly string[];
  /** APO of a learning rate. */
  readonly scalar: string;
  /** The method with inverses that APO-P is compared with. */
  readonly rival: string;
}

/** A sentence. */
export interface Sentence {
  readonly text: string;
  /** Whether it is true of these methods, all in one situation. */
  judge(claim: string, all: readonly Twins[]): Judgement;
}

/** The claim's sentences. */
export function sentences({ ours, scalar, rival }: Judged): readonly Sentence[] {
  return [
    ...[...ours, scalar].map(holds),
    ...ours.map((name) => isBelow(name, rival)),
    ...ours.map((name) => degradesLess(name, rival)),
  ];
}

const named = (all: readonly Twins[], name: string): Twins => all.find(({ method }) => method.name === name)!;

function holds(name: string): Sentence {
  return {
    text: `${name} in ${NARROW} ends below × ${HOLDS} its float32 twin`,
    judge: (claim, all) => {
      const { wide, narrowed: [{ same }] } = named(all, name);
      return judged({ claim, ours: same.figures, theirs: wide.figures, below: HOLDS });
    },
  };
}

function isBelow(name: string, rival: string): Sentence {
  return {
    text: `in ${NARROW} ${name} ends below ${rival}, both tuned there`,
    judge: (claim, all) => {
      const [ours, theirs] = [name, rival].map((name) => named(all, name).narrowed[0].own);
      const atBorder = { theirs: borders([theirs]), ours: borders([ours]) };
      return judged({ claim, ours: ours.figures, theirs: theirs.figures, below: 1, atBorder });
    },
  };
}

function degradesLess(name: string, rival: string): Sentence {
  return {
    text: `${NARROW} costs ${name} a smaller factor of loss than ${rival}`,
    judge: (claim, all) => {
      const [ours, theirs] = [name, rival].map((name) => {
        const { wide, narrowed: [{ same }] } = named(all, name);
        return over(same.figures, wide.figures);
      });
      return judged({ claim, ours, theirs, below: 1 });
    },
  };
}

/** A judgement of each sentence in each situation, and what each sentence comes to over all of them. */
export function judgedSentences(
  all: readonly Sentence[],
  cases: readonly { readonly name: string; readonly all: readonly Twins[] }[],
): { parts: Judgement[]; table: TitledTable } {
  const judgements = all.map(({ text, judge }) => cases.map((one) => judge(`${one.name}: ${text}`, one.all)));
  return {
    parts: judgements.flat(),
    table: {
      title: "The claim's sentences",
      heads: ["sentence", "verdict", ...cases.map(({ name }) => name)],
      rows: all.map(({ text }, i) => [
        { text },
        { text: overall(judgements[i]) },
        ...judgements[i].map(({ verdict }) => ({ text: verdict })),
      ]),
    },
  };
}
