/**
 * Makes docs/results.md and its pictures of finished reproductions; only its end, docs/tried.md, is typed.
 *
 *     deno run --allow-read --allow-write docs/results.ts runs/reproduce-theorem runs/reproduce-rosenbrock …
 */
import { UserError } from "../runtime/errors.ts";
import { writePage } from "../tasks/reproduce/page.ts";

try {
  if (Deno.args.length === 0) throw new UserError("nothing to show; give the folders of finished reproductions");
  const tried = await Deno.readTextFile(new URL("tried.md", import.meta.url));
  await writePage(new URL("results.md", import.meta.url).pathname, Deno.args, tried);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  Deno.exit(error.exitCode);
}
