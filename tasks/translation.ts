/**
 * The tasks of translating from German to English.
 * @module
 */
import { type Corpus, translatedFrom } from "../data/text/corpus.ts";
import { type SequenceModel, transformer } from "../models/networks/transformer.ts";
import { softmax } from "../proximal/output.ts";
import { UserError } from "../runtime/errors.ts";
import type { TaskData } from "../data/dataset.ts";
import { downloaded } from "./download.ts";
import { type ChoiceOf, completeChoice, modelEntry, type Task } from "./task.ts";
import { encodedLines } from "./translated.ts";
import { translationJudge } from "./translation_judge.ts";

/** Of batches; the rest of an epoch has a shape of its own. Plain and meta steps on these are 12 kinds of steps: a capture keeps 16. */
const LENGTHS = 5;
const BEGINNING = 30; // characters of a line, to find it by
const SMALL: ChoiceOf<"width" | "heads" | "hidden" | "layers" | "dropout" | "vocabulary"> = {
  width: 128,
  heads: 4,
  hidden: [256],
  layers: 2,
  dropout: 0.1,
  vocabulary: 4000,
};

const MULTI30K = { name: "multi30k", download: "multi30k" }, IWSLT14 = { name: "iwslt14", download: "iwslt14" };

/**
 * About 11,000 messages of an editor, or the texts of a folder: `train`, `val` and `test`, each with the endings of two languages. The
 * messages are packages of npm that are fetched when the task is chosen.
 */
export const translation: Task = translationTask({
  name: "translation",
  steps: 600,
  description: "translate messages of an editor from German to English, or texts of a folder",
  corpus: async (folder) => {
    if (folder === undefined) return await (await import("../data/text/vscode_messages.ts")).vscodeMessages();
    return await (await import("../data/text/text_folder.ts")).loadTextFolder(folder);
  },
});

/** 29,000 captions of photographs: `deno task data multi30k`. */
export const multi30k: Task = translationTask({
  ...MULTI30K,
  steps: 3400,
  description: "translate captions of photographs from German to English",
  corpus: async (folder) => await (await import("../data/text/multi30k.ts")).loadMulti30k(downloaded(MULTI30K, folder)),
});

/** 160,000 sentences of talks: `deno task data iwslt14`. */
export const iwslt14: Task = translationTask({
  ...IWSLT14,
  steps: 20_000,
  description: "translate sentences of talks from German to English",
  corpus: async (folder) => await (await import("../data/text/iwslt14.ts")).loadIwslt14(downloaded(IWSLT14, folder)),
});

/** A Transformer of joint subwords, with cross-entropy that is smoothed by a tenth. */
function translationTask({ name, description, steps, download, corpus }: {
  readonly name: string;
  readonly description: string;
  readonly steps: number;
  readonly download?: string;
  corpus(folder?: string): Promise<Corpus>;
}): Task {
  return {
    name,
    description,
    models: {
      transformer: modelEntry(SMALL, ({ hidden, ...sizes }) => {
        if (hidden.length !== 1) {
          throw new UserError({ argument: "hidden", value: hidden, remedy: "give one width, such as 256" });
        }
        return transformer({ ...sizes, hidden: hidden[0] });
      }),
    },
    output: softmax({ labelSmoothing: 0.1 }),
    metrics: {},
    translates: true,
    judge: ({ text }, model, options) => text && translationJudge(model as SequenceModel, text, options),
    readsFolder: true,
    download,
    load: async (folder, { choice = {}, fewShapes = false, sourceLanguage } = {}) => {
      const { vocabulary } = completeChoice(SMALL, choice);
      const texts = translatedFrom(sourceLanguage, await corpus(folder));
      return await tokenized(texts, { vocabulary, shapes: fewShapes ? LENGTHS : undefined });
    },
    defaults: {
      optimizer: "apo-muon-adam",
      steps,
      batchSize: 500,
      learningRates: { sgd: 0.1, momentum: 0.02, rmsprop: 0.001, adam: 0.002 },
    },
  };
}

/** A corpus in subwords that are learned from what is trained on. */
async function tokenized(
  { train, validation, test, languages, about }: Corpus,
  { vocabulary, shapes }: { readonly vocabulary: number; readonly shapes?: number },
): Promise<TaskData> {
  const { learnSubwords } = await import("../data/text/subwords.ts");
  const { tokenPairs } = await import("../data/text/token_pairs.ts");
  const subwords = learnSubwords([...train.source, ...train.target], { vocabulary }),
    { start, end } = subwords;
  const data = ({ source, target }: Corpus["train"], use: string, shapes?: number) => {
    const tokens = (lines: string[], language: string) =>
      encodedLines(
        subwords,
        lines,
        (i) => `line ${i + 1} to ${use} in ${language}, "${lines[i].slice(0, BEGINNING)}…",`,
      );
    return tokenPairs({
      source: tokens(source, languages[0]),
      target: tokens(target, languages[1]),
      start,
      end,
      shapes,
    });
  };
  return {
    train: data(train, "train on", shapes),
    validation: data(validation, "validate on"),
    test: data(test, "test on"),
    source: `${about}, from ${languages.join(" to ")}`,
    text: { subwords, train, validation, test },
  };
}
