// Random numbers by Threefry-2x32 with 20 rounds, four counters at a time: see `runtime/threefry.ts`.

@inline
function rotated(x: v128, by: i32): v128 {
  return v128.or(i32x4.shl(x, by), i32x4.shr_u(x, 32 - by));
}

/** out ← the eight words of the counters (first, step) … (first + 3, step), in order. */
function words(key0: i32, key1: i32, first: i32, step: i32, out: usize): void {
  const k0 = i32x4.splat(key0), k1 = i32x4.splat(key1), k2 = i32x4.splat(0x1bd11bda ^ key0 ^ key1);
  let x = i32x4.add(i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3)), k0), y = i32x4.add(i32x4.splat(step), k1);
  x = i32x4.add(x, y), y = v128.xor(rotated(y, 13), x);
  x = i32x4.add(x, y), y = v128.xor(rotated(y, 15), x);
  x = i32x4.add(x, y), y = v128.xor(rotated(y, 26), x);
  x = i32x4.add(x, y), y = v128.xor(rotated(y, 6), x);
  x = i32x4.add(x, k1), y = i32x4.add(y, i32x4.add(k2, i32x4.splat(1)));
  x = i32x4.add(x, y), y = v128.xor(rotated(y, 17), x);
  x = i32x4.add(x, y), y = v128.xor(rotated(y, 29), x);
  x = i32x4.add(x, y), y = v128.xor(rotated(y, 16), x);
  x = i32x4.add(x, y), y = v128.xor(rotated(y, 24), x);
  x = i32x4.add(x, k2), y = i32x4.add(y, i32x4.add(k0, i32x4.splat(2)));
  x = i32x4.add(x, y), y = v128.xor(rotated(y, 13), x);
  x = i32x4.add(x, y), y = v128.xor(rotated(y, 15), x);
  x = i32x4.add(x, y), y = v128.xor(rotated(y, 26), x);
  x = i32x4.add(x, y), y = v128.xor(rotated(y, 6), x);
  x = i32x4.add(x, k0), y = i32x4.add(y, i32x4.add(k1, i32x4.splat(3)));
  x = i32x4.add(x, y), y = v128.xor(rotated(y, 17), x);
  x = i32x4.add(x, y), y = v128.xor(rotated(y, 29), x);
  x = i32x4.add(x, y), y = v128.xor(rotated(y, 16), x);
  x = i32x4.add(x, y), y = v128.xor(rotated(y, 24), x);
  x = i32x4.add(x, k1), y = i32x4.add(y, i32x4.add(k2, i32x4.splat(4)));
  x = i32x4.add(x, y), y = v128.xor(rotated(y, 13), x);
  x = i32x4.add(x, y), y = v128.xor(rotated(y, 15), x);
  x = i32x4.add(x, y), y = v128.xor(rotated(y, 26), x);
  x = i32x4.add(x, y), y = v128.xor(rotated(y, 6), x);
  x = i32x4.add(x, k2), y = i32x4.add(y, i32x4.add(k0, i32x4.splat(5)));
  v128.store(out, v128.shuffle<i32>(x, y, 0, 4, 1, 5));
  v128.store(out, v128.shuffle<i32>(x, y, 2, 6, 3, 7), 16);
}

@inline
function uniform(word: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(word, 8)), f32x4.splat(1.0 / 0x1000000));
}

@inline
function sign(word: v128): v128 {
  const highest = i32x4.splat(0x80000000);
  return v128.or(v128.and(word, highest), f32x4.splat(1)); // −1 has the bits of 1 and the highest one
}

// `signs` is a constant wherever this is inlined.
@inline
function draw(signs: bool, key0: i32, key1: i32, step: usize, first: i32, out: usize, count: i32, scratch: usize): void {
  const at = load<i32>(step);
  for (let i = 0; i < count; i += 8) {
    const whole = i + 8 <= count, to = whole ? out : scratch;
    words(key0, key1, (first + i) >> 1, at, to);
    const a = v128.load(to), b = v128.load(to, 16);
    v128.store(to, signs ? sign(a) : uniform(a));
    v128.store(to, signs ? sign(b) : uniform(b), 16);
    if (!whole) memory.copy(out, scratch, <usize> (count - i) << 2);
    out += 32;
  }
}

/**
 * out ← numbers in [0, 1), from the number `first` on, a multiple of 8.
 *
 * @param step The address of the step's number.
 * @param scratch Room for eight numbers.
 */
export function drawUniform(key0: i32, key1: i32, step: usize, first: i32, out: usize, count: i32, scratch: usize): void {
  draw(false, key0, key1, step, first, out, count, scratch);
}

/** out ← −1 and 1, likewise. */
export function drawSigns(key0: i32, key1: i32, step: usize, first: i32, out: usize, count: i32, scratch: usize): void {
  draw(true, key0, key1, step, first, out, count, scratch);
}

const SIGNS_FROM: i32 = 0x80000000;

/** out ← numbers of lines, as `runtime/parity_signs.ts` says. @param scratch Room for `size` numbers and eight. */
export function drawLines(
  key0: i32,
  key1: i32,
  step: usize,
  out: usize,
  count: i32,
  size: i32,
  always: i32,
  random: i32,
  scratch: usize,
): void {
  const at = load<i32>(step), mask = size - 1, signs = scratch;
  const ranked = scratch + 32, end = ranked + (<usize> size << 2);
  for (let i = 0; i < size; i += 8) {
    words(key0, key1, i >> 1, at, signs);
    for (let j = i; j < min(i + 8, size); j++) {
      const value = load<i32>(signs + (<usize> (j & 7) << 2)) & ~mask | j;
      store<i32>(ranked + (<usize> j << 2), value);
    }
  }
  for (let i = 0; i < count; i++) {
    if ((i & 7) == 0) words(key0, key1, SIGNS_FROM + (i >> 1), at, signs);
    const to = out + (<usize> i << 2), isNegative = load<i32>(signs + (<usize> (i & 7) << 2)) < 0;
    const place = i < size ? rank(load<i32>(ranked + (<usize> i << 2)), ranked, end) : load<i32>(to - (<usize> size << 2)) & mask;
    store<i32>(to, place | always | (isNegative ? random : 0));
  }
}

// How many of the numbers are less, without signs.
@inline
function rank(value: i32, from: usize, end: usize): i32 {
  const all = i32x4.splat(value);
  let less = i32x4.splat(0), count = 0;
  for (; from + 16 <= end; from += 16) less = i32x4.sub(less, i32x4.lt_u(v128.load(from), all));
  for (; from < end; from += 4) if (load<u32>(from) < <u32> value) count++;
  return count + i32x4.extract_lane(less, 0) + i32x4.extract_lane(less, 1) + i32x4.extract_lane(less, 2) +
    i32x4.extract_lane(less, 3);
}
