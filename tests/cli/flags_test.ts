import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { UserError } from "../../runtime/errors.ts";
import { parseFlags } from "../../cli/flags.ts";
import { flagOf } from "../../cli/flags.ts";
import { trainFlags } from "../../cli/train_flags.ts";
import { call, contents, fileNames, inFolder, run } from "./command.ts";

/** Bad words on the command line, and what the one line on stderr must say. */
const wrong: [words: string[], ...needed: string[]][] = [
  // unknown flags, with the nearest
  [["--stpes=3"], "--stpes", "--steps"],
  [["--Steps=3"], "--Steps", "--steps"],
  [["--batchsize=3"], "--batchsize", "--batch-size"],
  [["-steps=3"], "-steps=3"],
  [["-h"], "-h"],
  [["--no-quiet"], "--no-quiet"],
  [["--constructor=1"], "--constructor"],
  [["--toString"], "--toString"],
  [["--__proto__=1"], "--__proto__"],
  // words that are no flags
  [["fast"], "fast"],
  [["--quiet", "fast"], "fast"],
  [["--lr=0.1", "0.2"], "0.2"],
  [["--", "--steps=3"], "--"],
  // unknown names, with the nearest
  [["--task=mnits"], "--task=mnits", "mnist"],
  [["--task=toString"], "--task=toString"],
  [["--model=mpl"], "--model=mpl", "mlp"],
  [["--model=autoencoder"], "--model=autoencoder", "mlp"],
  [["--activation=rleu"], "--activation=rleu", "relu"],
  [["--optimizer=apo-momentun"], "--optimizer=apo-momentun", "apo-momentum"],
  [["--optimizer=Adam"], "--optimizer=Adam", "adam"],
  [["--optimizer=sgd", "--schedule=cosin"], "--schedule=cosin", "cosine"],
  [["--optimizer=adam", "--schedule=by-noise"], "--schedule=by-noise", "warmup-linear"],
  [["--meta-optimizer=normalised"], "--meta-optimizer=normalised", "normalized"],
  [["--backend=wsm"], "--backend=wsm", "wasm"],
  // flags without a value, with one too many, twice
  [["--lr"], "--lr"],
  [["--lr="], "--lr"],
  [["--out="], "--out"],
  [["--task="], "--task"],
  [["--steps", "--quiet"], "--steps"],
  [["--quiet=yes"], "--quiet"],
  [["--help=no"], "--help"],
  [["--lr=0.1", "--lr=0.2"], "--lr", "2 times"],
  [["--lr", "0.1", "--lr=0.1"], "--lr", "2 times"],
  // numbers that cannot be
  ...["-1", "0", "NaN", "Infinity", "-Infinity", "1e999", "abc", "0.1.2", "1,5"].map((
    value,
  ): [string[], string] => [[`--lr=${value}`], `--lr=${value}`]),
  [["--lr", "-1"], "--lr", "-1"],
  [["--lr=1e39"], "--lr=1e39"],
  [["--weight-decay=-0.1"], "--weight-decay=-0.1"],
  [["--lambda-fsd=-1"], "--lambda-fsd=-1"],
  [["--lambda-wsd=NaN"], "--lambda-wsd=NaN"],
  [["--meta-lr=0"], "--meta-lr=0"],
  [["--clip=0"], "--clip=0"],
  [["--clip=Infinity"], "--clip=Infinity"],
  [["--seed=1.5"], "--seed=1.5"],
  [["--seed=x"], "--seed=x"],
  [["--seed=1e300"], "--seed=1e300"],
  ...["steps", "every", "meta-steps", "batch-size", "meta-batch-size", "checkpoint-every", "log-every", "eval-every"]
    .flatMap((flag) =>
      ["0", "-3", "1.5", "x", "1e400"].map((
        value,
      ): [string[], string] => [[`--${flag}=${value}`], `--${flag}=${value}`])
    ),
  [["--steps=1e300"], "--steps=1e300"],
  [["--epochs=0"], "--epochs=0"],
  [["--epochs=-1"], "--epochs=-1"],
  [["--epochs=1e308"], "--epochs=1e308"],
  [["--epochs=1e30"], "--epochs=1e+30"],
  [["--hidden=0"], "--hidden=0"],
  [["--hidden=16,,16"], "--hidden=16,,16"],
  [["--hidden=16;16"], "--hidden=16;16"],
  [["--hidden=-16"], "--hidden=-16"],
  // sizes that the data has not
  [["--batch-size=9001"], "--batch-size=9001", "9000"],
  [["--meta-batch-size=1000000"], "--meta-batch-size=1000000", "9000"],
  [["--task=rosenbrock", "--batch-size=2"], "--batch-size=2"],
  [["--holdout=0"], "--holdout=0"],
  [["--holdout=1"], "--holdout=1"],
  [["--holdout=0.00001"], "--holdout=0.00001", "9000"],
  [["--holdout=0.5", "--batch-size=4501"], "--batch-size=4501", "4500"],
  [["--task=rosenbrock", "--holdout=0.5"], "--holdout=0.5"],
  // wrong labels where there can be none
  [["--label-noise=0"], "--label-noise=0"],
  [["--label-noise=1"], "--label-noise=1"],
  [["--task=rosenbrock", "--label-noise=0.2"], "--label-noise=0.2", "rosenbrock", "leave it out"],
  [["--task=mnist-autoencoder", "--label-noise=0.2"], "--label-noise=0.2", "mnist-autoencoder"],
  // how lines are translated
  [["--task=translation", "--beam=0"], "--beam=0", "give a whole number from 1"],
  [["--task=translation", "--beam=1.5"], "--beam=1.5", "give a whole number from 1"],
  [["--task=translation", "--beam=1000000"], "--beam=1000000", "give at most 100"],
  [["--beam=4"], "--beam=4", "--task=mnist", "leave it out"],
  [["--source-language=en"], "--source-language=en", "--task=mnist", "leave it out"],
  // what is rounded to which format
  [["--precision=bf17"], "--precision=bf17", "give bf16, f16, or"],
  [["--precision=bf16-mister"], "--precision=bf16-mister", "did you mean bf16-master?"],
  [["--precision=bf16", "--float32=weights"], "--float32=weights", "passes, update, factors, inverses, sums, meta"],
  [["--precision=bf16", "--float32=none,meta"], "--float32=none,meta", "give none by itself"],
  [["--precision=bf16-master", "--float32=meta"], "--float32=meta", "--precision=bf16-master", "leave it out"],
  [["--float32=meta"], "--float32=meta", "give --precision=bf16 with it"],
  [["--precision=f16", "--loss-scale=soon"], "--loss-scale=soon", "dynamic, none"],
  [["--loss-scale=dynamic"], "--loss-scale=dynamic", "give --precision=bf16 with it"],
  // data that are not built in
  [["--task=uci-protein"], "--task=uci-protein", "`deno task data protein`", "--data=datasets/protein"],
  [["--task=uci-slice", "--data=/nowhere/at/all"], "--data=/nowhere/at/all", "`deno task data slice`"],
  // flags that mean nothing together
  [["--steps=3", "--epochs=1"], "--steps=3", "--epochs=1"],
  [["--optimizer=adam", "--every=5"], "--every=5", "adam"],
  [["--optimizer=sgd", "--lambda-fsd=1"], "--lambda-fsd=1", "sgd"],
  [["--optimizer=sgd", "--meta-batch-size=16"], "--meta-batch-size=16", "sgd"],
  [["--optimizer=kfac", "--clip=1"], "--clip=1", "kfac"],
  [["--optimizer=apo-adam", "--block-size=4"], "--block-size=4", "apo-adam"],
  [["--optimizer=apo-kfac", "--meta-optimizer=normalized"], "--meta-optimizer=normalized"],
  [["--optimizer=apo-full", "--hidden=64"], "--optimizer=apo-full"],
  [["--optimizer=adam", "--damping=0.1"], "--damping=0.1", "adam"],
  [["--average=1"], "--average=1"],
  // what only the first step can tell
  [["--optimizer=newton", "--hidden=8"], "6370 by 6370", "--optimizer=newton does not fit --model=mlp"],
  [["--task=rosenbrock", "--optimizer=kfac"], "belongs to no linear map"],
  [["--model=conv", "--optimizer=natural-gradient", "--batch-size=2"], "dense layers"],
  [["--task=rosenbrock", "--hidden=16"], "--hidden=16", "rosenbrock"],
  [["--task=rosenbrock", "--data=somewhere"], "--data=somewhere", "rosenbrock"],
  [["--model=linear", "--hidden=16"], "--hidden=16", "linear"],
  [["--model=conv", "--activation=tanh"], "--activation=tanh", "conv"],
  [["--hidden=1000000000"], "--hidden=1000000000"],
  [["--model=resnet", "--hidden=16"], "--hidden=16", "resnet"],
  [["--depth=8"], "--depth=8", "--model=mlp"],
  [["--model=resnet", "--depth=10"], "--depth=10", "give 6n + 2"],
  [["--model=wideresnet", "--depth=8"], "--depth=8", "give 6n + 4"],
  [["--model=resnet", "--width=0"], "--width=0", "give a whole number from 1"],
  [["--model=resnet", "--width=1000000"], "--width=1000000", "more memory"],
  [["--model=resnet", "--widen=2"], "--widen=2", "--model=resnet"],
  [["--model=resnet", "--shortcut=C"], "--shortcut=C", "A, B"],
  [["--model=wideresnet", "--widen=1.5"], "--widen=1.5", "give a whole number from 1"],
  [["--model=wideresnet", "--dropout=1"], "--dropout=1", "give a number from 0 to below 1"],
  // where products are computed
  [["--backend=wasm", "--blas=/nowhere/libopenblas.so"], "--blas=/nowhere/libopenblas.so", "--allow-ffi", "--blas=off"],
  [["--backend=wasm", "--blas=/nowhere/libopenblas.so", "--strict"], "--blas=/nowhere/libopenblas.so", "--strict"],
  [["--blas="], "--blas has no value"],
  [["--blas=atuo"], "--blas=atuo is unknown", "auto, off"],
  // folders
  [["--data=/nowhere/at/all"], "--data=/nowhere/at/all"],
  [["--resume=/nowhere/at/all"], "/nowhere/at/all"],
];

Deno.test("train with bad flags: exit 2, one line that says what is wrong, no folder left behind", async (test) => {
  for (const [words, ...needed] of wrong) {
    await test.step(words.join(" "), () => inFolder((folder) => refused(words, needed, folder)));
  }
});

async function refused(words: string[], needed: string[], folder: string): Promise<void> {
  const resumes = words.some((word) => word.startsWith("--resume"));
  // few steps, and quiet: a case that should be refused but is not then ends soon
  const given = (flag: string) => words.some((word) => word.startsWith(`--${flag}`));
  const small = given("steps") || given("epochs") || resumes ? [] : ["--steps=1"];
  const silent = given("quiet") ? [] : ["--quiet"];
  const place = given("out") || resumes ? [] : [`--out=${folder}/run`];
  const backend = given("backend") || resumes ? [] : ["--backend=cpu"];
  const { code, stdout, stderr } = await call(...small, ...silent, ...place, ...backend, ...words);
  assertEquals([code, stdout], [2, ""]);
  assertMatch(stderr, /^[^\n]+\n$/, "one line");
  for (const word of needed) assertStringIncludes(stderr, word);
  assertEquals(fileNames(folder), []);
}

Deno.test("train: what the process prints for a bad flag is that line and nothing else", async () => {
  const { code, stdout, stderr } = await run("--optimizer=apo-momentun");
  assertEquals([code, stdout], [2, ""]);
  assertMatch(stderr, /^--optimizer=apo-momentun is unknown; did you mean apo-momentum\?[^\n]*\n$/);
});

Deno.test("train --out: what is there already is never touched", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/full`);
    await Deno.writeTextFile(`${folder}/full/thesis.txt`, "years of work");
    await Deno.writeTextFile(`${folder}/file`, "a file");
    for (const out of [`${folder}/full`, `${folder}/file`, `${folder}/file/inside`, `${folder}/${"x".repeat(300)}`]) {
      const { code, stderr } = await call("--task=rosenbrock", "--steps=1", "--backend=cpu", "--quiet", `--out=${out}`);
      assertEquals(code, 2);
      assertMatch(stderr, /^[^\n]+\n$/);
      assertStringIncludes(stderr, `--out=${out}`);
    }
    assertEquals(fileNames(folder), ["file", "full"]);
    assertEquals(fileNames(`${folder}/full`), ["thesis.txt"]);
    assertEquals(new TextDecoder().decode(contents(`${folder}/full`)["thesis.txt"]), "years of work");
  }));

Deno.test("train --resume: folders that hold no run are left as they are", () =>
  inFolder(async (folder) => {
    const configs = {
      empty: undefined,
      text: "hello",
      null: "null",
      list: "[]",
      other: '{"name": "another program"}',
      future: '{"format": 2}',
      partial: '{"format": 1, "task": "mnist"}',
      mistyped:
        '{"format": 1, "task": "mnist", "model": "mlp", "modelChoice": 3, "optimizer": "sgd", "settings": 3, "batchSize": "x", "metaBatchSize": 2, "seed": 0}',
    };
    for (const [name, text] of Object.entries(configs)) {
      await Deno.mkdir(`${folder}/${name}`);
      if (text !== undefined) await Deno.writeTextFile(`${folder}/${name}/config.json`, text);
      const before = contents(`${folder}/${name}`);
      const { code, stderr } = await call(`--resume=${folder}/${name}`);
      assertEquals(code, 2, name);
      assertMatch(stderr, /^[^\n]+\n$/);
      assertStringIncludes(stderr, `${folder}/${name}`);
      assertEquals(contents(`${folder}/${name}`), before);
    }
  }));

Deno.test("parseFlags: values, with = and with a space, negative ones too", () => {
  assertEquals(parseFlags(trainFlags, []), {});
  assertEquals(
    parseFlags(
      trainFlags,
      ["--lr=1e-3", "--steps=1e3", "--seed=-7", "--hidden=256,128", "--quiet", "--out=a b/ü", "--epochs=0.5"],
    ),
    { learningRate: 0.001, steps: 1000, seed: -7, hidden: [256, 128], quiet: true, out: "a b/ü", epochs: 0.5 },
  );
  assertEquals(
    parseFlags(trainFlags, ["--lr", "0.5", "--seed", "-7", "--task", "mnist"]),
    { learningRate: 0.5, seed: -7, task: "mnist" },
  );
  assertEquals(parseFlags(trainFlags, ["--out=a=b"]), { out: "a=b" });
  assertEquals(parseFlags(trainFlags, ["--out=007"]), { out: "007" }, "a path stays text");
});

Deno.test("parseFlags: words where they are named, and no more of them", () => {
  const table = { loud: { kind: "switch", help: "" }, out: { kind: "path", help: "" } } as const;
  const parse = (...args: string[]) => parseFlags(table, args, { words: ["from", "to"] });
  assertEquals(parse(), {});
  assertEquals(parse("007"), { from: "007" });
  assertEquals(parse("a", "--loud", "b", "--out", "c"), { from: "a", loud: true, to: "b", out: "c" });
  assertEquals(parse("--loud", "a"), { loud: true, from: "a" });
  assertThrows(() => parse("a", "b", "c"), UserError, '"c" is too much');
  assertThrows(() => parse("-l"), UserError, '"-l"');
  assertThrows(() => parse("--lout=1"), UserError, "--lout=1 is unknown; did you mean --loud? See --help");
});

Deno.test("train --help names every flag; --list every task, model and optimizer; --version the versions", async () => {
  const { catalogue } = await import("../../optimizers/catalogue/catalogue.ts");
  const { tasks } = await import("../../tasks/mod.ts");
  const help = await call("--help");
  assertEquals([help.code, help.stderr], [0, ""]);
  for (const name of Object.keys(trainFlags)) {
    assertMatch(help.stdout, new RegExp(`^ +--${flagOf(name, trainFlags)}\\b`, "m"));
  }
  for (const code of [0, 2, 3, 130]) assertMatch(help.stdout, new RegExp(`\\b${code} `));

  const list = await call("--list");
  assertEquals([list.code, list.stderr], [0, ""]);
  const names = [...Object.keys(catalogue), ...tasks.flatMap(({ name, models }) => [name, ...Object.keys(models)])];
  for (const name of names) assertMatch(list.stdout, new RegExp(`\\b${name}\\b`));

  const { version } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  const printed = await call("--version");
  assertEquals([printed.code, printed.stderr], [0, ""]);
  assertMatch(printed.stdout, new RegExp(`^apo ${version}\n.*deno ${Deno.version.deno}\n`, "s"));
});

// The list of flags is a promise to users.
Deno.test("every promised flag is there", () => {
  const promised =
    `task model hidden depth width widen dropout shortcut optimizer lr lambda-fsd lambda-wsd every meta-lr meta-optimizer meta-batch-size
    block-size weight-decay clip steps epochs batch-size seed backend data out resume checkpoint-every log-every
    eval-every quiet help list version schedule`.split(/\s+/);
  const flags = Object.keys(trainFlags).map((name) => flagOf(name, trainFlags));
  for (const flag of promised) assert(flags.includes(flag), flag);
});
