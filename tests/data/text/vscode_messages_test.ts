import { assert, assertEquals, assertRejects } from "@std/assert";
import { messagePairs, type Messages, messagesBy } from "../../../data/text/vscode_messages.ts";
import type { Corpus } from "../../../data/text/corpus.ts";
import { UserError } from "../../../runtime/errors.ts";
import { deno, root } from "../../../cli/train_command.ts";

Deno.test("messagePairs: English from its pseudo-language; what is no pair, long or there already is left out", () => {
  const pairs: [german: string | undefined, pseudo: string | undefined][] = [
    [undefined, undefined],
    ["Nur ganzes Wort suchen", "Mætçh Whølë Wørð"],
    [" Drücken Sie {0}. ", "Prëss {0}. "],
    ["JSON", "J§ØÑ"], // is the same
    ["Nur ganzes Wort suchen", "Whølë Wørðs Øñlÿ"], // stands above in German
    ["Ganzes Wort", "Mætçh Whølë Wørð"], // stands above in English
    ["Zwei\nZeilen", "Twø £ïñës"],
    ["", "Ñøthïñg"],
    ["lang ".repeat(41), "£øñg"],
    ["Über „Öffnen“ …", "Æþøµt ‘Øpëñ’ …"],
    ["Gültig", "ÜßÇÐËÏÝ"],
  ];
  const found = messagePairs(pairs.map(([german]) => german), pairs.map(([, pseudo]) => pseudo));
  assertEquals(found.source, ["Nur ganzes Wort suchen", "Drücken Sie {0}.", "Über „Öffnen“ …", "Gültig"]);
  assertEquals(found.target, ["Match Whole Word", "Press {0}.", "About ‘Open’ …", "UBCDEIY"]);
});

Deno.test("vscodeMessages: a package that cannot be fetched is named, with what to do, in one line", async () => {
  const offline = () => Promise.reject(new TypeError("error sending request\n  at somewhere"));
  const { message } = await assertRejects(() => messagesBy(offline), UserError);
  const start =
    "the package npm:@codingame/monaco-vscode-language-pack-de@25.1.2 could not be fetched (error sending request): ";
  assert(message.startsWith(start) && message.endsWith(", or give data=FOLDER with texts"), message);
});

Deno.test("vscodeMessages: the same split at every call, into parts that share no line", async () => {
  const list: Messages = Array.from({ length: 1500 }, (_, i) => `message ${i}`);
  const load = (name: string) =>
    Promise.resolve({ default: name.includes("ploc") ? list : list.map((m) => `Die ${m}`) });
  const corpus = await messagesBy(load), { train, validation, test } = corpus;
  assertEquals([train, validation, test].map(({ source }) => source.length), [500, 500, 500]);
  assertEquals(new Set([train, validation, test].flatMap(({ target }) => target)).size, 1500);
  assertEquals(test.source.map((line) => line.slice(4)), test.target);
  assertEquals(await messagesBy(load), corpus);
});

Deno.test("vscodeMessages: the packages of npm, with no more permissions than `deno task train` has", async () => {
  const program = `import { vscodeMessages } from "./data/text/vscode_messages.ts";
    console.log(JSON.stringify(await vscodeMessages()));`;
  const child = new Deno.Command(deno, { // with a lock file it would list the packages, which Deno then fetches for everybody
    args: ["run", "--quiet", "--no-lock", "--no-prompt", "--allow-read", "--ext=ts", "-"],
    cwd: root,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  await new Blob([program]).stream().pipeTo(child.stdin);
  const corpus: Corpus = JSON.parse(new TextDecoder().decode((await child.output()).stdout));
  const { train, validation, test, about } = corpus;
  assertEquals([train, validation, test].map(({ source }) => source.length), [10_089, 500, 500]);
  assertEquals(about.split(":")[0], "messages of Visual Studio Code (npm 25.1.2)");
  const all = [train, validation, test],
    english = new Map(all.flatMap((p) => p.source.map((de, i) => [de, p.target[i]])));
  for (
    // as the editor's menus have them
    const [de, en] of [["Nur ganzes Wort suchen", "Match Whole Word"], ["Gehe zu Verweisen", "Go to References"]]
  ) assertEquals(english.get(de), en);
});
