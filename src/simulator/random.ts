/** Returns numbers in [0, 1). */
export type Random = () => number;

/** A repeatable source of random numbers (mulberry32) for one 32-bit seed. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** One of `items`, each with the same chance; undefined when there are none. */
export function pick<Item>(items: readonly Item[], random: Random): Item | undefined {
  return items.length < 2 ? items[0] : items[Math.floor(random() * items.length)];
}

/** One of `items` with a chance in proportion to its weight; items of weight 0 are never picked. */
export function pickWeighted<Item>(
  items: readonly Item[],
  weight: (item: Item) => number,
  random: Random,
): Item | undefined {
  const total = items.reduce((sum, item) => sum + weight(item), 0);
  let rest = random() * total;
  for (const item of items) {
    rest -= weight(item);
    if (rest < 0) return item;
  }
  return undefined;
}
