import { describe, expect, it } from '@jest/globals';
import { malformed, rule, type Rule } from '../world.ts';
import { routeRules } from './routed-rules.ts';

describe('session persistence', () => {
  it.each([
    [{}, { by: 'cookie' }],
    [
      { sessionName: 'a', absoluteTimeout: '1h30s', cookieConfig: { lifetimeType: 'Permanent' } },
      { by: 'cookie', name: 'a', timeoutMinutes: 60, persistent: true },
    ],
    [
      { type: 'Header', sessionName: 'X-A' },
      { by: 'header', name: 'X-A' },
    ],
  ])('of %j holds for the backends of the rule', (sessionPersistence, profile) => {
    const { rules } = routeRules([malformed<Rule>({ ...rule(), sessionPersistence }), rule()]);
    expect(rules[0]?.backends[0]?.settings).toEqual({ persistence: { profile } });
    expect(rules[1]?.backends[0]?.settings).toBeUndefined();
  });
});
