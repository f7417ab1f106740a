/**
 * Which numbers of a training are narrow.
 * @module
 */
import { argument } from "../../runtime/argument.ts";
import { oneOf, UserError } from "../../runtime/errors.ts";
import { named } from "../../runtime/nearest.ts";
import { requireMembers } from "../../runtime/require_members.ts";
import { F16, findFormat, type Format, refuseFormat } from "../../runtime/precision/format.ts";
import type { Arithmetic, Part } from "../../runtime/precision/scope.ts";

/** The parts of a step that may stay in float32. */
export const PARTS: Readonly<Record<Part | "sums", string>> = {
  passes: "activations, losses, and gradients on their way back",
  update: "the direction with its state, and the update of the parameters",
  factors: "statistics and factors of structured preconditioners",
  inverses: "inverses, roots and bases of these factors",
  sums: "what products and convolutions sum up, 16 terms at a time",
  meta: "what learns a rate: φ, its meta-optimizer, and the regime",
};

/** Those that do unless one says otherwise. */
export const WIDE: readonly string[] = ["sums", "meta"];

/** What is narrow. */
export interface Policy {
  /** What is computed and stored how. */
  readonly arithmetic: Arithmetic;
  /** The format. */
  readonly format: Format;
  /** Whether losses are scaled while their gradients are taken. */
  readonly scalesLoss: boolean;
}

/** What a policy is made of. */
export interface PolicyOptions {
  /**
   * A format, `bf16`, `f16` or such as `e8m5` (bits of exponent and mantissa): all that is not in `float32` is of that format. With an
   * ending: `bf16-master` has passes in it and the rest in float32, `bf16-products` only the operands and results of products in
   * passes, and `bf16-stochastic` passes and weights, which are rounded at random. `f16-gpu` is `f16-products`, computed in half
   * precision by a GPU that can.
   */
  readonly precision: string;
  /** What stays in float32 of a format without an ending. Default: `sums` and `meta`. */
  readonly float32?: readonly string[];
  /**
   * Whether losses are scaled, so that small gradients do not become 0: by a power of 2 that is halved at each refused step and doubled
   * after 2000 others. Default: where the format has fewer bits of exponent than float32.
   */
  readonly lossScale?: "dynamic" | "none";
}

const WITH_ENDING = /^([^-]+)-(.+)$/;

type Endings = Readonly<Record<string, (format: Format) => Arithmetic>>;

const endings: Endings = {
  master: (passes) => ({ results: { passes } }),
  products: (products) => ({ results: {}, products }),
  stochastic: (passes) => ({ results: { passes }, weights: { format: passes, stochastic: true } }),
};

/** Of float16 alone. */
const ofF16: Endings = { gpu: (products) => ({ results: {}, products, halves: true }) };

/**
 * The policy of these names.
 *
 * @throws `UserError` for a format, an ending, a part or a scale that there is not, and for parts where an ending says what is narrow.
 */
export function policyOf(options: PolicyOptions): Policy {
  requireMembers("options", options, {}, 'give { precision: "bf16" }');
  const { precision, float32, lossScale } = options;
  if (float32 !== undefined && !Array.isArray(float32)) {
    throw new UserError({
      argument: "float32",
      value: float32,
      remedy: 'give a list of parts, such as ["sums", "meta"]',
    });
  }
  if (lossScale !== undefined) oneOf("lossScale", lossScale, ["dynamic", "none"]);
  const [, base, ending] = WITH_ENDING.exec(precision) ?? [],
    format = findFormat(base ?? precision) ?? refuseFormat(precision);
  const scalesLoss = lossScale ? lossScale === "dynamic" : format.exponent < 8;
  if (ending !== undefined) {
    const ofFormat = Object.entries({ ...endings, ...format === F16 && ofF16 })
      .map(([ending, make]) => [`${format.name}-${ending}`, make]);
    const arithmetic = named("precision", precision, Object.fromEntries(ofFormat) as Endings)(format);
    if (float32 === undefined) return { arithmetic, format, scalesLoss };
    const problem = `means nothing to ${argument("precision", precision)}`;
    const remedy = `leave it out, or give ${argument("precision", format.name)}`;
    throw new UserError({ argument: "float32", value: float32.join(","), problem, remedy });
  }
  const wide = new Set(float32 ?? WIDE);
  if (wide.has("none") && wide.size > 1) {
    const remedy = "give none by itself, or the parts that stay in float32";
    throw new UserError({ argument: "float32", value: float32!.join(","), remedy });
  }
  const parts: Readonly<Record<string, string>> = { ...PARTS, none: "" };
  for (const part of wide) named("float32", part, parts);
  const { sums: _, ...computed } = PARTS, narrow = Object.keys(computed).filter((part) => !wide.has(part));
  const results = Object.fromEntries(narrow.map((part) => [part, format])) as Arithmetic["results"];
  const weights = { format, stochastic: false };
  return { arithmetic: { results, weights, ...!wide.has("sums") && { sums: true } }, format, scalesLoss };
}
