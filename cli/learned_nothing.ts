/**
 * What is said of a run that has learned nothing.
 * @module
 */
import { catalogued } from "../optimizers/catalogue/catalogue.ts";
import type { Dataset } from "../data/dataset.ts";
import { findable } from "../studies/find_rate/findable.ts";
import type { RunConfig } from "../runs/config.ts";
import type { MetricsLine } from "../training/metrics_lines.ts";
import type { FinishedEvent } from "../training/events.ts";
import { percentage, short } from "../display/numbers.ts";
import { wrapped } from "../display/wrapped.ts";

/** Of the examples outside the largest class: with less of them right, an accuracy is hardly above that of always naming this class. */
const LEAST_SHARE = 0.1;

/** Of the loss of the best constant output: a training loss above it has learned next to nothing from the inputs. */
const MOST_OF_CONSTANT = 0.99;

/** Of the first batch's loss: where a constant output is as good as that, all targets are the same, and there is nothing else to learn. */
const NOTHING_ELSE = 1e-6;

/** What the end of a run is judged by. */
export interface Ending {
  /** The scores on the training data. */
  readonly event: Pick<FinishedEvent, "train" | "constantLoss" | "samples">;
  /** What the run logged, from its first step on. */
  readonly lines: readonly Pick<MetricsLine, "loss">[];
  /** The class numbers of the training data, where the targets are such. */
  readonly labels?: Dataset["labels"];
  /** Which optimizer, and how it was set. */
  readonly config: Pick<RunConfig, "optimizer" | "settings">;
}

/**
 * Why a run has learned nothing, and what to try instead: where its training loss is not below that of the first batch before
 * training, or its accuracy is hardly above that of always naming the largest class, or its loss hardly below that of always giving
 * the same output. Undefined for a run that has learned something.
 */
export function learnedNothing({ event, lines, labels, config }: Ending): string | undefined {
  const { train, constantLoss, samples } = event; // where there are samples, data of one's own are texts
  const why = lossStays(train.loss, lines[0]?.loss) ?? accuracyStays(train.accuracy, labels) ??
    constantStays(train.loss, constantLoss, lines[0]?.loss);
  const tries = [...remedies(config), "more steps by --steps", "or another --seed"].join(", ");
  const own = "Data of your own train best with inputs, and targets that are numbers, of mean 0 and variance 1.";
  return why && wrapped(`Nothing was learned: ${why}. Try ${tries}.${samples ? "" : ` ${own}`}`);
}

function lossStays(loss: number, first: number | null | undefined): string | undefined {
  if (typeof first !== "number" || loss < first) return undefined;
  return `the training loss, ${short(loss)}, is not below the ${short(first)} of the first batch before training`;
}

function constantStays(loss: number, constant?: number, first?: number | null): string | undefined {
  if (constant === undefined || loss < MOST_OF_CONSTANT * constant) return undefined;
  if (constant <= NOTHING_ELSE * (first ?? 0)) return undefined;
  return `the training loss, ${short(loss)}, is hardly below the ${short(constant)} of always giving the same output`;
}

function accuracyStays(accuracy?: number, labels?: Dataset["labels"]): string | undefined {
  if (accuracy === undefined || !labels) return undefined;
  const counts = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) counts.set(labels[i], 1 + (counts.get(labels[i]) ?? 0));
  const largest = Math.max(...counts.values()) / labels.length;
  if (largest === 1 || accuracy - largest >= LEAST_SHARE * (1 - largest)) return undefined;
  return `the accuracy on the training data, ${
    percentage("accuracy", accuracy)
  }, is hardly above that of always naming the largest ` +
    `class, ${percentage("accuracy", largest)}`;
}

/** The flags that decide how long steps are. */
function remedies({ optimizer, settings: { lambdaFsd, trustRegion, learningRate, clip } }: Ending["config"]): string[] {
  const { learns, settings } = catalogued(optimizer);
  if (learns && settings.includes("lambdaFsd")) {
    const [now, more] = [lambdaFsd!, 10 * lambdaFsd!].map(short);
    const larger = `--lambda-fsd=${more} (it is ${now}; a larger one makes steps shorter)`;
    const others = settings.includes("clip") && clip === undefined ? ["--clip=1"] : [];
    return [larger, "a larger --batch-size", ...others];
  }
  if (settings.includes("trustRegion")) {
    return [`another --trust-region than ${short(trustRegion!)} (a smaller one makes smaller steps)`];
  }
  const found = findable.some((name) => name === optimizer)
    ? `deno task find-rate --optimizer=${optimizer} looks for one`
    : "often a smaller one";
  return [`another --lr than ${short(learningRate)} (${found})`];
}
