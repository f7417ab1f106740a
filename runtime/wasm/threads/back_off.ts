/**
 * When to leave the other threads alone, because other processes have their cores.
 *
 * A thread that loses its core with a task in hand lets the main thread wait for a slice of time of the scheduler, some milliseconds. So
 * the pool keeps an account: what each job took against what it would have taken alone, by the tasks of it that the main thread did. Where
 * jobs have lost time on the whole, the main thread computes alone for 20 times as long: threads that do not help cost 5 % at most.
 * Results do not depend on it, as a task gives the same whoever does it.
 * @module
 */

const RESTS_PER_LOSS = 20;
/** In milliseconds: the debt from which the pool rests, and the credit that does not grow further. */
const DEBT = 0.5, CREDIT = 2;

/** What a job on several threads was like, in milliseconds. */
export interface Course {
  /** From its start to its end. */
  readonly elapsed: number;
  /** Of that, how long the main thread computed. */
  readonly own: number;
  /** Which share of the tasks it has done in that time. */
  readonly share: number;
}

/** The account of a pool. */
export class BackOff {
  #balance = 0;
  #until = -Infinity;

  /** Whether the main thread computes alone for now. */
  rests(now: number): boolean {
    return now < this.#until;
  }

  /** Enters a job that ended now. One of which the main thread has done nothing tells nothing. */
  enter({ elapsed, own, share }: Course, now: number): void {
    if (share === 0) return;
    this.#balance = Math.min(CREDIT, this.#balance + own / share - elapsed);
    if (this.#balance > -DEBT) return;
    this.#until = now - RESTS_PER_LOSS * this.#balance;
    this.#balance = 0;
  }
}
