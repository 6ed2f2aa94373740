import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  compareSpecificity,
  covers,
  isHostname,
  isPreciseHostname,
  matches,
  meet,
  normalizeHostname,
} from '../../src/values/hostnames.ts';

const label = fc.constantFrom('a', 'b', 'c');
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const hostname = fc.oneof(
  fc.constant(undefined),
  name,
  name.map((suffix) => `*.${suffix}`),
);

describe('meet', () => {
  it.each<[string | undefined, string | undefined, string | undefined | false]>([
    [undefined, undefined, undefined],
    [undefined, 'a.x', 'a.x'],
    ['*.x', undefined, '*.x'],
    ['*.x', 'a.x', 'a.x'],
    ['*.x', 'a.b.x', 'a.b.x'],
    ['*.x', '*.b.x', '*.b.x'],
    ['*.x', 'x', false],
    ['*.x', 'a.y', false],
    ['*.x', 'ax', false],
    ['*.example.com', 'evilexample.com', false],
    ['a.x', 'b.x', false],
    ['*.b.x', '*.c.x', false],
  ])('%s and %s meet in %s', (a, b, expected) => {
    expect(meet(a, b)).toBe(expected);
    expect(meet(b, a)).toBe(expected);
  });

  it('stands for exactly the hosts that both stand for', () => {
    fc.assert(
      fc.property(hostname, hostname, name, (a, b, host) => {
        const met = meet(a, b);
        expect(met !== false && matches(met, host)).toBe(matches(a, host) && matches(b, host));
      }),
      { seed: 1 },
    );
  });
});

describe('covers', () => {
  it('agrees with the hosts that match', () => {
    fc.assert(
      fc.property(hostname, hostname, name, (a, b, host) => {
        if (covers(a, b) && matches(b, host)) expect(matches(a, host)).toBe(true);
      }),
      { seed: 2 },
    );
  });
});

describe('compareSpecificity', () => {
  it.each<[string | undefined, string | undefined]>([
    ['a.x', '*.a.very.long.wildcard.x'],
    ['*.a.x', '*.x'],
    ['*.x', undefined],
    ['longer.x', 'short.x'],
  ])('puts %s before %s', (first, second) => {
    expect(compareSpecificity(first, second)).toBeLessThan(0);
    expect(compareSpecificity(second, first)).toBeGreaterThan(0);
  });
});

describe('isHostname', () => {
  it.each(['a', 'a.b', '*.a.b', 'xn--bcher-kva.example', '1.2.3.example'])('takes %s', (text) => {
    expect(isHostname(text)).toBe(true);
  });

  it.each(['', '*', '*.', 'a..b', '-a', 'a_b', 'A', 'a.*.b', '10.0.0.1', 'a b', `${'a.'.repeat(127)}a`])(
    'refuses %j',
    (text) => {
      expect(isHostname(text)).toBe(false);
    },
  );

  it('refuses a wildcard where a precise name is asked for', () => {
    expect(isPreciseHostname('*.a.b')).toBe(false);
  });
});

it('compares names without case', () => {
  expect(normalizeHostname('App.Example.COM')).toBe('app.example.com');
  expect(normalizeHostname('')).toBeUndefined();
});
