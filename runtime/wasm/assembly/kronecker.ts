// P G = A (S² ∘ (Aᵀ G B)) Bᵀ for a matrix G [rows, columns], A and B block-diagonal: a strip of rows, as high as a block of A,
// after the other, so that what lies between two products stays in the cache. Blocks are stacked [blocks, size, size]; of the last
// one counts only what lies inside. A factor at address 0 is the identity.
import { product, productBytes } from "./product";

/** How much memory the functions below need to work in, for strips of so many numbers. */
export function kroneckerBytes(strip: i32): i32 {
  return productBytes() + 16 * strip + 64;
}

// out ← F X, or Fᵀ X, for a block F of which `height` rows and columns count, and a strip X [height, columns].
@inline
function fromLeft(block: usize, size: i32, transpose: bool, x: usize, height: i32, columns: i32, out: usize, work: usize): void {
  const row = <usize> size << 2, line = <usize> columns << 2;
  product(height, columns, height, block, transpose ? 4 : row, transpose ? row : 4, x, line, 4, out, line, work, false);
}

// out ← X F, or X Fᵀ, block by block.
@inline
function fromRight(x: usize, height: i32, columns: i32, factor: usize, size: i32, transpose: bool, out: usize, work: usize): void {
  const row = <usize> size << 2, line = <usize> columns << 2;
  for (let j = 0; j < columns; j += size) {
    const width = min(size, columns - j), at = <usize> j << 2, block = factor + <usize> j * row;
    product(height, width, width, x + at, line, 4, block, transpose ? 4 : row, transpose ? row : 4, out + at, line, work, false);
  }
}

// out ← s² ∘ x
@inline
function scale(out: usize, x: usize, s: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const factor = v128.load(s);
    v128.store(out, f32x4.mul(f32x4.mul(factor, factor), v128.load(x)));
    out += 16;
    x += 16;
    s += 16;
  }
  for (; i < count; i++) {
    const factor = load<f32>(s);
    store<f32>(out, factor * factor * load<f32>(x));
    out += 4;
    x += 4;
    s += 4;
  }
}

// out ← 2 s ∘ x ∘ y, then x ← s² ∘ x and y ← s² ∘ y
@inline
function scaleBoth(out: usize, x: usize, y: usize, s: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const factor = v128.load(s), square = f32x4.mul(factor, factor), a = v128.load(x), b = v128.load(y);
    v128.store(out, f32x4.mul(f32x4.mul(f32x4.add(factor, factor), a), b));
    v128.store(x, f32x4.mul(square, a));
    v128.store(y, f32x4.mul(square, b));
    out += 16;
    x += 16;
    y += 16;
    s += 16;
  }
  for (; i < count; i++) {
    const factor = load<f32>(s), square = factor * factor, a = load<f32>(x), b = load<f32>(y);
    store<f32>(out, (factor + factor) * a * b);
    store<f32>(x, square * a);
    store<f32>(y, square * b);
    out += 4;
    x += 4;
    y += 4;
    s += 4;
  }
}

/**
 * out ← A (S² ∘ (Aᵀ G B)) Bᵀ
 *
 * @param aSize The size of A's blocks; without A the height of the strips.
 * @param bSize The size of B's blocks.
 * @param scratch So much memory as kroneckerBytes says for a strip of aSize rows.
 */
export function kronecker(
  g: usize,
  s: usize,
  a: usize,
  aSize: i32,
  b: usize,
  bSize: i32,
  rows: i32,
  columns: i32,
  out: usize,
  scratch: usize,
): void {
  const line = <usize> columns << 2, one = (scratch + productBytes() + 15) & ~15, two = one + <usize> aSize * line;
  for (let i = 0; i < rows; i += aSize) {
    const height = min(aSize, rows - i), block = a + (<usize> (i * aSize) << 2), skip = <usize> i * line;
    let x = g + skip;
    if (a != 0) {
      fromLeft(block, aSize, true, x, height, columns, one, scratch);
      x = one;
    }
    if (b != 0) {
      fromRight(x, height, columns, b, bSize, false, two, scratch);
      x = two;
    }
    const inside = a != 0 ? two : b != 0 ? two : out + skip;
    scale(inside, x, s + skip, height * columns);
    let back = inside;
    if (b != 0) {
      back = a != 0 ? one : out + skip;
      fromRight(inside, height, columns, b, bSize, true, back, scratch);
    }
    if (a != 0) fromLeft(block, aSize, false, back, height, columns, out + skip, scratch);
  }
}

/**
 * The gradients of ⟨C, P G⟩ in A, B and S, each added up from 0. With N = Aᵀ G B and M = Aᵀ C B it is 2 S ∘ N ∘ M in S,
 * (C B) (S² ∘ N)ᵀ + (G B) (S² ∘ M)ᵀ in a block of A, and Cᵀ A (S² ∘ N) + Gᵀ A (S² ∘ M) in a block of B.
 */
export function kroneckerGradients(
  g: usize,
  c: usize,
  s: usize,
  a: usize,
  aSize: i32,
  b: usize,
  bSize: i32,
  rows: i32,
  columns: i32,
  outA: usize,
  outB: usize,
  outS: usize,
  scratch: usize,
): void {
  const line = <usize> columns << 2, strip = <usize> aSize * line;
  const one = (scratch + productBytes() + 15) & ~15, two = one + strip, three = two + strip, four = three + strip;
  const aRow = <usize> aSize << 2, bRow = <usize> bSize << 2;
  if (a != 0) memory.fill(outA, 0, <usize> ((rows + aSize - 1) / aSize * aSize) * aRow);
  if (b != 0) memory.fill(outB, 0, <usize> ((columns + bSize - 1) / bSize * bSize) * bRow);
  for (let i = 0; i < rows; i += aSize) {
    const height = min(aSize, rows - i), block = <usize> i * aRow, skip = <usize> i * line, bytes = <usize> height * line;
    let gB = g + skip, cB = c + skip;
    if (b != 0) {
      fromRight(gB, height, columns, b, bSize, false, one, scratch);
      fromRight(cB, height, columns, b, bSize, false, two, scratch);
      gB = one;
      cB = two;
    }
    if (a != 0) {
      fromLeft(a + block, aSize, true, gB, height, columns, three, scratch);
      fromLeft(a + block, aSize, true, cB, height, columns, four, scratch);
    } else {
      memory.copy(three, gB, bytes);
      memory.copy(four, cB, bytes);
    }
    scaleBoth(outS + skip, three, four, s + skip, height * columns);
    if (a != 0) {
      product(height, height, columns, cB, line, 4, three, 4, line, outA + block, aRow, scratch, false);
      product(height, height, columns, gB, line, 4, four, 4, line, outA + block, aRow, scratch, true);
    }
    if (b != 0) {
      let aN = three, aM = four;
      if (a != 0) {
        fromLeft(a + block, aSize, false, three, height, columns, one, scratch);
        fromLeft(a + block, aSize, false, four, height, columns, two, scratch);
        aN = one;
        aM = two;
      }
      for (let j = 0; j < columns; j += bSize) {
        const width = min(bSize, columns - j), at = <usize> j << 2, to = outB + <usize> j * bRow;
        product(width, width, height, c + skip + at, 4, line, aN + at, line, 4, to, bRow, scratch, true);
        product(width, width, height, g + skip + at, 4, line, aM + at, line, 4, to, bRow, scratch, true);
      }
    }
  }
}
