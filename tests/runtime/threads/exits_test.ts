/** Programs end while threads sleep, in whatever way. */
import { assert, assertEquals } from "@std/assert";
import { startScript } from "../../cli/command.ts";

const script = new URL("exit_process.ts", import.meta.url).pathname, MOST = 4000; // milliseconds; a machine may be busy

/** How the program ended, and what it said. @throws `AssertionError` where it did not end. */
async function ended(
  way: string,
  signal?: Deno.Signal,
): Promise<{ code: number; signal: string | null; said: string }> {
  const child = await startScript("train", script, way); // with the permissions of `deno task train`
  const errors = new Response(child.stderr).text(),
    lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value: said = "" } = await lines.read();
  if (signal) child.kill(signal);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, MOST);
  const status = await child.status;
  clearTimeout(timer);
  await lines.cancel();
  assert(!late && said !== "", `${way}: ${said}${await errors}`);
  return { code: status.code, signal: status.signal, said: `${said.trim()} ${(await errors).includes("thrown")}` };
}

Deno.test("threads: programs end, throw, exit and are interrupted while workers sleep", async () => {
  const reason = "wasm (relaxed SIMD, 3 threads)";
  const ways = [ended("end"), ended("throw"), ended("exit"), ended("wait", "SIGINT")];
  assertEquals(await Promise.all(ways), [
    { code: 0, signal: null, said: `${reason} false` },
    { code: 1, signal: null, said: `${reason} true` },
    { code: 7, signal: null, said: `${reason} false` },
    { code: 130, signal: "SIGINT", said: `${reason} false` },
  ]);
});
