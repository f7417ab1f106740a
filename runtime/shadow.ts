/**
 * Standing in for an object's methods for a while.
 * @module
 */

/** Puts properties before those of an object while `run` runs, and takes them away again whatever happens. */
export function shadowed<T extends object, R>(object: T, properties: Partial<T>, run: () => R): R {
  const names = Object.keys(properties) as (keyof T)[];
  const before = names.map((name) => Object.getOwnPropertyDescriptor(object, name));
  Object.assign(object, properties);
  try {
    return run();
  } finally {
    names.forEach((name, i) => {
      if (before[i]) Object.defineProperty(object, name, before[i]);
      else delete object[name];
    });
  }
}
