/**
 * Puts finished reproductions on docs/results.md, with their results and pictures beside it; those that it had before stay, and only
 * its end, docs/results_end.md, is typed. Without a folder it is written anew from what is there.
 *
 *     deno run --allow-read --allow-write docs/results.ts out/reproduce-theorem out/reproduce-rosenbrock …
 */
import { exitCodeOf } from "../cli/failure.ts";
import { recipes } from "../studies/reproduce/recipes/list.ts";
import { writePage } from "../studies/reproduce/page.ts";

try {
  const end = await Deno.readTextFile(new URL("results_end.md", import.meta.url));
  const order = recipes.map(({ name }) => name);
  await writePage(new URL("results.md", import.meta.url).pathname, Deno.args, { order, end });
} catch (error) {
  Deno.exit(exitCodeOf(error, "the same command"));
}
