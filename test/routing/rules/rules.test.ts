import { describe, expect, it } from '@jest/globals';
import { malformed, messageOf, rule, verdict, type Rule } from '../world.ts';
import { filters, kept, routeRules, type Filter } from './routed-rules.ts';

describe('rules as a whole', () => {
  it('a route without rules answers everything with 500', () => {
    const { rules } = routeRules([]);
    expect(rules).toEqual([
      {
        index: 0,
        matches: [{ path: { type: 'PathPrefix', value: '/' }, headers: [], queryParams: [] }],
        action: 'fail',
        backends: [],
      },
    ]);
  });

  it('a rule without backends answers 500 and leaves ResolvedRefs True', () => {
    const { rules, parent } = routeRules([{ matches: [{}] }]);
    expect(rules[0]?.action).toBe('fail');
    expect(verdict(parent.conditions, 'ResolvedRefs')).toBe('True/ResolvedRefs');
  });

  it('a rule keeps its name', () => {
    expect(kept({ name: 'canary' }).name).toBe('canary');
  });
});

describe('what Avi cannot do', () => {
  it.each<[string, Partial<Rule>, string]>([
    ['ExternalAuth', filters(malformed({ type: 'ExternalAuth', externalAuth: {} })), 'filters[0].externalAuth'],
    ['an unknown filter', filters(malformed({ type: 'Magic' })), 'filters[0].type'],
    ['a filter named like a built-in', filters(malformed({ type: 'constructor' })), 'filters[0].type'],
    ['retries by status', { retry: { attempts: 3, codes: [500] } }, 'retry.codes'],
    ['retries after a while', { retry: { backoff: '1s' } }, 'retry.backoff'],
    ['a negative number of retries', { retry: { attempts: -1 } }, 'retry.attempts'],
    [
      'an idle timeout of sessions',
      malformed({ sessionPersistence: { idleTimeout: '1m' } }),
      'sessionPersistence.idleTimeout',
    ],
  ])('%s drops the rule singly', (_, part, field) => {
    const { parent, rules } = routeRules([rule(), rule({ ...part, backendRefs: [{ name: 'app', port: 8080 }] })]);
    expect(verdict(parent.conditions, 'Accepted')).toBe('True/Accepted');
    expect(messageOf(parent.conditions, 'PartiallyInvalid')).toMatch(/^Dropped Rule 1: /);
    expect(messageOf(parent.conditions, 'PartiallyInvalid')).toContain(`spec.rules[1].${field}: `);
    expect(rules.map(({ index }) => index)).toEqual([0]);
  });

  it('refuses the route only when no rule remains', () => {
    const retrying = rule({ retry: { codes: [500] } });
    const { parent, result } = routeRules([retrying, retrying]);
    expect(verdict(parent.conditions, 'Accepted')).toBe('False/UnsupportedValue');
    expect(messageOf(parent.conditions, 'Accepted')).toContain('spec.rules[0].retry.codes');
    expect(verdict(parent.conditions, 'PartiallyInvalid')).toBeUndefined();
    expect(result.routes).toEqual([]);
  });

  it('names every dropped rule', () => {
    const retrying = rule({ retry: { codes: [500] } });
    const { parent } = routeRules([retrying, rule(), retrying]);
    expect(messageOf(parent.conditions, 'PartiallyInvalid')).toMatch(/^Dropped Rule 0: .*; Dropped Rule 2: /);
  });

  it('takes retries that are switched off', () => {
    const rules = kept({ retry: { attempts: 0, codes: [500], backoff: '1s' } });
    expect(rules.action).toBe('forward');
    expect(rules.retry).toBeUndefined();
  });
});

describe('ExtensionRef', () => {
  const extension: Filter = {
    type: 'ExtensionRef',
    extensionRef: { group: 'ako.vmware.com', kind: 'L7Rule', name: 'a' },
  };

  it('on a rule fails its requests and is never skipped', () => {
    const { parent, rules } = routeRules([rule(filters(extension))]);
    expect(rules[0]).toMatchObject({ action: 'fail' });
    expect(verdict(parent.conditions, 'Accepted')).toBe('True/Accepted');
    expect(verdict(parent.conditions, 'ResolvedRefs')).toBe('False/BackendNotFound');
    expect(messageOf(parent.conditions, 'ResolvedRefs')).toContain('not found');
  });

  it('on a rule with a redirect fails too', () => {
    const { rules } = routeRules([{ filters: [extension, { type: 'RequestRedirect', requestRedirect: {} }] }]);
    expect(rules[0]?.action).toBe('fail');
  });

  it('on a backend makes that backend invalid', () => {
    const { parent, rules } = routeRules([
      rule({
        backendRefs: [
          { name: 'app', port: 8080, filters: [extension] },
          { name: 'app', port: 8080 },
        ],
      }),
    ]);
    expect(rules[0]?.action).toBe('forward');
    expect(rules[0]?.backends.map(({ invalid }) => invalid?.reason)).toEqual(['InvalidKind', undefined]);
    expect(messageOf(parent.conditions, 'ResolvedRefs')).toContain('defined on HTTPRoute-Rule-BackendRef');
  });
});
