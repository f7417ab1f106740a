/**
 * `deno task train` that prints its peak memory in bytes at the end: a process can ask for its own without permissions, but
 * Deno lets none read that of another.
 * @module
 */
import process from "node:process";
import { main } from "../../cli/train.ts";

const code = await main(Deno.args);
console.log(process.resourceUsage().maxRSS * 1024);
Deno.exit(code);
