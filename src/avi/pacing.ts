/**
 * How fast a controller that answers 429 is called: no pace until the first refusal, then the rate that it has shown to
 * take, a little more each second that it takes it, and less after each refusal that is not alone (additive increase, multiplicative decrease).
 */

/** A value; each function returns the next one. Times in milliseconds. */
export interface Pace {
  /** Calls a second; undefined: as fast as they come. */
  readonly perSecond: number | undefined;
  /** When the next call may start. */
  readonly nextAt: number;
  /** When the rate was last lowered; refusals of calls sent before say nothing new. */
  readonly loweredAt: number;
  /** Calls taken since `countedFrom`, and in the second before. */
  readonly taken: number;
  readonly takenBefore: number;
  /** Calls refused likewise. */
  readonly refused: number;
  readonly refusedBefore: number;
  readonly countedFrom: number;
}

const noCalls = { takenBefore: 0, refusedBefore: 0 } as const;

export const noPace: Pace = {
  perSecond: undefined,
  nextAt: 0,
  loweredAt: -Infinity,
  taken: 0,
  refused: 0,
  ...noCalls,
  countedFrom: 0,
};

const second = 1_000;
/** Of what was taken, after the first refusal; of the rate, after each further one. */
const keptAtFirst = 0.9;
const keptLater = 0.85;
/** Calls a second more, for each second without a refusal: a share of the rate, and at least so many. */
const raiseShare = 0.04;
const leastRaise = 0.3;
/** One refusal in two seconds, or one among so many calls, says nothing of the rate: it has other reasons. */
const loneAmong = 50;
/** After so many milliseconds without a refusal there is no pace again. */
const forgottenAfterMs = 60_000;

/** Takes the next place for a call. */
export function reserve(pace: Pace, now: number): { readonly pace: Pace; readonly waitMs: number } {
  if (pace.perSecond === undefined) return { pace, waitMs: 0 };
  if (now - pace.loweredAt > forgottenAfterMs) return { pace: { ...pace, perSecond: undefined }, waitMs: 0 };
  const start = Math.max(now, pace.nextAt);
  return { pace: { ...pace, nextAt: start + second / pace.perSecond }, waitMs: start - now };
}

/** The controller took a call, whatever it answered. */
export function accept(pace: Pace, now: number): Pace {
  const counted = count(pace, now);
  const { perSecond } = counted;
  return {
    ...counted,
    taken: counted.taken + 1,
    ...(perSecond !== undefined && { perSecond: perSecond + Math.max(leastRaise / perSecond, raiseShare) }),
  };
}

/** The controller refused a call as one too many. */
export function refuse(pace: Pace, sentAt: number, now: number): Pace {
  if (sentAt <= pace.loweredAt) return pace;
  const before = count(pace, now);
  const counted = { ...before, refused: before.refused + 1 };
  if (isLone(counted)) return counted;
  const shown = Math.max(counted.taken, counted.takenBefore) * keptAtFirst;
  const perSecond = Math.max(1, counted.perSecond === undefined ? shown : counted.perSecond * keptLater);
  return { ...counted, perSecond, loweredAt: now, nextAt: Math.max(counted.nextAt, now + second / perSecond) };
}

function isLone({ taken, takenBefore, refused, refusedBefore }: Pace): boolean {
  const all = refused + refusedBefore;
  return all === 1 || taken + takenBefore >= loneAmong * all;
}

/** Begins a new second where the last is over. */
function count(pace: Pace, now: number): Pace {
  const elapsed = now - pace.countedFrom;
  if (elapsed < second) return pace;
  const { taken, refused } = pace;
  const before = elapsed < 2 * second ? { takenBefore: taken, refusedBefore: refused } : noCalls;
  return { ...pace, ...before, taken: 0, refused: 0, countedFrom: now };
}
