/** The documentation: links between pages lead somewhere, README stays short, and its example prints what it says. */
import { assert, assertEquals } from "@std/assert";

const root = new URL("../", import.meta.url);
const pages = [
  "README.md",
  ...[...Deno.readDirSync(new URL("docs/", root))].map(({ name }) => `docs/${name}`).filter((name) =>
    name.endsWith(".md")
  ),
];

/** The anchors of a page's headings, as GitHub makes them. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
  );
}

Deno.test("docs: every link between pages leads to a file, and to a heading of it", () => {
  const broken: string[] = [];
  for (const page of pages) {
    for (const [, link] of Deno.readTextFileSync(new URL(page, root)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [path, anchor] = link.split("#"), file = new URL(path || page, path ? new URL(page, root) : root);
      const text = (() => {
        try {
          return Deno.statSync(file).isFile ? Deno.readTextFileSync(file) : "";
        } catch {
          return undefined;
        }
      })();
      if (text === undefined || anchor !== undefined && !anchors(text).includes(anchor)) {
        broken.push(`${page}: ${link}`);
      }
    }
  }
  assertEquals(broken, []);
});

Deno.test("docs: README fits on three screens", () => {
  assert(Deno.readTextFileSync(new URL("README.md", root)).split("\n").length <= 150);
});

Deno.test("docs: no code in a sentence is broken over two lines", () => {
  const broken = pages.flatMap((page) => {
    const prose = Deno.readTextFileSync(new URL(page, root)).replace(/^```[^]*?^```$/gm, "");
    const spans = prose.split("\n\n").flatMap((paragraph) => [...paragraph.matchAll(/`[^`]+`/g)]);
    return spans.filter(([span]) => span.includes("\n")).map(([span]) => `${page}: ${span}`);
  });
  assertEquals(broken, []);
});

Deno.test("docs: README's ten lines print what their comment says", async () => {
  const [, code, comment] = Deno.readTextFileSync(new URL("README.md", root)).match(
    /```ts\n([^]*?)\/\/ prints (.*)\n```/,
  )!;
  const { exports } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
  const load = (name: string) => import(new URL(exports[name.replace("@amortized/apo", ".")], root).href);
  const body = code.replace(/^import (.*) from (".*");$/gm, "const $1 = await load($2);");
  const printed: string[] = [], log = (...words: unknown[]) => printed.push(words.join(" "));
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  await AsyncFunction("load", "console", body.replace("chooseBackend()", 'chooseBackend("wasm")'))(load, { log });
  assertEquals(printed.join(", "), comment);
});
