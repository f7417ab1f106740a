// Rows by their numbers: look-ups in tables, and the gradient of these, which is a sum of rows by segment.
import { addTo, copy } from "./rows";

/** out[i] ← row numbers[i] of a table with rows of `size` numbers. All of the numbers have to be rows of it. */
export function gatherRows(table: usize, numbers: usize, count: i32, size: i32, out: usize): void {
  const row = <usize> size << 2;
  for (let i = 0; i < count; i++) {
    copy(out, table + <usize> load<i32>(numbers + (<usize> i << 2)) * row, size);
    out += row;
  }
}

/** out[s] ← the sum of the rows of x, of `size` numbers each, whose segment is s; segments outside 0 … count − 1 are left out. */
export function segmentSum(x: usize, segments: usize, rows: i32, size: i32, out: usize, count: i32): void {
  memory.fill(out, 0, <usize> (count * size) << 2);
  for (let i = 0; i < rows; i++) {
    const segment = load<i32>(segments + (<usize> i << 2));
    if (segment >= 0 && segment < count) addTo(out + (<usize> (segment * size) << 2), x + (<usize> (i * size) << 2), size);
  }
}
