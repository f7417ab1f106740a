import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type Contestant, interleaved, ratios, spread } from "../../bench/timing.ts";

/** A machine on which a unit of work takes 1 ms, or 2 where `slow` says so of the time. */
function machine(slow: (time: number) => boolean): (work: number) => Contestant {
  let time = 0;
  return (work) => ({
    block: () => {
      const taken = slow(time) ? 2 * work : work;
      time += taken;
      return Promise.resolve(taken);
    },
  });
}

Deno.test("spread: median and quartiles between the values", () => {
  assertEquals(spread([3]), { median: 3, low: 3, high: 3 });
  assertEquals(spread([4, 1, 3, 2]), { median: 2.5, low: 1.75, high: 3.25 });
  assertEquals(spread([50, 10, 30, 20, 40]), { median: 30, low: 20, high: 40 });
  assertThrows(() => spread([]), RangeError, "no values");
});

Deno.test("interleaved: a round without count, then every contestant once a round, none always first", async () => {
  const order: string[] = [];
  const contestant = (name: string): Contestant => ({
    block: () => {
      order.push(name);
      return Promise.resolve(order.length);
    },
  });
  const times = await interleaved({ a: contestant("a"), b: contestant("b") }, 3);
  assertEquals(order.join(""), "abbaabba");
  assertEquals(times, { a: [4, 5, 8], b: [3, 6, 7] });
});

Deno.test("interleaved: rounds until a time is over, within limits", async () => {
  const rounds = async (sleep: number, milliseconds: number) => {
    const block = () => new Promise<number>((resolve) => setTimeout(() => resolve(1), sleep));
    return (await interleaved({ a: { block } }, { atLeast: 2, atMost: 6, milliseconds })).a.length;
  };
  assertEquals(await rounds(20, 1), 2);
  assertEquals(await rounds(0, 10_000), 6);
});

// What turns are for: the throughput of the machines at hand jumps between two levels for seconds at a time.
Deno.test("ratios: the median is right although the machine is half as fast most of the time", async () => {
  const on = machine((time) => time % 1000 > 400);
  const times = await interleaved({ plain: on(10), costly: on(13) }, 60);
  assertAlmostEquals(spread(ratios(times.costly, times.plain)).median, 1.3, 1e-12);

  // One after the other instead, each meets another machine.
  const again = machine((time) => time > 600);
  const alone = async (contestant: Contestant) => (await interleaved({ contestant }, 59)).contestant;
  const plain = await alone(again(10)), costly = await alone(again(13));
  assertAlmostEquals(spread(ratios(costly, plain)).median, 2.6, 1e-12);
});
