import { describe, expect, it } from '@jest/globals';
import type { RoutedRule } from '../../../src/routing/result/routed-rule.ts';
import { malformed, messageOf, rule, type Rule } from '../world.ts';
import { kept, routeRules } from './routed-rules.ts';

describe('timeouts', () => {
  it.each<[Rule['timeouts'], RoutedRule['timeouts']]>([
    [{ request: '10s' }, { requestMs: 10_000 }],
    [
      { request: '1h2m3s4ms', backendRequest: '500ms' },
      { requestMs: 3_723_004, backendRequestMs: 500 },
    ],
    [
      { request: '0s', backendRequest: '5s' },
      { requestMs: 0, backendRequestMs: 5000 },
    ],
    [{ backendRequest: '1m' }, { backendRequestMs: 60_000 }],
    [
      { request: '7h', backendRequest: '6h' },
      { requestMs: 25_200_000, backendRequestMs: 21_600_000 },
    ],
    [{}, undefined],
  ])('%j', (timeouts, expected) => {
    expect(kept(timeouts ? { timeouts } : {}).timeouts).toEqual(expected);
  });

  it.each<[Rule['timeouts'], string]>([
    [{ request: '10' }, 'timeouts.request'],
    [{ request: '1.5s' }, 'timeouts.request'],
    [{ request: '-1s' }, 'timeouts.request'],
    [{ backendRequest: 'forever' }, 'timeouts.backendRequest'],
    [{ backendRequest: malformed(5) }, 'timeouts.backendRequest'],
    [{ request: '1s', backendRequest: '2s' }, 'timeouts.backendRequest'],
    [{ request: '6h1ms' }, 'timeouts.request'],
    [{ request: '0s', backendRequest: '99999h' }, 'timeouts.backendRequest'],
    [{ request: '8h', backendRequest: '7h' }, 'timeouts.backendRequest'],
  ])('%j drops the rule', (timeouts, field) => {
    const { parent } = routeRules([rule(timeouts ? { timeouts } : {}), rule()]);
    expect(messageOf(parent.conditions, 'PartiallyInvalid')).toContain(`Dropped Rule 0: spec.rules[0].${field}: `);
  });
});
