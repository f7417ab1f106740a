// p (e^δ − 1 − δ) with δ = log q − log p, by a series where δ is small: `proximal/divergence_term.ts`.
@inline
export function term(logP: v128, logQ: v128, p: v128, q: v128): v128 {
  const delta = f32x4.sub(logQ, logP);
  let series = f32x4.add(f32x4.mul(delta, f32x4.splat(1.0 / 120)), f32x4.splat(1.0 / 24));
  series = f32x4.add(f32x4.mul(series, delta), f32x4.splat(1.0 / 6));
  series = f32x4.add(f32x4.mul(series, delta), f32x4.splat(0.5));
  const near = f32x4.mul(p, f32x4.mul(f32x4.mul(delta, delta), series));
  const far = f32x4.sub(f32x4.sub(q, p), f32x4.mul(p, delta));
  return v128.bitselect(near, far, f32x4.lt(f32x4.abs(delta), f32x4.splat(0.1)));
}
