/**
 * What a task is: data, model, output, metrics and good defaults, wired together.
 * @module
 */
import type { Activation } from "../models/activations.ts";
import type { Shortcut } from "../models/layers/residual.ts";
import type { Model } from "../models/model.ts";
import type { Output } from "../proximal/problem.ts";
import type { Settings, TaskRate } from "../optimizers/catalogue/entry.ts";
import type { TaskData } from "../data/dataset.ts";
import type { Judge } from "../training/judge.ts";
import type { Metric } from "../training/metrics.ts";
import type { TranslationOptions } from "./translated.ts";

/** What a task's model can be told. */
export interface ModelChoice {
  /**
   * Widths of layers: of the hidden ones (`mlp` of mnist, `linear2` of ill-conditioned), or from the first hidden layer down to
   * the code (`autoencoder`, which mirrors all but the code); one of a `transformer`, that of its layers' networks.
   */
  readonly hidden?: readonly number[];
  /** Of the hidden layers. */
  readonly activation?: Activation;
  /** Layers of a residual network: 6n + 2, of a wide one 6n + 4. */
  readonly depth?: number;
  /** Channels of a residual network's first stage; the length of a token's vector in a Transformer. */
  readonly width?: number;
  /** How many times as many channels a wide residual network has. */
  readonly widen?: number;
  /** The rate of dropout. */
  readonly dropout?: number;
  /** Of a Transformer's attention. */
  readonly heads?: number;
  /** Of a Transformer: those of its encoder, and as many of its decoder. */
  readonly layers?: number;
  /** How many tokens a Transformer knows: subwords of the texts that are trained on. */
  readonly vocabulary?: number;
  /** What goes around a residual network's blocks where the shape changes. */
  readonly shortcut?: Shortcut;
}

/** Some of these choices, all of them made: what a model takes, with its defaults. */
export type ChoiceOf<Name extends keyof ModelChoice> = Required<Pick<ModelChoice, Name>>;

/** One of a task's models. */
export interface ModelEntry {
  /** What it is unless told otherwise; it takes these choices and no other. */
  readonly defaults: ModelChoice;
  /** Makes it. */
  build(choice: ModelChoice): Model;
  /** Of a run. Default: the task's. */
  readonly steps?: number;
}

/** A model that takes the choices which `defaults` has; its runs have `steps`. Default: the task's. */
export function modelEntry<C extends ModelChoice>(
  defaults: C,
  build: (choice: C) => Model,
  steps?: number,
): ModelEntry {
  return { defaults, build: (choice) => build(completeChoice(defaults, choice)), steps };
}

/** The steps of a run of one of a task's models. */
export function stepsOf({ models, defaults }: Pick<Task, "models" | "defaults">, model: string): number {
  return models[model].steps ?? defaults.steps;
}

/** Choices with what was not made filled in. */
export function completeChoice<C extends ModelChoice>(defaults: C, choice: ModelChoice): C {
  const made = Object.entries(choice).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(made) };
}

/** A model with its choices, in words. */
export function modelText(model: string, choice: ModelChoice): string {
  return [model, ...Object.entries(choice).map(([name, value]) => `${name} ${value}`)].join(", ");
}

/** Good settings: enough never to be changed. */
export interface TaskDefaults {
  /** Of the catalogue. */
  readonly optimizer: string;
  /** Of a run. */
  readonly steps: number;
  /** |B|. */
  readonly batchSize: number;
  /** Of fixed-rate optimizers by the name of their direction: a start, not tuned. */
  readonly learningRates: Readonly<Record<TaskRate, number>>;
  /** Of that optimizer, where its own defaults do not suit. */
  readonly settings?: Partial<Settings>;
}

/** What data may depend on besides their files. */
export interface LoadOptions {
  /** What the model is told: texts become as many subwords as it knows. */
  readonly choice?: ModelChoice;
  /** Whether batches to train on are to have few shapes, as suits a device that records steps of each shape. Default: false. */
  readonly fewShapes?: boolean;
  /** Of texts in two languages: the one to translate from. Default: German, or of a folder the first by the alphabet. */
  readonly sourceLanguage?: string;
}

/** A task. Add one: a file with an object of this type, and a line in `list.ts`. */
export interface Task {
  /** As on the command line. */
  readonly name: string;
  /** One line for people. */
  readonly description: string;
  /** Its models by name; the first is the default. */
  readonly models: Readonly<Record<string, ModelEntry>>;
  /** What its models' outputs mean. */
  readonly output: Output;
  /** What to measure on the test data besides the loss. */
  readonly metrics: Readonly<Record<string, Metric>>;
  /**
   * Scores what the model does on these data besides: its first score is shown first. Absent where nothing does. What translates
   * does it by beam search at the end, if `options` say so.
   */
  judge?(data: TaskData, model: Model, options: TranslationOptions): Judge | undefined;
  /** Whether its models translate. Default: false. */
  readonly translates?: boolean;
  /** Whether the data may come from a folder. */
  readonly readsFolder: boolean;
  /**
   * The name by which `deno task data` downloads the data into `datasets/NAME`, where they are looked for. Absent where there are
   * built-in data.
   */
  readonly download?: string;
  /**
   * Reads the data.
   *
   * @param folder Where the files lie; or else the built-in data.
   * @throws `UserError` for files that are missing or damaged, and without a folder where there are no built-in data.
   */
  load(folder?: string, options?: LoadOptions): Promise<TaskData>;
  /** What the command line does unless told otherwise. */
  readonly defaults: TaskDefaults;
}
