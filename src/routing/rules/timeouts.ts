/** Timeouts of a rule (httproute_types.go, HTTPRouteTimeouts) and durations (GEP-2257). */
import { drop, value, type Read } from '../backends/dropped.ts';
import type { RuleManifest } from './matches.ts';
import { text } from '../../values/read.ts';
import type { RoutedRule } from '../result/routed-rule.ts';

/** Of Avi's `server_timeout`, in milliseconds. */
const longestTimeout = 21_600_000;

const duration = /^(?:[0-9]{1,5}(?:h|m|s|ms)){1,4}$/;
const part = /([0-9]{1,5})(ms|h|m|s)/g;
const milliseconds: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** A Gateway API duration in milliseconds; undefined when the text is none. */
export function parseDuration(given: string): number | undefined {
  if (!duration.test(given)) return undefined;
  return [...given.matchAll(part)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (milliseconds[unit ?? ''] ?? 0),
    0,
  );
}

/** `path` is that of the rule. 0 means that the timeout is switched off. */
export function readTimeouts(rule: RuleManifest, path: string): Read<RoutedRule['timeouts']> {
  const { timeouts } = rule;
  if (timeouts == null) return value(undefined);
  const request = readDuration(timeouts.request, `${path}.timeouts.request`);
  if ('dropped' in request) return request;
  const backendRequest = readDuration(timeouts.backendRequest, `${path}.timeouts.backendRequest`);
  if ('dropped' in backendRequest) return backendRequest;
  const [whole, single] = [request.value, backendRequest.value];
  if (whole === undefined && single === undefined) return value(undefined);
  if (whole && single && single > whole) {
    return drop(`${path}.timeouts.backendRequest`, 'must not be longer than timeouts.request');
  }
  const bound = single ? 'backendRequest' : 'request';
  if ((single || whole || 0) > longestTimeout) {
    return drop(`${path}.timeouts.${bound}`, 'must not be longer than 6h, which is the longest that Avi takes');
  }
  return value({
    ...(whole === undefined ? {} : { requestMs: whole }),
    ...(single === undefined ? {} : { backendRequestMs: single }),
  });
}

function readDuration(given: unknown, path: string): Read<number | undefined> {
  if (given == null) return value(undefined);
  const parsed = parseDuration(text(given) ?? '');
  return parsed === undefined ? drop(path, 'is not a duration such as 10s or 1m30s') : value(parsed);
}
