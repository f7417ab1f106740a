/**
 * What a step did, in words that can be compared with what the same step does next time.
 * @module
 */

/** Something that happened. Tensors go by labels: `params.w`, or for those made on the way their number. */
export type Entry =
  | {
    /** A program ran. */
    readonly kind: "dispatch";
    /** Which, for people. */
    readonly name: string;
    /** Which, exactly. */
    readonly program: string;
    /** What it read and wrote. */
    readonly tensors: readonly string[];
    /** The numbers that it was given by the host. */
    readonly numbers: readonly number[];
  }
  | {
    /** Numbers went from the host to the device. */
    readonly kind: "upload";
    readonly tensor: string;
    readonly values: ArrayLike<number>;
  }
  | {
    /** A tensor was returned under this name. */
    readonly kind: "result";
    readonly name: string;
    readonly tensor: string;
  };

/** All of it, in order. */
export type Log = readonly Entry[];

/** Why two logs are not of the same step, in words; undefined where they are. */
export function difference(before: Log, now: Log): string | undefined {
  for (let i = 0; i < Math.max(before.length, now.length); i++) {
    const reason = differs(before[i], now[i]);
    if (reason !== undefined) return reason;
  }
}

function differs(before: Entry | undefined, now: Entry | undefined): string | undefined {
  if (before === undefined || now === undefined || before.kind !== now.kind) return otherOperation(before, now);
  if (before.kind === "upload" && now.kind === "upload") {
    if (before.values.length !== now.values.length) return otherOperation(before, now);
    const changed = changedNumber(before.values, now.values);
    return changed && `the host makes numbers that change from step to step (${changed})`;
  }
  if (before.kind === "dispatch" && now.kind === "dispatch") {
    if (before.program !== now.program) return otherOperation(before, now);
    const changed = changedNumber(before.numbers, now.numbers);
    if (changed) return `the host gives ${now.name} numbers that change from step to step (${changed})`;
    return `${before.tensors}` === `${now.tensors}` ? undefined : `${now.name} reads other tensors from step to step`;
  }
  return JSON.stringify(before) === JSON.stringify(now) ? undefined : otherOperation(before, now);
}

const otherOperation = (before: Entry | undefined, now: Entry | undefined): string =>
  `it does other things from step to step (${described(before)}, then ${described(now)})`;

function described(entry: Entry | undefined): string {
  if (entry === undefined) return "nothing";
  if (entry.kind === "dispatch") return entry.name;
  return entry.kind === "upload" ? `an upload of ${entry.values.length} numbers` : `the result ${entry.name}`;
}

/** The first number that is another, −0 and 0 being two. */
function changedNumber(before: ArrayLike<number>, now: ArrayLike<number>): string | undefined {
  for (let i = 0; i < Math.max(before.length, now.length); i++) {
    if (!Object.is(before[i], now[i])) return `${before[i]}, then ${now[i]}`;
  }
}
