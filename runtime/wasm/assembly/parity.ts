// Signs that are the parity of the bits that two whole numbers share.

/** out[i, j] ← −1 if rows[i] & columns[j] has an odd number of bits, else 1. */
export function paritySigns(rows: usize, height: i32, columns: usize, width: i32, out: usize): void {
  for (let i = 0; i < height; i++) {
    const row = i32x4.splat(load<i32>(rows + (<usize> i << 2)));
    let from = columns, j = 0;
    for (; j + 4 <= width; j += 4) {
      v128.store(out, signs(v128.and(row, v128.load(from))));
      from += 16;
      out += 16;
    }
    for (; j < width; j++) {
      store<f32>(out, f32x4.extract_lane(signs(v128.and(row, i32x4.splat(load<i32>(from)))), 0));
      from += 4;
      out += 4;
    }
  }
}

@inline
function signs(bits: v128): v128 {
  const bytes = i8x16.popcnt(bits), pairs = v128.xor(bytes, i32x4.shr_u(bytes, 16));
  const parity = v128.xor(pairs, i32x4.shr_u(pairs, 8)); // in its lowest bit
  return v128.or(i32x4.shl(parity, 31), f32x4.splat(1)); // −1 has the bits of 1 and the highest one
}
