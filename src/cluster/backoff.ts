/** Exponential backoff with jitter. */
export interface Backoff {
  /** How long to wait before the next try, in ms; each call doubles the range. */
  next(): number;
  reset(): void;
}

/** @param random uniform in [0, 1). */
export function createBackoff(minMs: number, maxMs: number, random: () => number = Math.random): Backoff {
  let range = minMs;
  return {
    next: () => {
      const delay = range * (0.5 + random() / 2);
      range = Math.min(range * 2, maxMs);
      return delay;
    },
    reset: () => {
      range = minMs;
    },
  };
}
