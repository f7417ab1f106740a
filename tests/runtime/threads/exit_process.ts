/** A program that computes on three threads, and ends as its argument says while the other two sleep. */
import * as tf from "@tensorflow/tfjs";
import { chooseBackend } from "../../../runtime/backend.ts";

const { reason } = await chooseBackend("wasm", { blas: "off", threads: 3 });
const a = tf.ones([200, 200]) as tf.Tensor2D;
for (let i = 0; i < 4; i++) tf.dispose(tf.matMul(a, a)); // the first jobs start a worker each
await new Promise((resolve) => setTimeout(resolve, 300));
console.log(reason);
switch (Deno.args[0]) {
  case "throw":
    throw new Error("thrown");
  case "exit":
    Deno.exit(7);
    break;
  case "wait":
    setInterval(() => {}, 1000);
}
