/**
 * How fast a controller that answers 429 is called: no pace until it refuses calls as too many, then the rate that it has
 * shown to take, more each second that it takes it, and less when it refuses again (additive increase, multiplicative
 * decrease). A refusal that is alone among many calls says nothing of the rate.
 */

/** A value; each function returns the next one. Times in milliseconds. */
export interface Pace {
  /** Calls a second; undefined: as fast as they come. */
  readonly perSecond: number | undefined;
  /** When the next call may start. */
  readonly nextAt: number;
  /** When the rate was last lowered; refusals of calls sent before say nothing new. */
  readonly loweredAt: number;
  /** Calls taken since `countedFrom`. */
  readonly taken: number;
  /** The most that were taken in a second, less each second. */
  readonly mostTaken: number;
  /** Calls taken, and refused; each second that has passed counts less. */
  readonly takenLately: number;
  readonly refusedLately: number;
  /** Refusals since a call was taken. */
  readonly inARow: number;
  readonly countedFrom: number;
}

export const noPace: Pace = {
  perSecond: undefined,
  nextAt: 0,
  loweredAt: -Infinity,
  taken: 0,
  mostTaken: 0,
  takenLately: 0,
  refusedLately: 0,
  inARow: 0,
  countedFrom: 0,
};

const second = 1_000;
/** Of what was taken, when there was no pace; of the rate, after each further refusal. */
const keptAtFirst = 0.9;
const keptLater = 0.85;
/**
 * Calls a second more, for each second without a refusal: a share of the rate, and at least so many. Twice as much after
 * each `doubledAfterMs`, up to `fastest` times: then the rate was not what was wrong, or is not any more.
 */
const raiseShare = 0.04;
const leastRaise = 0.3;
const doubledAfterMs = 5_000;
const fastest = 16;
/** What counts of calls and of the most taken, a second later. */
const rememberedShare = 0.7;
const rememberedMost = 0.9;
/** A controller that gets too many calls refuses so many one after the other, or more than one lately of so few. */
const together = 3;
const moreThanOne = 1.5;
const fewAmong = 20;
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
  const before = count(pace, now);
  const counted = { ...before, taken: before.taken + 1, takenLately: before.takenLately + 1, inARow: 0 };
  const { perSecond, loweredAt } = counted;
  if (perSecond === undefined) return counted;
  const faster = Math.min(fastest, 2 ** Math.floor((now - loweredAt) / doubledAfterMs));
  return { ...counted, perSecond: perSecond + faster * Math.max(leastRaise / perSecond, raiseShare) };
}

/** The controller refused a call as one too many. */
export function refuse(pace: Pace, sentAt: number, now: number): Pace {
  if (sentAt <= pace.loweredAt) return pace;
  const before = count(pace, now);
  const counted = { ...before, refusedLately: before.refusedLately + 1, inARow: before.inARow + 1 };
  if (saysNothing(counted)) return counted;
  const shown = Math.max(counted.taken, counted.mostTaken) * keptAtFirst;
  const perSecond = Math.max(1, counted.perSecond === undefined ? shown : counted.perSecond * keptLater);
  const nextAt = Math.max(counted.nextAt, now + second / perSecond);
  return { ...counted, perSecond, loweredAt: now, inARow: 0, nextAt };
}

/** Whether the refusals have other reasons than the rate. */
function saysNothing({ takenLately, refusedLately, inARow }: Pace): boolean {
  return inARow < together && (refusedLately < moreThanOne || takenLately >= fewAmong * refusedLately);
}

/** Begins a new second where the last is over. */
function count(pace: Pace, now: number): Pace {
  const seconds = Math.floor((now - pace.countedFrom) / second);
  if (seconds < 1) return pace;
  const share = rememberedShare ** seconds;
  return {
    ...pace,
    taken: 0,
    mostTaken: Math.max(pace.taken, pace.mostTaken) * rememberedMost ** seconds,
    takenLately: pace.takenLately * share,
    refusedLately: pace.refusedLately * share,
    countedFrom: now,
  };
}
