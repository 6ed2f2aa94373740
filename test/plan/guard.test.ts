import { describe, expect, it } from '@jest/globals';
import { defaultGuardLimits, heldPlanHash, holdsDeletions } from '../../src/plan/guard.ts';

describe('the guard against mass deletion', () => {
  it.each([
    // 30 % of what we own.
    [30, 100, false],
    [31, 100, true],
    [300, 1_000, false],
    [301, 1_000, true],
    // Never ten or fewer, however small the share that stays.
    [10, 10, false],
    [10, 20, false],
    [11, 11, true],
    [11, 36, true],
    [11, 37, false],
  ])('by default, of %i deletions of %i owned objects: held is %s', (unexplained, owned, held) => {
    expect(defaultGuardLimits).toEqual({ percent: 30, minimum: 10 });
    expect(holdsDeletions(unexplained, owned)).toBe(held);
  });

  it('names a set of deletions whatever their order, and each other set differently', () => {
    expect(heldPlanHash(['pool a', 'pool b'])).toMatch(/^[0-9a-f]{16}$/);
    expect(heldPlanHash(['pool b', 'pool a'])).toBe(heldPlanHash(['pool a', 'pool b']));
    expect(heldPlanHash(['pool a'])).not.toBe(heldPlanHash(['pool a', 'pool b']));
  });
});
