/** Family g: BLEU, as sacrebleu computes it. */
import { assertEquals } from "@std/assert";
import { bleu } from "../../data/mod.ts";
import { tokens13a } from "../../data/text/tokens_13a.ts";
import type { Compare } from "./comparison.ts";
import { onlyKnown } from "./families.ts";
import type { Json } from "./setting.ts";

// async as the other topics' readers are
export function bleus(file: Json, compare: Compare): Promise<void> {
  onlyKnown("file", file, ["case", "topic", "conventions", "description", "equations", "tokenizer_13a", "cases"]);
  for (const each of file.cases) {
    const { name, hypotheses, references, lowercase } = each;
    onlyKnown(name, each, [
      ...["name", "hypotheses", "references", "lowercase", "hypothesis_tokens", "reference_tokens", "score", "matched"],
      ...["totals", "precisions", "brevity_penalty", "hypothesis_length", "reference_length"],
    ]);
    const tokens = (segment: string) => tokens13a(lowercase ? segment.toLowerCase() : segment);
    assertEquals(hypotheses.map(tokens), each.hypothesis_tokens, name);
    assertEquals(references.map((of: string[]) => of.map(tokens)), each.reference_tokens, name);
    const { score, precisions, brevityPenalty, ...integers } = bleu(hypotheses, references, { lowercase });
    assertEquals(integers, {
      matched: each.matched,
      totals: each.totals,
      hypothesisLength: each.hypothesis_length,
      referenceLength: each.reference_length,
    }, name);
    compare(`${name}: score`, score, each.score, 0);
    compare(`${name}: precisions`, precisions, each.precisions, 0);
    compare(`${name}: brevity penalty`, brevityPenalty, each.brevity_penalty, 0);
  }
  return Promise.resolve();
}
