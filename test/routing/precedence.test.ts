import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  comparePrecedence,
  effectiveHeaders,
  effectiveQueryParams,
  normalizePrefix,
  type PrecedenceEntry,
} from '../../src/routing/routes/precedence.ts';
import type { PathMatch, RuleMatch } from '../../src/routing/result/routed-match.ts';

const base: PrecedenceEntry = {
  hostname: undefined,
  match: match({ type: 'PathPrefix', value: '/' }),
  createdAt: '2026-01-01T00:00:00Z',
  namespace: 'default',
  name: 'route',
  ruleIndex: 0,
  matchIndex: 0,
};

function match(path: PathMatch, rest: Partial<RuleMatch> = {}): RuleMatch {
  return { path, headers: [], queryParams: [], ...rest };
}

const header = (name: string) => ({ type: 'Exact', name, value: 'v' });
const prefix = (value: string, rest: Partial<RuleMatch> = {}) => match({ type: 'PathPrefix', value }, rest);
const exact = (value: string) => match({ type: 'Exact', value });
const regex = (value: string) => match({ type: 'RegularExpression', value });

describe('comparePrecedence', () => {
  it.each<[string, Partial<PrecedenceEntry>, Partial<PrecedenceEntry>]>([
    [
      'S1 the route hostname outranks the path',
      { hostname: 'a.x', match: prefix('/') },
      { hostname: '*.x', match: exact('/a') },
    ],
    ['S2 an exact hostname before a longer wildcard', { hostname: 'a.x' }, { hostname: '*.long.name.x' }],
    ['S2 a longer wildcard before a shorter', { hostname: '*.a.x' }, { hostname: '*.x' }],
    ['S2 any hostname before none', { hostname: '*.x' }, {}],
    ['S7 Exact before a longer prefix', { match: exact('/a') }, { match: prefix('/a/b/c') }],
    ['S7 the longer prefix', { match: prefix('/a/b') }, { match: prefix('/a') }],
    ['S9 every prefix before regular expressions', { match: prefix('/') }, { match: regex('/a.*long') }],
    [
      'S7 a method before headers',
      { match: prefix('/', { method: 'GET' }) },
      { match: prefix('/', { headers: [header('a')] }) },
    ],
    [
      'S7 more headers before more query parameters',
      { match: prefix('/', { headers: [header('a'), header('b')] }) },
      { match: prefix('/', { headers: [header('a')], queryParams: [header('a'), header('b')] }) },
    ],
    ['S7 more query parameters', { match: prefix('/', { queryParams: [header('a')] }) }, {}],
    ['S7 the oldest route', {}, { createdAt: '2026-01-01T00:00:01Z' }],
    ['S7 an older route with another offset', { createdAt: '2026-01-01T00:30:00+01:00' }, {}],
    ['S7 a route without time is the youngest', { createdAt: '2030-01-01T00:00:00Z', name: 'z' }, { createdAt: '' }],
    ['S7 namespace/name as one text', { namespace: 'a-b', name: 'c' }, { namespace: 'a', name: 'c' }],
    ['S7 the first name', { name: 'a' }, { name: 'b' }],
    ['S11 the first rule', { matchIndex: 5 }, { ruleIndex: 1 }],
    ['S11 the first match', {}, { matchIndex: 1 }],
  ])('%s', (_, first, second) => {
    expect(comparePrecedence({ ...base, ...first }, { ...base, ...second })).toBeLessThan(0);
    expect(comparePrecedence({ ...base, ...second }, { ...base, ...first })).toBeGreaterThan(0);
  });

  it('S8 takes the length of a prefix without its trailing slash', () => {
    const slashed = { ...base, match: prefix('/match/'), name: 'z' };
    expect(comparePrecedence({ ...base, match: prefix('/match') }, slashed)).toBeLessThan(0);
    expect(comparePrecedence({ ...base, match: prefix('/match/a') }, slashed)).toBeLessThan(0);
  });

  it('S10 counts headers that are equal without case once', () => {
    const twice = prefix('/', { headers: [header('X-A'), header('x-a')] });
    const two = prefix('/', { headers: [header('x-a'), header('x-b')] });
    expect(comparePrecedence({ ...base, match: two, name: 'z' }, { ...base, match: twice })).toBeLessThan(0);
    expect(effectiveHeaders(twice)).toEqual([header('X-A')]);
    expect(effectiveQueryParams(prefix('/', { queryParams: [header('a'), header('A'), header('a')] }))).toHaveLength(2);
  });

  it('is a strict total order', () => {
    const entry = fc.record({
      hostname: fc.constantFrom(undefined, 'a.x', '*.x', '*.a.x'),
      match: fc.constantFrom(
        exact('/a'),
        prefix('/'),
        prefix('/a'),
        prefix('/a/'),
        prefix('/a', { method: 'GET' }),
        regex('x'),
        prefix('/', { grpc: {} }),
        prefix('/a', { grpc: { service: 'a' } }),
        match({ type: 'Exact', value: '/a/b' }, { grpc: { service: 'a', method: 'b' }, headers: [header('a')] }),
        match({ type: 'RegularExpression', value: '^/[^/]+/bc$' }, { grpc: { method: 'bc' } }),
      ),
      createdAt: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', ''),
      namespace: fc.constantFrom('a', 'a-b'),
      name: fc.constantFrom('a', 'b'),
      ruleIndex: fc.nat(1),
      matchIndex: fc.nat(1),
    });
    fc.assert(
      fc.property(entry, entry, entry, (a, b, c) => {
        const sign = (x: PrecedenceEntry, y: PrecedenceEntry) => Math.sign(comparePrecedence(x, y));
        expect(sign(a, b) + sign(b, a)).toBe(0);
        expect(sign(a, a)).toBe(0);
        if (sign(a, b) < 0 && sign(b, c) < 0) expect(sign(a, c)).toBe(-1);
        if (sign(a, b) === 0 && sign(b, c) === 0) expect(sign(a, c)).toBe(0);
      }),
      { seed: 3, numRuns: 2000 },
    );
  });
});

describe('normalizePrefix', () => {
  it.each([
    ['/', '/'],
    ['/a', '/a'],
    ['/a/', '/a'],
    ['/a/b/', '/a/b'],
  ])('%s is %s', (given, expected) => {
    expect(normalizePrefix(given)).toBe(expected);
  });
});
