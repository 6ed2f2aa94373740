/** Retries of a rule (httproute_types.go, HTTPRouteRetry), as far as Avi's server reselection promises them. */
import { drop, value, type Read } from '../backends/dropped.ts';
import type { RuleManifest } from './matches.ts';
import { integer, list } from '../../values/read.ts';
import type { RoutedRule } from '../result/routed-rule.ts';
import { reasonOf } from '../support.ts';

/** "attempts … default=1". */
const defaultAttempts = 1;

/** `path` is that of the rule. Undefined: no retry, also "an explicit zero value MUST disable retries". */
export function readRetry({ retry }: RuleManifest, path: string): Read<RoutedRule['retry']> {
  if (retry == null) return value(undefined);
  const attempts = retry.attempts == null ? defaultAttempts : integer(retry.attempts);
  if (attempts === undefined || attempts < 0) return drop(`${path}.retry.attempts`, 'must be 0 or more');
  if (attempts === 0) return value(undefined);
  if (list(retry.codes).length > 0) return drop(`${path}.retry.codes`, reasonOf('retryCodes'));
  if (retry.backoff != null) return drop(`${path}.retry.backoff`, reasonOf('retryBackoff'));
  return value({ attempts });
}
