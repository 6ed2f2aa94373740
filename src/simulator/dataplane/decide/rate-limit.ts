import type { RateLimit, VirtualServiceProgram } from '../program/program.ts';
import type { ClientRequest } from '../http/request.ts';

/** Counts requests per rule in windows of the limiter's period. */
export interface RateLimits {
  /** Counts the request and says whether it is over the limit. */
  readonly isOverLimit: (
    virtualService: VirtualServiceProgram,
    rule: string,
    limit: RateLimit,
    request: ClientRequest,
  ) => boolean;
}

interface Window {
  readonly startedAt: number;
  count: number;
}

const MAX_WINDOWS = 10_000;

/** `now` returns milliseconds. */
export function createRateLimits(now: () => number): RateLimits {
  const windows = new Map<string, Window>();
  return {
    isOverLimit: (virtualService, rule, limit, request) => {
      const key = [
        virtualService.uuid,
        rule,
        limit.perClientIp ? request.clientIp : '',
        limit.perPath ? request.path : '',
      ].join('\0');
      const current = windows.get(key);
      const fresh = current !== undefined && now() - current.startedAt < limit.period * 1000;
      const window = fresh ? current : { startedAt: now(), count: 0 };
      window.count += 1;
      if (!fresh) windows.delete(key);
      windows.set(key, window);
      const oldest = windows.size > MAX_WINDOWS ? windows.keys().next().value : undefined;
      if (oldest !== undefined) windows.delete(oldest);
      return window.count > limit.count;
    },
  };
}
