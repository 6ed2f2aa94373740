import { describe, expect, it } from '@jest/globals';
import { limitOf, median, percentile } from './limit.ts';

const conditions = { latencyMs: 30, inFlight: 8, cores: 2 };

describe('the limit of a time', () => {
  it('is the largest of its bounds', () => {
    expect(limitOf({ calls: 3000, depth: 3, cpuSeconds: 10 }, conditions)).toEqual({ by: 'calls', ms: 11_250 });
    expect(limitOf({ calls: 3, depth: 3, cpuSeconds: 0.1 }, conditions)).toEqual({ by: 'depth', ms: 90 });
    expect(limitOf({ calls: 3000, depth: 3, cpuSeconds: 30 }, conditions)).toEqual({ by: 'cpu', ms: 15_000 });
    expect(limitOf({ calls: 300, depth: 3, cpuSeconds: 1 }, { ...conditions, rateLimit: 20 })).toEqual({
      by: 'rate',
      ms: 15_000,
    });
  });
});

describe('summaries', () => {
  it('take the middle and the nearest rank', () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(percentile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.95)).toBe(10);
    expect(percentile([10, 1], 0.5)).toBe(1);
    expect([median([]), percentile([], 0.95)]).toEqual([0, 0]);
  });
});
