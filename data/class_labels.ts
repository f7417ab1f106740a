/**
 * Labels as a caller gives them.
 * @module
 */
import { UserError } from "../runtime/errors.ts";

/**
 * Class numbers, copied.
 *
 * @param of Whose labels they are, for the message.
 * @throws `UserError` for a label that is no whole number from 0, or that int32 does not hold.
 */
export function classLabels(of: string, labels: ArrayLike<number>): Int32Array {
  const all = Array.from(labels);
  const nested = all.findIndex((label) => Array.isArray(label) || ArrayBuffer.isView(label));
  if (nested >= 0) throw new UserError(`${of}: labels[${nested}] is a list; give one class number for each input`);
  const wrong = all.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < 2 ** 31));
  if (wrong >= 0) throw new UserError(`${of}: labels[${wrong}] is ${all[wrong]}; give whole numbers from 0`);
  return Int32Array.from(all);
}
