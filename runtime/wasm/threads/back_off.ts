/**
 * When to leave the other threads alone, because other processes have their cores.
 *
 * A thread that loses its core with a task in hand lets the main thread wait for a slice of time of the scheduler, some milliseconds. So
 * the pool keeps an account: of each job what other threads have saved, which is their number of tasks times the least time that one took on
 * the main thread, less what the main thread has waited for them. (Its least time, as it loses its core, too, now and then, and would have
 * done so alone.) Where jobs have lost time on the whole, the main thread computes alone for 20 times as long, and for up to 160 times where
 * the threads lose again in less time than they have rested: if they never help they cost a percent. Results do not depend on it, as a
 * task gives the same whoever does it.
 * @module
 */

const RESTS_PER_LOSS = 20, MOST_TIMES = 8;
/** In milliseconds: the debt from which the pool rests, the credit that does not grow further, and the longest rest. */
const DEBT = 0.5, CREDIT = 2, LONGEST = 2000;

/** The account of a pool. */
export class BackOff {
  #balance = 0;
  #until = -Infinity;
  #rest = 0;
  #times = 1;

  /** Whether the main thread computes alone for now. */
  rests(now: number): boolean {
    return now < this.#until;
  }

  /** Enters a job that ended now: how much time it saved and how much it lost. */
  enter(saved: number, lost: number, now: number): void {
    this.#balance = Math.min(CREDIT, this.#balance + saved - lost);
    if (this.#balance > -DEBT) return;
    this.#times = now - this.#until < this.#rest ? Math.min(MOST_TIMES, 2 * this.#times) : 1;
    this.#rest = Math.min(LONGEST, -RESTS_PER_LOSS * this.#times * this.#balance);
    this.#until = now + this.#rest;
    this.#balance = 0;
  }
}
