import { assertEquals, assertRejects } from "@std/assert";
import { resolve } from "node:path";
import { UserError } from "../../runtime/errors.ts";
import { commonGround } from "../../runs/prepared.ts";
import { writeCifar } from "../data/cifar_files.ts";
import { inFolder } from "../data/idx_files.ts";

Deno.test("data are looked for where `deno task data` puts them", () =>
  inFolder(async (folder) => {
    const before = Deno.cwd(), chosen = { task: "cifar10", backend: "cpu" };
    Deno.chdir(folder);
    try {
      await assertRejects(() => commonGround(chosen), UserError, "task=cifar10 has no built-in data; `deno task data");
      await Deno.mkdir("datasets/cifar10", { recursive: true });
      await writeCifar("datasets/cifar10", "cifar10");
      const { folder: found, data } = await commonGround(chosen);
      assertEquals([found, data.train.size], [resolve("datasets/cifar10"), 80]);
    } finally {
      Deno.chdir(before);
    }
  }));
