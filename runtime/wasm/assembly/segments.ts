// Sums of rows by segment: the gradient of an embedding look-up.
import { addTo } from "./rows";

/** out[s] ← the sum of the rows of x, of `size` numbers each, whose segment is s; segments outside 0 … count − 1 are left out. */
export function segmentSum(x: usize, segments: usize, rows: i32, size: i32, out: usize, count: i32): void {
  memory.fill(out, 0, <usize> (count * size) << 2);
  for (let i = 0; i < rows; i++) {
    const segment = load<i32>(segments + (<usize> i << 2));
    if (segment >= 0 && segment < count) addTo(out + (<usize> (segment * size) << 2), x + (<usize> (i * size) << 2), size);
  }
}
