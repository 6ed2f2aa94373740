/** How long to wait before a call is tried again: exponential backoff with full jitter, unless the controller says. */

/** Limits of the retries of one call. */
export interface RetryLimits {
  /** Attempts in all, the first included. */
  readonly attempts: number;
  /** Milliseconds of the first backoff; doubles with each attempt. */
  readonly baseMs: number;
  /** Milliseconds that no backoff exceeds. */
  readonly capMs: number;
  /** The longest Retry-After that is waited for, in milliseconds. A longer one ends the call. */
  readonly longestRetryAfterMs: number;
}

export const defaultRetryLimits: RetryLimits = {
  attempts: 6,
  baseMs: 200,
  capMs: 20_000,
  longestRetryAfterMs: 120_000,
};

/**
 * @param attempt the attempt that failed, from 1.
 * @param failure whether another try may help, and the wait that the controller asked for.
 * @param random a number from 0 to 1.
 * @returns milliseconds to wait, or undefined to give up.
 */
export function retryDelay(
  attempt: number,
  failure: { readonly transient: boolean; readonly retryAfterMs?: number | undefined },
  random: number,
  limits: RetryLimits = defaultRetryLimits,
): number | undefined {
  if (!failure.transient || attempt >= limits.attempts) return undefined;
  const backoff = Math.round(random * Math.min(limits.capMs, limits.baseMs * 2 ** (attempt - 1)));
  if (failure.retryAfterMs === undefined) return backoff;
  return failure.retryAfterMs > limits.longestRetryAfterMs
    ? undefined
    : failure.retryAfterMs + Math.round(random * limits.baseMs);
}

/**
 * Milliseconds that a Retry-After header asks for (RFC 9110 section 10.2.3: seconds or a date).
 *
 * @param now milliseconds since the epoch.
 */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  const text = header?.trim();
  if (!text) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
