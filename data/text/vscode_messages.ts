/**
 * Translations without a folder: the messages of the editor Visual Studio Code, which packages of npm hold.
 * @module
 */
import { argument } from "../../runtime/argument.ts";
import { UserError } from "../../runtime/errors.ts";
import { random } from "../../runtime/random.ts";
import { chosenPairs, type Corpus, type Pairs, sizes } from "./corpus.ts";

const VERSION = "25.1.2"; // of Visual Studio Code 1.108

/** The letters that stand in the pseudo-language of translators for those of English. */
const PSEUDO_LETTERS = "ëøñïæðçµþÿÇ§ÆËÏÐØÑ£ÜßÝ", LETTERS = "eoniadcubyCSAEIDONLUBY";

const LONGEST = 200; // characters: few are longer, and attention takes their square
const HELD = 500; // to validate, and to test
const SPLIT_SEED = 0; // of its own: the split never depends on a run's seed

/** A list of messages, as a package has it: some have no text. */
export type Messages = readonly (string | undefined)[];

/**
 * Messages of Visual Studio Code in German and in English (Microsoft, MIT licence): about 11,000 pairs of labels and sentences, of
 * which 500 are to validate and 500 to test.
 *
 * The language packs are packages of npm. Deno fetches them when this is called for the first time, and not when the library is
 * installed: 58 MB with what they depend on. There is none of English, so that English is recovered from the pack of the
 * pseudo-language `qps-ploc`, in which 22 letters wear marks.
 *
 * @throws `UserError` where the packages cannot be fetched.
 */
export function vscodeMessages(): Promise<Corpus> {
  return messagesBy((specifier) => import(specifier));
}

/** {@linkcode vscodeMessages} with another way to import modules. */
export async function messagesBy(load: (specifier: string) => Promise<{ default: Messages }>): Promise<Corpus> {
  const messages = async (language: string): Promise<Messages> => {
    // The name is made here, as Deno fetches the packages of all imports that it can read before a program starts.
    const name = `npm:@codingame/monaco-vscode-language-pack-${language}@${VERSION}`;
    try {
      return (await load(`${name}/translations/main.i18n.json.js`)).default;
    } catch (error) {
      const [reason] = (error as Error).message.split("\n");
      throw new UserError(
        `the package ${name} could not be fetched (${reason}): check the network (HTTPS_PROXY names a proxy) and the ` +
          `registry in .npmrc or NPM_CONFIG_REGISTRY, or give ${argument("data", "FOLDER")} with texts`,
      );
    }
  };
  const pairs = messagePairs(await messages("de"), await messages("qps-ploc"));
  const order = random(SPLIT_SEED, "messages").permutation(pairs.source.length);
  const part = (from: number, to?: number) => chosenPairs(pairs, order.subarray(from, to));
  const parts = { validation: part(0, HELD), test: part(HELD, 2 * HELD), train: part(2 * HELD) };
  const about = `messages of Visual Studio Code (npm ${VERSION}): ${sizes(parts)}`;
  return { ...parts, languages: ["de", "en"], about };
}

/**
 * The German messages and their English ones, each line once. Messages without a translation, of several lines or of more than 200
 * characters are left out.
 *
 * @param pseudo The English messages with marks on their letters, in the same order.
 */
export function messagePairs(german: Messages, pseudo: Messages): Pairs {
  const source = new Set<string>(), target = new Set<string>();
  for (let i = 0; i < german.length; i++) {
    const de = german[i]?.trim(), en = pseudo[i]?.replaceAll(/\P{ASCII}/gu, plain).trim();
    if (!de || !en || de === en || Math.max(de.length, en.length) > LONGEST || /\n/.test(de + en)) continue;
    if (source.has(de) || target.has(en)) continue; // or what is tested on would be trained on, too
    source.add(de);
    target.add(en);
  }
  return { source: [...source], target: [...target] };
}

const plain = (letter: string): string => LETTERS[PSEUDO_LETTERS.indexOf(letter)] ?? letter;
