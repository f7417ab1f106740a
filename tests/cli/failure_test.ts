import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { argument } from "../../runtime/argument.ts";
import { DivergedError, UserError } from "../../runtime/errors.ts";
import { progress } from "../../cli/study_progress.ts";
import { valuesText } from "../../studies/values_text.ts";
import { exitCodeOf } from "../../cli/failure.ts";
import { spelled } from "../../cli/flags.ts";
import { trainFlags } from "../../cli/train_flags.ts";
import { main as data } from "../../cli/data.ts";
import { createRunFolder } from "../../runs/folder.ts";
import { call, callMain, deno, inFolder, registryFlags, root, run } from "./command.ts";

const systemError = (code: string) => Object.assign(new Error(`refused: open '/a\nb'`), { code });

/** What is printed for an error, and the exit code. */
const failed = (error: unknown) => callMain(() => Promise.resolve(exitCodeOf(error, "--resume=RUN")));

Deno.test("exitCodeOf: each class of errors has its own remedy, in one line", async () => {
  const remedies: Record<string, string> = {
    ENOSPC: "make room",
    EDQUOT: "make room",
    EACCES: "let your user read and write there",
    EPERM: "let your user read and write there",
    EROFS: "let the file system be written to",
    ENOENT: "bring back what is gone",
    EMFILE: "ulimit -n",
    EIO: "mend that (EIO)",
    ERR_MODULE_NOT_FOUND: "deno install",
  };
  for (const [code, remedy] of Object.entries(remedies)) {
    const { code: exit, stderr } = await failed(systemError(code));
    assertEquals(exit, 1, code);
    assertMatch(
      stderr,
      /^refused: open '\/a\\nb'; what was written before is whole: [^\n]+, and go on with --resume=RUN\n$/,
    );
    assertStringIncludes(stderr, remedy);
    if (remedy !== "make room") assertFalse(stderr.includes("make room"), code);
  }
  assertEquals(await failed(new UserError("x is 0; give 1")), { code: 2, stdout: "", stderr: "x is 0; give 1\n" });
  assertEquals((await failed(new DivergedError("no"))).code, 3);
  const denied = await failed(
    new Deno.errors.NotCapable('Requires net access to "x.org:443", run again with the --allow-net flag'),
  );
  assertEquals(denied.code, 2);
  assertStringIncludes(denied.stderr, '"x.org:443"');
  assertStringIncludes(denied.stderr, "start the command with `deno task`");
});

Deno.test("exitCodeOf: a bug keeps its stack trace, also one with a code", () => {
  const bugs = [
    new Error("bug"),
    new TypeError("bug"),
    systemError("ERR_INVALID_ARG_TYPE"),
    new Deno.errors.BadResource("bug"),
    "text",
  ];
  for (const bug of bugs) assert(assertThrows(() => exitCodeOf(bug, "")) === bug || bug === "text");
});

Deno.test("exitCodeOf: what this system says of a missing file and a missing package", async () => {
  const errors: [make: () => unknown, code: number, ...needed: string[]][] = [
    [() => Deno.readTextFileSync("/nowhere/at/all"), 1, "/nowhere/at/all", "bring back"],
    [() => import(`${"no-such-package"}`), 1, "deno install"],
  ];
  for (const [make, code, ...needed] of errors) {
    const error = await Promise.try(make).catch((error) => error);
    const { code: exit, stderr } = await failed(error);
    assertEquals(exit, code, stderr);
    for (const word of needed) assertStringIncludes(stderr, word);
  }
});

Deno.test("train without Deno's permission to write: exit 2 and which permission", () =>
  inFolder(async (folder) => {
    const flags = ["--task=rosenbrock", "--steps=1", "--backend=cpu", "--quiet", `--out=${folder}/run`];
    const { code, stderr } = await new Deno.Command(deno, {
      args: ["run", "--no-prompt", "--allow-read", "--allow-env", ...await registryFlags(), "cli/train.ts", ...flags],
      cwd: root,
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stderr);
    assertEquals(code, 2, text);
    assertMatch(text, /^--out=[^\n]*Requires write access to "[^\n]*\n$/);
  }));

Deno.test("a folder that cannot be made: another one is the remedy, but not for a full disk or too many open files", () =>
  inFolder(async (folder) => {
    const { mkdir } = Deno, config = {} as Parameters<typeof createRunFolder>[1];
    try {
      for (const code of ["EROFS", "EACCES", "ENOSPC", "EMFILE"]) {
        Deno.mkdir = () => Promise.reject(systemError(code));
        const error = await createRunFolder(`${folder}/run`, config).catch((error) => error);
        const { code: exit, stderr } = await failed(error);
        const elsewhere = code === "EROFS" || code === "EACCES";
        assertEquals([exit, stderr.includes("give another folder")], [elsewhere ? 2 : 1, elsewhere], stderr);
      }
    } finally {
      Deno.mkdir = mkdir;
    }
  }));

Deno.test("train --resume: a checkpoint that this user may not look at is not taken for none", () =>
  inFolder(async (folder) => {
    const out = `${folder}/run`, { stat } = Deno;
    assertEquals(
      (await run("--task=rosenbrock", "--steps=4", "--backend=cpu", "--schedule=constant", "--quiet", `--out=${out}`))
        .code,
      0,
    );
    const before = Deno.readTextFileSync(`${out}/metrics.jsonl`);
    try {
      Deno.stat = (path) => `${path}`.includes("checkpoint") ? Promise.reject(systemError("EACCES")) : stat(path);
      const { code, stderr } = await call(`--resume=${out}`, "--steps=8", "--quiet");
      assertEquals(code, 1);
      assertStringIncludes(stderr, "let your user read and write there");
    } finally {
      Deno.stat = stat;
    }
    assertEquals(Deno.readTextFileSync(`${out}/metrics.jsonl`), before);
  }));

Deno.test("deno task data: where no host answers, the network is to be looked at; a full disk is no bug", () =>
  inFolder(async (folder) => {
    const refused = () =>
      Promise.reject(new TypeError("fetch failed", { cause: new Error("tcp connect error: Connection refused") }));
    const unreachable = await callMain((args) => data(args, refused), "mnist", `--out=${folder}/mnist`);
    assertEquals(unreachable.code, 2);
    assertMatch(
      unreachable.stderr,
      /Connection refused.*check the network \(HTTPS_PROXY names a proxy\), or bring the files/,
    );
    const { mkdir } = Deno;
    try {
      Deno.mkdir = () => Promise.reject(systemError("ENOSPC"));
      const full = await callMain(data, "mnist", `--out=${folder}/mnist`);
      assertEquals(full.code, 1);
      assertStringIncludes(full.stderr, "make room, and go on with the same command");
    } finally {
      Deno.mkdir = mkdir;
    }
  }));

Deno.test("UserError: an argument in code is a flag on the command line, and the sentence says what to give", () => {
  const bad = new UserError({ argument: "learningRate", value: 0, remedy: "give a positive number" });
  assertEquals(bad.message, "learningRate is 0; give a positive number");
  assertEquals(spelled(bad, trainFlags), "--lr=0 cannot be; give a positive number");
  const unknown = new UserError({ argument: "metaOptimizer", value: "x", problem: "is unknown", remedy: "see --help" });
  assertEquals(unknown.message, "metaOptimizer=x is unknown; see --help");
  assertEquals(spelled(unknown, trainFlags), "--meta-optimizer=x is unknown; see --help");
  const name = new UserError({ argument: "name", value: "x", problem: "is unknown", remedy: "there is: y" });
  assertEquals(spelled(name, trainFlags, ["name"]), "NAME=x is unknown; there is: y");
  const other = new UserError({ argument: "decay", value: 2, remedy: "give less" }); // no flag of this command
  assertEquals(spelled(other, trainFlags), "decay is 2; give less");
  assertEquals(spelled(new UserError("as it is"), trainFlags), "as it is");
  const two = {
    argument: "blas",
    value: "a seed=1/b",
    problem: `and ${argument("strict", true)} cannot be`,
    remedy: `use ${argument("blas", "off")} (seed=2)`,
  };
  assertEquals(
    spelled(new UserError(two), trainFlags),
    "--blas=a seed=1/b and --strict cannot be; use --blas=off (seed=2)",
  );
  const error = new UserError(two), message = "blas=a seed=1/b and strict=true cannot be; use blas=off (seed=2)";
  assertEquals(error.message, message, "no mark in it");
  assertEquals(error.bad, { ...two, problem: "and strict=true cannot be", remedy: "use blas=off (seed=2)" });
  const again = new UserError(error.parts());
  assertEquals([again.message, spelled(again, trainFlags)], [message, spelled(error, trainFlags)]);
  const text = new UserError(`my seed=1: go on with ${argument("resume", "/a seed=1")}, ${argument("decay", 2)}`);
  assertEquals(text.message, "my seed=1: go on with resume=/a seed=1, decay=2");
  assertEquals(spelled(text, trainFlags), "my seed=1: go on with --resume=/a seed=1, decay=2");
});

Deno.test("UserError: a switch on the command line is its flag alone", () => {
  const strict = (value: boolean) => new UserError({ argument: "strict", value, problem: "cannot be", remedy: "wait" });
  assertEquals(spelled(strict(true), trainFlags), "--strict cannot be; wait");
  assertEquals(spelled(strict(false), trainFlags), "no --strict cannot be; wait");
});

Deno.test("train: what looks like an argument in a path that was given is no flag", () =>
  inFolder(async (folder) => {
    const small = ["--task=rosenbrock", "--steps=2", "--backend=cpu", "--quiet"], out = `${folder}/my seed=1`;
    assertEquals((await call(...small, `--out=${out}`)).code, 0);
    assertEquals(
      (await call(...small, `--out=${out}`)).stderr,
      `--out=${out} exists and is not empty; give another folder, or go on with --resume=${out}\n`,
    );
    Deno.writeTextFileSync(`${out}/config.json`, "no JSON");
    const cwd = Deno.cwd();
    try {
      Deno.chdir(folder);
      Deno.renameSync(out, "seed=0");
      assertMatch((await call("--resume=seed=0")).stderr, /^seed=0\/config\.json is not JSON/);
    } finally {
      Deno.chdir(cwd);
    }
    const missing = await call(`--config=${folder}/x seed=1.json`);
    assertStringIncludes(missing.stderr, `readfile '${folder}/x seed=1.json'`);
    const config = `${folder}/partial.json`;
    Deno.writeTextFileSync(config, JSON.stringify({ task: "rosenbrock", optimizer: "adam" }));
    const both = await call(`--config=${config}`, "--meta-batch-size=2", "--quiet");
    assertEquals(both.stderr, "--meta-batch-size=2 means nothing to the file's optimizer adam; leave it out\n");
  }));

Deno.test("what studies tell: marked settings are flags, names that were given stay", () => {
  const printed: string[] = [], write = (text: string) => void printed.push(text);
  const line = progress({ write, print: write }, new Set());
  line.tell(`/my seed=1: ${valuesText({ learningRate: 0.1, strict: true }, argument)} (the best)`);
  assertEquals(printed, ["/my seed=1: --lr=0.1 --strict (the best)\n"]);
});
