import { describe, expect, it } from '@jest/globals';
import { accept, noPace, refuse, reserve, type Pace } from '../../src/avi/pacing.ts';

/** Eight callers against a controller that takes a number of calls in each second; each call takes `latency` ms. */
function simulate(limit: number, calls: number, latency = 30) {
  let pace: Pace = noPace;
  let [second, taken, refused, done, now] = [0, 0, 0, 0, 0];
  const callers = Array.from({ length: 8 }, () => 0);
  while (done < calls) {
    const at = callers.indexOf(Math.min(...callers));
    now = callers[at] ?? 0;
    const place = reserve(pace, now);
    pace = place.pace;
    const sent = now + place.waitMs;
    const answered = sent + latency;
    if (Math.floor(sent / 1000) !== second) [second, taken] = [Math.floor(sent / 1000), 0];
    const isTaken = taken < limit;
    if (isTaken) [taken, done] = [taken + 1, done + 1];
    else refused += 1;
    pace = isTaken ? accept(pace, answered) : refuse(pace, sent, answered);
    callers[at] = isTaken ? answered : answered + 1000;
  }
  return { refused, seconds: now / 1000, pace };
}

describe('the pace of calls', () => {
  it('is none as long as nothing is refused', () => {
    let pace = noPace;
    for (let now = 0; now < 100; now += 1) {
      const place = reserve(pace, now);
      expect(place.waitMs).toBe(0);
      pace = accept(place.pace, now);
    }
    expect(pace.perSecond).toBeUndefined();
  });

  it('spaces calls after two refusals, by what was taken', () => {
    let pace = noPace;
    for (let call = 0; call < 20; call += 1) pace = accept(pace, 500);
    pace = refuse(pace, 500, 530);
    expect(pace.perSecond).toBeUndefined();
    pace = refuse(pace, 510, 540);
    expect(pace.perSecond).toBe(18);
    const first = reserve(pace, 540);
    const next = reserve(first.pace, 540);
    expect(next.waitMs - first.waitMs).toBeCloseTo(1000 / 18);
  });

  it('is lowered once by the refusals of calls that were under way together', () => {
    const lowered = refuse(refuse(accept(noPace, 0), 9, 39), 10, 40);
    expect(refuse(lowered, 20, 50)).toBe(lowered);
    expect(refuse({ ...lowered, perSecond: 10 }, 60, 90).perSecond).toBe(8.5);
  });

  it('is not lowered by a lone refusal among many calls, but by several', () => {
    let pace = noPace;
    for (let call = 0; call < 120; call += 1) pace = accept(pace, 500);
    pace = refuse(pace, 510, 540);
    pace = refuse(pace, 510, 550);
    expect(pace.perSecond).toBeUndefined();
    pace = refuse(pace, 510, 560);
    expect(pace.perSecond).toBe(108);
  });

  it('never goes below a call a second, and ends a minute after the last refusal', () => {
    const lowered = refuse(refuse(noPace, 9, 39), 10, 40);
    expect(lowered.perSecond).toBe(1);
    expect(reserve(lowered, 40 + 60_001).pace.perSecond).toBeUndefined();
  });

  it.each([5, 20, 50])('keeps the refused calls few at %i a second, and the rate near it', (limit) => {
    const calls = limit * 40;
    const { refused, seconds } = simulate(limit, calls);
    expect(refused).toBeLessThan(8 + calls * 0.1);
    expect(seconds).toBeLessThan((calls / limit) * 1.4);
  });
});
