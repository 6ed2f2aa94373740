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

  it('spaces calls after two refusals of few calls, by what was taken', () => {
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
    expect(lowered.perSecond).toBe(1);
    expect(refuse(lowered, 20, 50)).toBe(lowered);
    expect(refuse({ ...lowered, perSecond: 10 }, 60, 90).perSecond).toBe(8.5);
  });

  it('is not lowered by a lone refusal among many calls, but by several', () => {
    let pace = noPace;
    for (let call = 0; call < 120; call += 1) pace = accept(pace, 500);
    for (let time = 540; time < 600; time += 10) pace = refuse(accept(pace, time), 510, time);
    expect(pace.perSecond).toBeUndefined();
    pace = refuse(accept(pace, 600), 510, 600);
    expect(pace.perSecond).toBeCloseTo(127 * 0.9);
  });

  it('is lowered by refusals one after the other, however many calls were taken before', () => {
    let pace = noPace;
    for (let call = 0; call < 1_000; call += 1) pace = accept(pace, 500);
    pace = refuse(refuse(pace, 510, 540), 510, 540);
    expect(pace.perSecond).toBeUndefined();
    expect(refuse(pace, 510, 540).perSecond).toBe(900);
  });

  it('grows the faster the longer nothing is refused', () => {
    let pace: Pace = { ...refuse(refuse(noPace, 9, 39), 10, 40), perSecond: 20 };
    const rates: number[] = [];
    for (let now = 40; rates.length < 4; now += 1_000 / (pace.perSecond ?? 1)) {
      pace = accept(pace, now);
      if (now > 5_000 * (rates.length + 1)) rates.push(Math.round(pace.perSecond ?? 0));
    }
    expect(rates).toEqual([24, 36, 81, 397]);
  });

  it.each([5, 20, 50])('keeps the refused calls few at %i a second, and the rate near it', (limit) => {
    const calls = limit * 40;
    const { refused, seconds } = simulate(limit, calls);
    expect(refused).toBeLessThan(8 + calls * 0.1);
    expect(seconds).toBeLessThan((calls / limit) * 1.4);
  });
});
