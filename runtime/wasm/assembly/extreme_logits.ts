// A logit of −∞ (of bits ±∞) counts as ±3.4e38, so that 0 · ∞ is 0, and what comes out positive because of it is infinite:
// proximal/extreme_logits.ts.
//
// To look at every logit would cost a fifth of the time. So each row is computed as if no logit were infinite, and again,
// carefully, only where its value is not finite. That is enough, because every infinite logit leaves ±∞ or NaN in the sum that
// is its row's value, whatever else is in it:
// - Log softmax: a logit of −∞ makes log q = −∞ and q = 0, and leaves the other classes right. If all are −∞, all is NaN.
// - The loss of probabilities p then has the term p · −∞, which is NaN for p = 0. That of a label is right as it is, or NaN.
// - A divergence has the term p δ with δ = log q − log p: p · −∞ where log q is −∞, 0 · ∞ where log p is, NaN where both are.
//   That of bits sums such terms of two classes, of which one has the probability 0 if the logit is infinite.
// - The loss of bits, max(z, 0) − z t, is ∞ − ∞ t or 0 + ∞ t.

/** What −∞ counts as. */
export const LOWEST: f32 = -3.4e38;

// +∞ where a term is positive and its logit infinite.
@inline
export function orInfinite(x: v128, isInfinite: v128): v128 {
  return v128.bitselect(f32x4.splat(Infinity), x, v128.and(isInfinite, f32x4.gt(x, f32x4.splat(0))));
}
