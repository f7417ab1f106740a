/**
 * Standing between tfjs's wasm backend and those who call it, for as long as a step is watched or replayed.
 * @module
 */
import type { MovingBackend } from "./data.ts";

/** What is done in the place of the backend's methods; where one is absent, that of the backend. */
export type Hooks = Partial<Pick<MovingBackend, "write" | "disposeData" | "incRef" | "readSync" | "read">>;

interface Hooked {
  readonly original: Required<Hooks>;
  now: Hooks;
}

const hooked = new WeakMap<MovingBackend, Hooked>();

/** Once for a backend: to add methods and to delete them step by step would make all calls of it slow. */
function of(backend: MovingBackend): Hooked {
  const before = hooked.get(backend);
  if (before) return before;
  const original = {
    write: backend.write.bind(backend),
    disposeData: backend.disposeData.bind(backend),
    incRef: backend.incRef.bind(backend),
    readSync: backend.readSync.bind(backend),
    read: backend.read.bind(backend),
  };
  const state: Hooked = { original, now: {} };
  Object.assign(
    backend,
    {
      write: (...given) => (state.now.write ?? original.write)(...given),
      disposeData: (...given) => (state.now.disposeData ?? original.disposeData)(...given),
      incRef: (...given) => (state.now.incRef ?? original.incRef)(...given),
      readSync: (...given) => (state.now.readSync ?? original.readSync)(...given),
      read: (...given) => (state.now.read ?? original.read)(...given),
    } satisfies Required<Hooks>,
  );
  hooked.set(backend, state);
  return state;
}

/** The backend's own methods. */
export function originalOf(backend: MovingBackend): Required<Hooks> {
  return of(backend).original;
}

/** Runs a function with hooks, whatever happens. */
export function withHooks<R>(backend: MovingBackend, hooks: Hooks, run: () => R): R {
  const state = of(backend), before = state.now;
  state.now = hooks;
  try {
    return run();
  } finally {
    state.now = before;
  }
}
