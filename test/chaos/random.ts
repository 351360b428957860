/** Draws that one seed repeats (mulberry32). */
export interface Draw {
  /** A number from `min` to `max`. */
  between(min: number, max: number): number;
  pick<T>(items: readonly [T, ...T[]]): T;
  chance(fraction: number): boolean;
}

export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    between: (min, max) => min + next() * (max - min),
    pick: (items) => items[Math.floor(next() * items.length)] ?? items[0],
    chance: (fraction) => next() < fraction,
  };
}
