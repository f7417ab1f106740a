/**
 * What a reproduction is. Add one: a file in `recipes/`, and a line in `list.ts`.
 * @module
 */
import type { Cells } from "../../display/cells.ts";
import type { UciSource } from "../../data/uci_sources.ts";
import type { Laboratory } from "./laboratory.ts";
import type { Judgement } from "./verdict.ts";

/** The claim of a paper, and how to find out about it. */
export interface Recipe {
  /** As on the command line. */
  readonly name: string;
  /** In one sentence. */
  readonly claim: string;
  /** What of the set-up is the paper's. */
  readonly paper: string;
  /** What of it is our choice. */
  readonly ours: string;
  /** How the verdict comes from the numbers: printed before there are any. */
  readonly rule: string;
  /** Of `deno task train`; absent where nothing is trained by it. */
  readonly tasks?: readonly string[];
  /** Of these tables of the UCI repository those that are there, each with its task; one at least where there are no other tasks. */
  readonly tables?: readonly UciSource[];
  /** How large it may be. */
  readonly sizes: Readonly<Record<SizeName, Size>>;
}

/** What fits a machine with two cores, mostly in minutes, and a larger one, nearer to the paper's or at it. */
export type SizeName = "quick" | "full";

/** A size, in words. */
export interface SizeText {
  /** Which, in words. */
  readonly about: string;
  /** How long it takes, roughly. */
  readonly time: string;
  /** Instead of the recipe's. */
  readonly tasks?: readonly string[];
}

/** A size. */
export interface Size extends SizeText {
  /** Everything that was chosen: another choice is another reproduction. */
  readonly settings: object;
  /** Finds out. */
  study(laboratory: Laboratory): Promise<Finding>;
}

/** What was found. */
export interface Finding {
  /** The parts of the claim, each judged. */
  readonly parts: readonly Judgement[];
  readonly tables: readonly TitledTable[];
  readonly pictures: readonly Picture[];
  /** What one has to know besides, a sentence each. */
  readonly notes: readonly string[];
}

/** A table that says what it is. */
export interface TitledTable extends Cells {
  readonly title: string;
}

/** A picture. */
export interface Picture {
  /** Of the file. */
  readonly name: string;
  /** What it shows: one sentence. */
  readonly caption: string;
  readonly svg: string;
}

/** Both sizes of a recipe, from what they choose. */
export function sizes<S extends SizeText>(
  quick: S,
  full: S,
  study: (laboratory: Laboratory, settings: S) => Promise<Finding>,
): Recipe["sizes"] {
  const size = ({ about, time, tasks, ...settings }: S): Size => ({
    about,
    time,
    tasks,
    settings,
    study: (laboratory) => study(laboratory, { about, time, tasks, ...settings } as S),
  });
  return { quick: size(quick), full: size(full) };
}
