import { assertEquals } from "@std/assert";
import { files } from "../../tasks/run/folder.ts";
import type { Outcome } from "../../tasks/trials/job.ts";
import { withoutCheckpoints } from "../../tasks/trials/trainer.ts";
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
