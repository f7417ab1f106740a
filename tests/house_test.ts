/** The architecture: folders import only from those below them, and no files import each other in a circle. */
import { assert, assertEquals } from "@std/assert";

/** From the top down: each folder may import from those that stand after it. docs/architecture.md says what they are. */
const FLOORS = [
  "cli",
  "studies",
  "runs",
  "tasks",
  "training",
  "data",
  "display",
  "optimizers",
  "proximal",
  "models",
  "runtime",
];
const root = new URL("../", import.meta.url).pathname;

function* sources(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(`${root}${folder}`)) {
    const path = `${folder}/${name}`;
    if (isDirectory && name !== "assembly") yield* sources(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

/** The files that a file imports, those for types alone included. */
function importsOf(path: string): string[] {
  const text = Deno.readTextFileSync(`${root}${path}`);
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+\.ts)"/g)].map(([, to]) =>
    new URL(to, `file:///${path}`).pathname.slice(1)
  );
}

const graph = new Map(FLOORS.flatMap((floor) => [...sources(floor)]).map((path) => [path, importsOf(path)]));

Deno.test("house: folders import from those below them alone", () => {
  assert(graph.size > 200, "the files are found");
  const floor = (path: string) => FLOORS.indexOf(path.split("/")[0]);
  const upwards = [...graph].flatMap(([from, all]) =>
    all.filter((to) => floor(to) >= 0 && floor(to) < floor(from)).map((to) => `${from} imports ${to}`)
  );
  assertEquals(upwards, []);
});

Deno.test("house: only cli spells arguments as flags", () => {
  const flags = [...graph.keys()].filter((path) => !path.startsWith("cli/")).flatMap((path) => {
    const code = Deno.readTextFileSync(`${root}${path}`).replaceAll(
      /^\s*(\/\*\*.*|\*.*|\/\/.*)$|(?<=[;,{] )\/\/ .*$/gm,
      "",
    );
    return [...code.matchAll(/(?<![\w-])--[a-z][\w-]*/g)].map(([flag]) => `${path}: ${flag}`);
  });
  const ofDeno = /: --allow-(read|ffi)$/; // permissions, which the remedies for a backend and a BLAS name
  assertEquals(flags.filter((flag) => !ofDeno.test(flag)), []);
  assert(flags.some((flag) => ofDeno.test(flag)), "flags are found");
});

Deno.test("house: no file imports itself through others", () => {
  const done = new Set<string>(), circles: string[] = [];
  const visit = (path: string, way: readonly string[]) => {
    if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(" → "));
    if (done.has(path) || way.includes(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...way, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  assertEquals(circles, []);
});
