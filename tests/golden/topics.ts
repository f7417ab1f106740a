/** What each topic of family g is compared with. */
import { BF16, F16 } from "../../runtime/precision/format.ts";
import { attentions, positions, transformerBlocks } from "./attentions.ts";
import { apoBatchNorm } from "./apo_batch_norm.ts";
import { bleus } from "./bleu.ts";
import type { Compare } from "./comparison.ts";
import { dropouts } from "./dropouts.ts";
import { embeddings } from "./embeddings.ts";
import { onlyKnown } from "./families.ts";
import { averagePools, convolutions, maxPools } from "./images.ts";
import { batchNorms, layerNorms } from "./normalizations.ts";
import { forwardSmall } from "./forward_small.ts";
import { labelSmoothings, maskedKls } from "./outputs.ts";
import { parameterCounts } from "./parameter_counts.ts";
import { residualBlocks } from "./residual_blocks.ts";
import type { Json } from "./setting.ts";
import { roundings } from "./roundings.ts";
import { transformers } from "./transformers.ts";

type Reader = (file: Json, compare: Compare) => Promise<void>;

/** A file of cases. */
const cases = (reader: Reader): Reader => (file, compare) => {
  onlyKnown("file", file, ["case", "topic", "conventions", "description", "trajectory", "cases"]);
  return reader(file, compare);
};

/** By `topic`. */
export const topics: Record<string, Reader> = {
  batch_norm: cases(batchNorms),
  layer_norm: cases(layerNorms),
  dropout: cases(dropouts),
  conv: cases(convolutions),
  max_pool: cases(maxPools),
  avg_pool: cases(averagePools),
  residual_block: cases(residualBlocks),
  embedding: cases(embeddings),
  apo_batch_norm: cases(apoBatchNorm),
  attention: cases(attentions),
  transformer_block: cases(transformerBlocks),
  positional: positions,
  transformer: transformers,
  bleu: bleus,
  label_smoothing: labelSmoothings,
  masked_kl: maskedKls,
  forward_small: forwardSmall,
  param_counts: parameterCounts,
  bf16_rounding: roundings(BF16),
  f16_rounding: roundings(F16),
};

/** What the library does not have: a file of such a topic is named and passed over. */
export const notBuilt: readonly string[] = ["group_norm"];
