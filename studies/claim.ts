/**
 * Folders of many runs: one plan each, and one process at a time.
 * @module
 */
import { join } from "node:path";
import { UserError } from "../runtime/errors.ts";
import { writeWhole } from "../runtime/files/atomic.ts";
import { badFolder, folderAt, folderError } from "../runs/new_folder.ts";

/** What is to be done in a folder. */
export interface Claim<T extends object> {
  /** What it is called. */
  readonly kind: string;
  /** Where it stands. */
  readonly file: string;
  /** What is written there. */
  readonly plan: T;
  /** The entries that must be the same to go on, in words for people. */
  readonly words: { readonly [K in keyof T]?: string };
  /** Reads the plan of a folder. @throws `UserError` where it is damaged. */
  read(folder: string): Promise<T>;
  /** What else to do but to give another folder. */
  readonly remedy?: string;
}

const LOCK = ".lock";

/**
 * Makes a folder, or takes it up again, and claims it.
 *
 * @returns The lock: it goes with the process, also by `kill -9`.
 * @throws `UserError` where there is something else, another plan, or another process that has it.
 */
export async function claimPlan<T extends object>(folder: string, claim: Claim<T>): Promise<Deno.FsFile> {
  const exists = await folderAt(folder);
  const old = exists && await samePlan(folder, claim);
  let made = false, locked = false;
  try {
    await Deno.mkdir(folder, { recursive: true });
    made = !exists;
    const lock = await Deno.open(join(folder, LOCK), { write: true, create: true });
    if (!await lock.tryLock(true)) {
      lock.close();
      throw new UserError(`${folder} is in use by another process; wait for it, or give another folder`);
    }
    locked = true;
    if (!old) await writeWhole(join(folder, claim.file), JSON.stringify(claim.plan, null, 2) + "\n");
    return lock;
  } catch (error) {
    if (made && !(error instanceof UserError)) { // it goes again, unless another process has written there meanwhile
      if (locked) await Deno.remove(join(folder, LOCK)).catch(() => {});
      await Deno.remove(folder).catch(() => {});
    }
    throw folderError(folder, error);
  }
}

/** Whether this has begun there. @throws `UserError` where there is anything else. */
async function samePlan<T extends object>(
  folder: string,
  { kind, file, plan, words, read, remedy = "" }: Claim<T>,
): Promise<boolean> {
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  if (names.every((name) => name === LOCK || name.endsWith(".part"))) return false;
  if (!names.includes(file)) throw badFolder(folder, `exists and is no ${kind}`);
  const old = await read(folder), now = JSON.parse(JSON.stringify(plan)) as T;
  const differs = (Object.keys(words) as (keyof T)[]).find((key) =>
    JSON.stringify(old[key]) !== JSON.stringify(now[key])
  );
  if (differs === undefined) return true;
  throw badFolder(folder, `belongs to another ${kind} (other ${words[differs]})`, `give another folder${remedy}`);
}
