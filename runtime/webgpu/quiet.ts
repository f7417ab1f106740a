/**
 * Keeps the graphics libraries' complaint about a missing display off the terminal.
 * @module
 */

/**
 * Runs `request` with XDG_RUNTIME_DIR set, without which looking for a GPU on a machine with no display prints two lines of
 * error that mean nothing to a computation. Where Deno may not change that variable, or it is set, `request` just runs.
 */
export async function withoutDisplay<T>(request: () => Promise<T>): Promise<T> {
  const variable = "XDG_RUNTIME_DIR";
  const deno = (globalThis as { Deno?: typeof Deno }).Deno;
  const mayChange = deno?.permissions.querySync({ name: "env", variable }).state === "granted";
  if (!deno || !mayChange || deno.env.get(variable)) return await request();
  deno.env.set(variable, "/nonexistent"); // only whether it is absolute counts
  try {
    return await request();
  } finally {
    deno.env.delete(variable);
  }
}
