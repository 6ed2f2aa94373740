import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { maxQueryParams } from '../../src/routing/rules/matches.ts';
import { queryPattern } from '../../src/translate/policies/query-pattern.ts';

function matches(params: readonly (readonly [string, string])[], query: string): boolean {
  return RE2JS.compile(queryPattern(params)).matcher(query).find();
}

describe('query pattern', () => {
  it.each([
    ['q=1', true],
    ['q=1&q=2', true],
    ['q=2&q=1', false],
    ['a=b&q=1', true],
    ['qq=1', false],
    ['aq=1', false],
    ['q=12', false],
    ['q', false],
    ['q&q=1', false],
    ['', false],
    ['a&&q=1', true],
    ['Q=1', false],
    ['qq=2&q=1', true],
    ['x=q=1', false],
  ])('q=1 in %j: %j', (query, expected) => {
    expect(matches([['q', '1']], query)).toBe(expected);
  });

  it.each([
    ['a b', 'v=a+b'],
    ['a b', 'v=a%20b'],
    ['a&b', 'v=a%26b'],
    ['a+b', 'v=a%2bb'],
    ['a+b', 'v=a%2Bb'],
    ['a=b', 'v=a=b'],
    ['a=b', 'v=a%3Db'],
    ['ä', 'v=%C3%A4'],
    ['(.*)', 'v=(.*)'],
    ['(.*)', 'v=%28.%2A%29'],
    ['%', 'v=%25'],
  ])('the value %j as %j', (value, query) => {
    expect(matches([['v', value]], query)).toBe(true);
  });

  it('takes no character of a value for a part of the pattern', () => {
    expect(matches([['v', '.*']], 'v=abc')).toBe(false);
    expect(matches([['v', 'a|b']], 'v=a')).toBe(false);
    expect(matches([['v', 'a+b']], 'v=a+b')).toBe(false);
    expect(matches([['a.b', '1']], 'axb=1')).toBe(false);
  });

  it('wants all parameters, in any order', () => {
    const params = [
      ['a', '1'],
      ['ab', '2'],
      ['c', '3'],
    ] as const;
    expect(matches(params, 'c=3&x&a=1&y=&ab=2&a=9')).toBe(true);
    expect(matches(params, 'ab=2&c=3&a=1')).toBe(true);
    expect(matches(params, 'ab=2&a=1')).toBe(false);
    expect(matches(params, 'ab=2&c=4&c=3&a=1')).toBe(false);
  });

  it('needs no look-ahead', () => {
    expect(queryPattern([['name', 'value']])).not.toContain('(?=');
    expect(queryPattern([['name', 'value']])).not.toContain('(?!');
  });

  it('refuses what it cannot express', () => {
    const params = Array.from({ length: maxQueryParams + 1 }, (_, index) => [`q${index}`, '1'] as const);
    expect(() => queryPattern(params)).toThrow('query parameters');
  });

  it('agrees with a parser of queries', () => {
    const name = fc.constantFrom('a', 'ab', 'b', 'a-b', "a'b", 'a!', 'a%', 'a&');
    const value = fc.constantFrom('', '1', '2', 'a b', '1&a=2', 'é', '=', '*');
    const pairs = fc.array(fc.tuple(name, value), { maxLength: 4 });
    const wanted = fc.uniqueArray(fc.tuple(name, value.filter(Boolean)), {
      minLength: 1,
      maxLength: maxQueryParams,
      selector: ([key]) => key,
    });
    const spelled = fc
      .tuple(pairs, fc.boolean())
      .map(([list, plain]) =>
        plain
          ? new URLSearchParams(list).toString()
          : list.map((pair) => pair.map(encodeURIComponent).join('=')).join('&'),
      );
    const check = fc.property(wanted, spelled, (params, query) => {
      const parsed = new URLSearchParams(query);
      expect([query, matches(params, query)]).toEqual([query, params.every(([key, own]) => parsed.get(key) === own)]);
    });
    fc.assert(check, { seed: 11, numRuns: 700 });
  });
});
