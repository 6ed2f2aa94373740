import { describe, expect, it } from '@jest/globals';
import { malformed, messageOf, rule, verdict, type Rule } from '../world.ts';
import { kept, routeRules } from './routed-rules.ts';

type Match = NonNullable<Rule['matches']>[number];

describe('matches', () => {
  const everything = { path: { type: 'PathPrefix', value: '/' }, headers: [], queryParams: [] };
  it.each<[string, readonly Match[] | undefined, unknown]>([
    ['none', undefined, [everything]],
    ['an empty list', [], [everything]],
    ['an empty match', [{}], [everything]],
    [
      'a path without type',
      [{ path: { value: '/a' } }],
      [{ ...everything, path: { type: 'PathPrefix', value: '/a' } }],
    ],
    ['a path without value', [{ path: { type: 'Exact' } }], [{ ...everything, path: { type: 'Exact', value: '/' } }]],
    [
      'a trailing slash is kept as written',
      [{ path: { value: '/a/' } }],
      [{ ...everything, path: { type: 'PathPrefix', value: '/a/' } }],
    ],
    [
      'a regular expression',
      [{ path: { type: 'RegularExpression', value: '^/a(/b)?$' } }],
      [{ ...everything, path: { type: 'RegularExpression', value: '^/a(/b)?$' } }],
    ],
    ['a method', [{ method: 'POST' }], [{ ...everything, method: 'POST' }]],
    [
      'a header',
      [{ headers: [{ name: 'X-A', value: 'b c' }] }],
      [{ ...everything, headers: [{ type: 'Exact', name: 'X-A', value: 'b c' }] }],
    ],
    [
      'a query parameter',
      [{ queryParams: [{ name: 'a', value: 'b' }] }],
      [{ ...everything, queryParams: [{ type: 'Exact', name: 'a', value: 'b' }] }],
    ],
  ])('%s', (_, matches, expected) => {
    expect(kept(matches ? { matches } : {}).matches).toEqual(expected);
  });

  it.each<[string, Match, string]>([
    ['a relative path', { path: { type: 'Exact', value: 'a' } }, 'path.value'],
    ['a double slash', { path: { value: '/a//b' } }, 'path.value'],
    ['a dot segment', { path: { value: '/a/../b' } }, 'path.value'],
    ['a final dot segment', { path: { value: '/a/..' } }, 'path.value'],
    ['an encoded slash', { path: { value: '/a%2Fb' } }, 'path.value'],
    ['a fragment', { path: { value: '/a#b' } }, 'path.value'],
    ['a line end in a path', { path: { value: '/a\nb' } }, 'path.value'],
    ['a long path', { path: { value: `/${'a'.repeat(1024)}` } }, 'path.value'],
    ['a number as path', { path: { value: malformed(7) } }, 'path.value'],
    ['an unknown path type', { path: { type: malformed('Glob'), value: '/a' } }, 'path.type'],
    ['a broken regular expression', { path: { type: 'RegularExpression', value: '/a(' } }, 'path.value'],
    ['look-ahead', { path: { type: 'RegularExpression', value: '/a(?=b)' } }, 'path.value'],
    ['a back reference', { path: { type: 'RegularExpression', value: '/(a)\\1' } }, 'path.value'],
    ['a line end in a regular expression', { path: { type: 'RegularExpression', value: '/a\r\n' } }, 'path.value'],
    ['a long regular expression', { path: { type: 'RegularExpression', value: `/${'a'.repeat(1024)}` } }, 'path.value'],
    ['an unknown method', { method: malformed('BREW') }, 'method'],
    [
      'a header regular expression',
      { headers: [{ type: 'RegularExpression', name: 'a', value: 'b' }] },
      'headers[0].type',
    ],
    [
      'a query regular expression',
      { queryParams: [{ type: 'RegularExpression', name: 'a', value: 'b' }] },
      'queryParams[0].type',
    ],
    [
      'more query parameters than one condition can hold',
      { queryParams: ['a', 'b', 'c', 'd'].map((name) => ({ name, value: '1' })) },
      'queryParams',
    ],
    ['an unknown header type', { headers: [{ type: malformed('Glob'), name: 'a', value: 'b' }] }, 'headers[0].type'],
    ['a header name with a blank', { headers: [{ name: 'a b', value: 'b' }] }, 'headers[0].name'],
    ['a header value with a line end', { headers: [{ name: 'a', value: 'b\r\nc: d' }] }, 'headers[0].value'],
    ['an empty header value', { headers: [{ name: 'a', value: '' }] }, 'headers[0].value'],
  ])('%s drops the rule and names the field', (_, match, field) => {
    const { parent, rules, result } = routeRules([rule(), rule({ matches: [{}, match] })]);
    const path = `spec.rules[1].matches[1].${field}`;
    expect(rules.map(({ index }) => index)).toEqual([0]);
    expect(verdict(parent.conditions, 'Accepted')).toBe('True/Accepted');
    expect(verdict(parent.conditions, 'PartiallyInvalid')).toBe('True/UnsupportedValue');
    expect(messageOf(parent.conditions, 'PartiallyInvalid')).toContain(`Dropped Rule 1: ${path}`);
    expect(result.problems).toContainEqual(
      expect.objectContaining({ resource: 'HTTPRoute/default/route', field: path }),
    );
  });
});
