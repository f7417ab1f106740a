// Panels: parts of a matrix laid out in the order in which a product reads them.
import { get } from "./lanes";

/**
 * A panel of `width` rows and `depth` columns, to[k * width + i] = from[i, k]; beyond `count` rows it is 0.
 * `across` and `along` are the bytes from a row and from a column to the next.
 */
@inline
export function pack(to: usize, from: usize, across: usize, along: usize, count: i32, depth: i32, width: i32): void {
  if (across == 4 && count == width) packVectors(to, from, along, depth, width);
  else if (across == 4) packSome(to, from, along, count, depth, width);
  else if (along == 4) packTransposed(to, from, across, count, depth, width);
  else packNumbers(to, from, across, along, 0, count, depth, width);
}

// The rows of a panel are neighbours: whole vectors are copied.
@inline
function packVectors(to: usize, from: usize, along: usize, depth: i32, width: i32): void {
  for (let k = 0; k < depth; k++) {
    for (let i = 0; i < width; i += 4) v128.store(to + (<usize> i << 2), v128.load(from + (<usize> i << 2)));
    to += <usize> width << 2;
    from += along;
  }
}

// The same with fewer rows than a panel has.
@inline
function packSome(to: usize, from: usize, along: usize, count: i32, depth: i32, width: i32): void {
  const whole = count & ~3, left = count & 3;
  for (let k = 0; k < depth; k++) {
    for (let i = 0; i < whole; i += 4) v128.store(to + (<usize> i << 2), v128.load(from + (<usize> i << 2)));
    if (left > 0) v128.store(to + (<usize> whole << 2), get(from + (<usize> whole << 2), left, 0));
    for (let i = (count + 3) & ~3; i < width; i += 4) v128.store(to + (<usize> i << 2), f32x4.splat(0));
    to += <usize> width << 2;
    from += along;
  }
}

// The columns are neighbours: squares of 4 by 4 are turned.
@inline
function packTransposed(to: usize, from: usize, across: usize, count: i32, depth: i32, width: i32): void {
  const stride = <usize> width << 2;
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    let source = from + <usize> i * across, target = to + (<usize> i << 2), k = 0;
    for (; k + 4 <= depth; k += 4) {
      const r0 = v128.load(source), r1 = v128.load(source + across);
      const r2 = v128.load(source + 2 * across), r3 = v128.load(source + 3 * across);
      const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
      const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      v128.store(target, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
      v128.store(target + stride, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
      v128.store(target + 2 * stride, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
      v128.store(target + 3 * stride, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
      source += 16;
      target += 4 * stride;
    }
    for (; k < depth; k++) {
      for (let row = 0; row < 4; row++) {
        store<f32>(target + (<usize> row << 2), load<f32>(source + <usize> row * across));
      }
      source += 4;
      target += stride;
    }
  }
  packNumbers(to, from, across, 4, i, count, depth, width);
}

// Rows from `first` on, a number at a time.
@inline
function packNumbers(
  to: usize,
  from: usize,
  across: usize,
  along: usize,
  first: i32,
  count: i32,
  depth: i32,
  width: i32,
): void {
  for (let i = first; i < width; i++) {
    let source = from + <usize> i * across, target = to + (<usize> i << 2);
    for (let k = 0; k < depth; k++) {
      store<f32>(target, i < count ? load<f32>(source) : 0);
      source += along;
      target += <usize> width << 2;
    }
  }
}

/** Four lines of `length` numbers as a part of a panel, to[k * 4 + i] = line i [k]. */
@inline
export function packLines(to: usize, a: usize, b: usize, c: usize, d: usize, length: i32): void {
  let k = 0;
  if (b - a == 4 && c - b == 4 && d - c == 4) { // neighbours in an image of one channel
    for (; k < length; k++) {
      v128.store(to, v128.load(a));
      to += 16;
      a += 4;
    }
    return;
  }
  for (; k + 4 <= length; k += 4) {
    const r0 = v128.load(a), r1 = v128.load(b), r2 = v128.load(c), r3 = v128.load(d);
    const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
    v128.store(to, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7), 16);
    v128.store(to, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5), 32);
    v128.store(to, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7), 48);
    to += 64;
    a += 16;
    b += 16;
    c += 16;
    d += 16;
  }
  for (; k < length; k++) {
    store<f32>(to, load<f32>(a));
    store<f32>(to, load<f32>(b), 4);
    store<f32>(to, load<f32>(c), 8);
    store<f32>(to, load<f32>(d), 12);
    to += 16;
    a += 4;
    b += 4;
    c += 4;
    d += 4;
  }
}
