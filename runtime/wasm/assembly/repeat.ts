// Repetition of what lies in memory.

/**
 * Writes each of `count` runs of `size` neighbouring bytes `times` times, to one place after another. What is written already
 * is copied, twice as much each time, so that short runs cost no call each.
 */
export function repeatRuns(from: usize, count: i32, size: usize, times: i32, to: usize): void {
  const total = size * times;
  for (let i = 0; i < count; i++) {
    memory.copy(to, from, size);
    for (let done = size; done < total; done *= 2) memory.copy(to + done, to, min(done, total - done));
    from += size;
    to += total;
  }
}
