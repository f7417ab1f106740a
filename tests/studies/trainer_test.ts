import { assertEquals } from "@std/assert";
import { files } from "../../runs/folder.ts";
import { earlierOutcome, type Outcome, writeFailure } from "../../studies/job.ts";
import { withoutCheckpoints } from "../../studies/trainer.ts";
import { fileNames, inFolder } from "../cli/command.ts";

Deno.test("withoutCheckpoints: of a run all else stays, and one without a checkpoint ends as it did", () =>
  inFolder(async (folder) => {
    const killed: Outcome = { kind: "failed", diverged: false, exitCode: 1, reason: "killed" };
    const { train } = withoutCheckpoints({ training: new Set(), train: () => Promise.resolve(killed) });
    const job = { label: "", folder, given: {}, steps: 1 };
    for (const name of [files.checkpoint, files.metrics]) await Deno.writeTextFile(`${folder}/${name}`, "");
    for (let run = 0; run < 2; run++) {
      assertEquals(await train(job), killed);
      assertEquals(fileNames(folder), [files.metrics]);
    }
  }));

Deno.test("earlierOutcome: a run that diverged did, but a damaged note of it says nothing", () =>
  inFolder(async (folder) => {
    const diverged = { kind: "failed", diverged: true, exitCode: 3, reason: "step 3: not finite" } as const;
    await writeFailure(folder, diverged);
    assertEquals(await earlierOutcome({ folder, steps: 5 }), diverged);
    for (const damaged of ['"x"', "{", "null", "{}", JSON.stringify({ ...diverged, kind: "finished" })]) {
      Deno.writeTextFileSync(`${folder}/failure.json`, damaged);
      assertEquals(await earlierOutcome({ folder, steps: 5 }), undefined, damaged);
    }
  }));
