// Comparisons.

/** out[i] ← x[i] ≥ least, as a byte, 1 or 0; that of NaN is 0. */
export function atLeast(x: usize, least: f32, count: i32, out: usize): void {
  const limit = f32x4.splat(least);
  let i = 0;
  for (; i + 16 <= count; i += 16) {
    const a = f32x4.ge(v128.load(x), limit), b = f32x4.ge(v128.load(x, 16), limit);
    const c = f32x4.ge(v128.load(x, 32), limit), d = f32x4.ge(v128.load(x, 48), limit);
    const all = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d)); // −1 or 0
    v128.store(out, v128.and(all, i8x16.splat(1)));
    x += 64;
    out += 16;
  }
  for (; i < count; i++) {
    store<u8>(out, load<f32>(x) >= least ? 1 : 0);
    x += 4;
    out++;
  }
}
