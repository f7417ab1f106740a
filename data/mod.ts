/**
 * Data sets in memory.
 * @module
 */
export type { Batch } from "../proximal/problem.ts";
export type { Dataset, TaskData, Texts } from "./dataset.ts";
export { type Rows, rows } from "./rows.ts";
export { noisyLabels } from "./noisy_labels.ts";
export { classification, type Images, reconstruction } from "./images.ts";
export { images, type LabelledImages } from "./image_data.ts";
export { type Normalization, normalizationOf } from "./normalization.ts";
export type { Augmentation } from "./augmentation.ts";
export type { Fingerprint, InputKind } from "./fingerprint.ts";
export { type Bleu, bleu } from "./text/bleu.ts";
export { type TokenPairs, tokenPairs } from "./text/token_pairs.ts";
export { learnSubwords, parseSubwords, type SubwordOptions, type Subwords } from "./text/subwords.ts";
