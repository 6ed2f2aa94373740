import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { retryAfterMs, retryDelay } from '../../src/avi/retry-delay.ts';

const limits = { attempts: 5, baseMs: 100, capMs: 500, longestRetryAfterMs: 60_000 };

describe('retryDelay', () => {
  it('doubles its upper bound up to the cap, and takes any share of it', () => {
    const bounds = [1, 2, 3, 4].map((attempt) => retryDelay(attempt, { transient: true }, 1, limits));
    expect(bounds).toEqual([100, 200, 400, 500]);
    expect(retryDelay(4, { transient: true }, 0, limits)).toBe(0);
  });

  it('stops after the last attempt, and at once where another try cannot help', () => {
    expect(retryDelay(5, { transient: true }, 0.5, limits)).toBeUndefined();
    expect(retryDelay(1, { transient: false }, 0.5, limits)).toBeUndefined();
  });

  it('never comes back before Retry-After, and gives up when that is too long', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (wait, random) => {
        expect(retryDelay(1, { transient: true, retryAfterMs: wait }, random, limits)).toBeGreaterThanOrEqual(wait);
      }),
      { seed: 1 },
    );
    expect(retryDelay(1, { transient: true, retryAfterMs: 60_001 }, 0, limits)).toBeUndefined();
  });
});

describe('retryAfterMs', () => {
  it('reads seconds and dates, and nothing else', () => {
    expect(retryAfterMs('3', 0)).toBe(3000);
    expect(retryAfterMs('Thu, 01 Jan 1970 00:00:10 GMT', 4000)).toBe(6000);
    expect(retryAfterMs('Thu, 01 Jan 1970 00:00:01 GMT', 4000)).toBe(0);
    expect(retryAfterMs('soon', 0)).toBeUndefined();
    expect(retryAfterMs(undefined, 0)).toBeUndefined();
  });
});
