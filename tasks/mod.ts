/**
 * Tasks: data, model, loss, metrics and good defaults, wired together.
 * @module
 */
export * from "./task.ts";
export * from "./list.ts";
export * from "./mnist.ts";
export * from "./mnist_autoencoder.ts";
export { cifar10, cifar100 } from "./cifar.ts";
export * from "./rosenbrock.ts";
export { uciParkinsons, uciProtein, uciSlice } from "./uci.ts";
export type { TranslationOptions } from "./translated.ts";
export { illConditioned } from "./ill_conditioned.ts";
export { loadCifar } from "../data/cifar.ts";
export type { CifarName } from "../data/cifar_files.ts";
export { type FolderImages, loadImageFolder } from "../data/image_folder.ts";
export type { Images, SplitImages } from "../data/images.ts";
export type { Corpus, Pairs } from "../data/text/corpus.ts";
export { loadTextFolder } from "../data/text/text_folder.ts";
export { loadMulti30k } from "../data/text/multi30k.ts";
export { loadIwslt14 } from "../data/text/iwslt14.ts";
export { vscodeMessages } from "../data/text/vscode_messages.ts";
