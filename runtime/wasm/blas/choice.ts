/**
 * Whether a BLAS computes products, and which.
 * @module
 */
import { argument } from "../../argument.ts";
import { UserError } from "../../errors.ts";
import { isFast } from "./cores.ts";
import { blasText, type Library, open } from "./library.ts";
import { places } from "./places.ts";
import { isRight } from "./trial.ts";

/** What computes products. */
export interface BlasChoice {
  /** Absent where kernels of our own do. */
  readonly library?: Library;
  /** For people; empty where there is nothing to say. */
  readonly said: string;
}

/**
 * Chooses. The same machine, library and environment give the same choice: nothing is timed.
 *
 * @param wanted `"auto"` takes the first OpenBLAS at a known place that Deno may load, if its kernels for this processor are known
 * to be faster than kernels of our own; `"off"` none; a path that library, whatever its kernels.
 * @param strict Then `"auto"` takes none.
 * @throws `UserError` for a path that cannot be taken, and for a path where the same bits on every processor are wanted.
 */
export function chooseBlas(wanted: string, strict: boolean): BlasChoice {
  if (wanted === "auto") return strict ? { said: "" } : search();
  if (wanted === "off") return { said: "" };
  if (strict) {
    const problem = `and ${argument("strict", true)} cannot be together: a BLAS has bits of its own on each processor`;
    throw new UserError({ argument: "blas", value: wanted, problem, remedy: "leave one of them out" });
  }
  const library = openNamed(wanted);
  return { library, said: `products by ${blasText(library.blas)}` };
}

/** The first that is good; else about the first that there is. */
function search(): BlasChoice {
  let first: BlasChoice | undefined;
  for (const path of places) {
    const choice = isGranted(path) ? attempt(path) : undefined;
    if (choice?.library) return choice;
    first ??= choice;
  }
  return first ?? { said: "" };
}

function attempt(path: string): BlasChoice | undefined {
  let library: Library;
  try {
    library = open(path);
  } catch {
    return undefined; // there is none, or none for programs like this one
  }
  const { version, core } = library.blas, text = blasText(library.blas);
  if (version === undefined || core === undefined) return undefined;
  if (!isFast(core)) return { said: `not by ${text}, which are hardly faster: ${REMEDY}` };
  if (!computesRightly(library)) return { said: `not by ${text}: they compute wrong products here; update it` };
  return { library, said: `products by ${text}` };
}

/** An older OpenBLAS does not know a newer processor, and takes its oldest kernels. */
const REMEDY = globalThis.Deno?.build.arch === "x86_64"
  ? "OPENBLAS_CORETYPE=Haswell (for processors with AVX2) or a newer OpenBLAS may help"
  : "a newer OpenBLAS may help";

const tried = new WeakMap<Library, boolean>();

function computesRightly(library: Library): boolean {
  const before = tried.get(library);
  if (before !== undefined) return before;
  const right = isRight(library);
  tried.set(library, right);
  return right;
}

/** Asked beforehand, as `dlopen` would ask people. False in browsers, and in Node. */
function isGranted(path: string): boolean {
  if (globalThis.Deno?.dlopen === undefined) return false;
  return Deno.permissions.querySync({ name: "ffi", path }).state === "granted";
}

function openNamed(path: string): Library {
  const wrong = (problem: string, remedy: string) =>
    new UserError({ argument: "blas", value: path, problem, remedy: `${remedy} use ${argument("blas", "off")}` });
  if (globalThis.Deno?.dlopen === undefined) throw wrong("needs Deno", "run it there, or");
  if (!isGranted(path)) {
    const remedy = "use `deno task blas`, name it in --allow-ffi where it is another file than the system's, or";
    throw wrong("may not be loaded", remedy);
  }
  let library: Library;
  try {
    library = open(path);
  } catch (error) {
    const why = (error as Error).message.replaceAll(/\s+/g, " ").replace(/^(Could not open library: )+/, "");
    throw wrong(`cannot be used (${why})`, "give the file of a BLAS with cblas_sgemm, or");
  }
  if (!computesRightly(library)) throw wrong("computes wrong products on this processor", "update it, or");
  return library;
}
