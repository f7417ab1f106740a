// Rows of neighbouring numbers.

@inline
export function copy(to: usize, from: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
  }
  for (; i < count; i++) {
    store<f32>(to, load<f32>(from));
    to += 4;
    from += 4;
  }
}

@inline
export function addTo(to: usize, from: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
    to += 16;
    from += 16;
  }
  for (; i < count; i++) {
    store<f32>(to, load<f32>(to) + load<f32>(from));
    to += 4;
    from += 4;
  }
}

/** out[i] ← x[i] + row, for every row i of a matrix. */
export function addRow(x: usize, row: usize, rows: i32, columns: i32, out: usize): void {
  for (let i = 0; i < rows; i++) {
    let at = row, j = 0;
    for (; j + 4 <= columns; j += 4) {
      v128.store(out, f32x4.add(v128.load(x), v128.load(at)));
      x += 16;
      at += 16;
      out += 16;
    }
    for (; j < columns; j++) {
      store<f32>(out, load<f32>(x) + load<f32>(at));
      x += 4;
      at += 4;
      out += 4;
    }
  }
}

/** Copies `count` runs of `size` neighbouring numbers, `step` bytes apart, to one place after another. */
export function copyRuns(from: usize, step: usize, count: i32, size: i32, to: usize): void {
  for (let i = 0; i < count; i++) {
    copy(to, from, size);
    from += step;
    to += <usize> size << 2;
  }
}

/** Copies the rows of x, of `size` numbers each, whose numbers are listed, to one place after another. */
export function gatherRows(x: usize, numbers: usize, count: i32, size: i32, to: usize): void {
  const bytes = <usize> size << 2;
  for (let i = 0; i < count; i++) {
    copy(to, x + <usize> load<u32>(numbers) * bytes, size);
    numbers += 4;
    to += bytes;
  }
}
