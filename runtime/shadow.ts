/**
 * Standing in for an object's methods for a while.
 * @module
 */

/** Puts properties before those of an object, and takes them away again when it is disposed of. */
export function shadow<T extends object>(object: T, properties: Partial<T>): Disposable {
  const names = Object.keys(properties) as (keyof T)[];
  const before = names.map((name) => Object.getOwnPropertyDescriptor(object, name));
  Object.assign(object, properties);
  return {
    [Symbol.dispose]: () =>
      names.forEach((name, i) => {
        if (before[i]) Object.defineProperty(object, name, before[i]);
        else delete object[name];
      }),
  };
}

/** Does so while `run` runs, whatever happens. */
export function shadowed<T extends object, R>(object: T, properties: Partial<T>, run: () => R): R {
  using _ = shadow(object, properties);
  return run();
}
