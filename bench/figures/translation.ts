/**
 * The figure of translation.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { greedy } from "../../models/decoding/greedy.ts";
import type { SequenceModel } from "../../models/networks/transformer.ts";
import { catalogued } from "../../optimizers/catalogue/catalogue.ts";
import { chooseBackend } from "../../runtime/backend.ts";
import type { Figure, Row } from "../figure.ts";
import { RATES } from "../peers/models.ts";
import { decoding, randomTranslations, SEQUENCES } from "../random_translations.ts";
import { type Contestant, interleaved, spread } from "../timing.ts";
import { trainee } from "../trainee.ts";

const TOKENS = 500, LONGEST = 25; // of a batch; of what is written

/** How many tokens a second a Transformer is trained on, and writes. */
export const figure: Figure = {
  description:
    `tokens a second of multi30k's Transformer: steps of Adam of ${TOKENS} target tokens, and greedy decoding of ` +
    `${decoding.sources.length} sequences together, each of ${LONGEST} tokens`,
  measure: async (quick) => {
    await chooseBackend("auto", { threads: 1 });
    const { models, output } = randomTranslations, { train } = await randomTranslations.load();
    const model = models.transformer.build({}) as SequenceModel, problem = { model, output };
    const optimizer = catalogued("adam").build(problem, { steps: 1000, learningRate: RATES.adam });
    using training = trainee({ problem, optimizer, train, batchSize: SEQUENCES, blockSteps: 4 });
    const { params } = model.init(0);
    let written = 0;
    const writing: Contestant = {
      block: async () => {
        const begin = performance.now();
        const sequences = await greedy(model, params, decoding.sources, { ...decoding, maxLength: () => LONGEST });
        written = sequences.reduce((sum, { length }) => sum + length, 0);
        return performance.now() - begin;
      },
    };
    const times = await interleaved({ training, writing }, quick ? 3 : 15);
    tf.dispose(params);
    const row = (what: string, tokens: number, milliseconds: readonly number[]): Row => ({
      what,
      result: spread(milliseconds.map((time) => 1000 * tokens / time)),
      unit: "tokens/s",
      detail: `${tokens} tokens in ${spread(milliseconds).median.toFixed(0)} ms`,
    });
    return [row("training with Adam", TOKENS, times.training), row("greedy decoding", written, times.writing)];
  },
};
