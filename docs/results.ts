/**
 * Makes docs/results.md and its pictures of finished reproductions: nothing on that page is typed.
 *
 *     deno run --allow-read --allow-write docs/results.ts runs/reproduce-theorem runs/reproduce-rosenbrock …
 */
import { UserError } from "../runtime/errors.ts";
import { writePage } from "../tasks/reproduce/page.ts";

try {
  if (Deno.args.length === 0) throw new UserError("nothing to show; give the folders of finished reproductions");
  await writePage(new URL("results.md", import.meta.url).pathname, Deno.args);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  Deno.exit(error.exitCode);
}
