/** `deno task train --replay=RUN`. */
import { assertAlmostEquals, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { call, contents, fileNames, inFolder } from "./command.ts";

const small = ["--model=linear", "--batch-size=32", "--backend=cpu", "--quiet", "--steps=40"];
const lines = (folder: string) =>
  Deno.readTextFileSync(`${folder}/metrics.jsonl`).trimEnd().split("\n").map((line) => JSON.parse(line));

Deno.test("train --replay: the rates that a run has learned give its losses again, and need its folder no longer", () =>
  inFolder(async (folder) => {
    const learned = `${folder}/learned`, replayed = `${folder}/replayed`;
    const every = ["--log-every=1", "--eval-every=1000"];
    assertEquals(
      (await call(...small, ...every, "--optimizer=apo-momentum", "--schedule=constant", `--out=${learned}`)).code,
      0,
    );
    const words = [...small, ...every, "--optimizer=momentum", `--replay=${learned}`, `--out=${replayed}`];
    assertEquals(await call(...words), { code: 0, stdout: "", stderr: "" });
    const first = lines(learned), second = lines(replayed);
    assertEquals(second.length, 40);
    for (const [i, { learningRate, loss }] of second.entries()) {
      assertAlmostEquals(learningRate, first[i].learned.rate, 1e-6 * learningRate, `rate of step ${i + 1}`);
      assertAlmostEquals(loss, first[i].loss, 1e-4 * loss, `loss of step ${i + 1}`);
    }
    const { settings } = JSON.parse(Deno.readTextFileSync(`${replayed}/config.json`));
    assertEquals([settings.learningRate, settings.replay.length < 40], [first[0].learned.rate, true]);

    Deno.removeSync(learned, { recursive: true });
    assertEquals((await call(`--resume=${replayed}`, "--steps=45", "--quiet")).code, 0);
    assertAlmostEquals(lines(replayed).at(-1).learningRate, first.at(-1).learned.rate, 1e-6, "the last rate holds");
  }));

Deno.test("train --replay with what cannot be: exit 2, one line, no folder left behind", () =>
  inFolder(async (folder) => {
    const fixed = `${folder}/fixed`, out = `${folder}/out`;
    assertEquals((await call(...small, "--optimizer=sgd", `--out=${fixed}`)).code, 0);
    const before = contents(fixed);
    const wrong: [words: string[], ...needed: string[]][] = [
      [[`--replay=${fixed}`, "--optimizer=sgd"], `--replay=${fixed} is of sgd`, "apo-sgd"],
      [[`--replay=${folder}/none`, "--optimizer=sgd"], `${folder}/none is no run`],
      [[`--replay=${fixed}`, "--optimizer=apo-sgd"], `--replay=${fixed} means nothing to --optimizer=apo-sgd`],
      [[`--replay=${fixed}`, "--optimizer=kfac"], "means nothing to --optimizer=kfac"],
      [[`--replay=${fixed}`, "--optimizer=sgd", "--lr=0.1"], "--lr=0.1 means nothing with --replay"],
      [[`--replay=${fixed}`, "--optimizer=sgd", "--schedule=step"], "--schedule=step means nothing with --replay"],
    ];
    for (const [words, ...needed] of wrong) {
      const { code, stdout, stderr } = await call(...small, ...words, `--out=${out}`);
      assertEquals([code, stdout], [2, ""], words.join(" "));
      assertMatch(stderr, /^[^\n]+\n$/, "one line");
      for (const word of needed) assertStringIncludes(stderr, word);
    }
    assertEquals(fileNames(folder), ["fixed"]);
    assertEquals(contents(fixed), before);
  }));
