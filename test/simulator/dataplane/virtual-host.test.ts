import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decide } from '../../../src/simulator/dataplane/decide/decide.ts';
import { createFamilies } from '../../../src/simulator/dataplane/http/families.ts';
import type { EvhOrder } from '../../../src/simulator/dataplane/program/program.ts';
import { seededRandom } from '../../../src/simulator/random.ts';
import type { ClientRequest } from '../../../src/simulator/dataplane/http/request.ts';
import {
  linkProgram,
  possibleVirtualServices,
  withChildren,
  type Program,
} from '../../../src/simulator/dataplane/decide/virtual-host.ts';
import { anywhere, child, parent, vhMatch } from './tools/bodies.ts';
import { compileNamed, programOf, request } from './tools/program.ts';
import { createTestStore, uuid } from './tools/store.ts';

/** Host, criterion, value, ports (none: any). */
type Key = readonly [host: string, criteria: string, value: string, ports?: readonly number[]];

const id = (name: string): string => uuid('virtualservice', name);

type Children = Readonly<Record<string, readonly Key[]>>;

function storeOf(children: Children): ReturnType<typeof createTestStore> {
  const store = createTestStore();
  store.put('virtualservice', 'parent', parent('v'));
  for (const [name, keys] of Object.entries(children)) {
    const matches = keys.map(([host, criteria, value, ports]) =>
      vhMatch(host, { path: anywhere(criteria, value), ...(ports && { vs_port: { match_criteria: 'IS_IN', ports } }) }),
    );
    store.put('virtualservice', name, child('parent', matches));
  }
  return store;
}

const names = (program: Program, changes: Partial<ClientRequest>): readonly string[] =>
  [...possibleVirtualServices(program, request(changes))].map((found) => found.name).sort();

const possible = (
  children: Children,
  changes: Partial<ClientRequest>,
  order: EvhOrder = 'longest',
): readonly string[] => names(programOf(storeOf(children), 'parent', order), changes);

describe('among the children of a host', () => {
  const keys: Children = {
    equals: [['a.test', 'EQUALS', '/x']],
    short: [['a.test', 'BEGINS_WITH', '/']],
    long: [['a.test', 'BEGINS_WITH', '/x']],
  };
  it.each([
    ['/x', 'equals'],
    ['/xy', 'long'],
    ['/y', 'short'],
    ['/X', 'short'],
  ])('%s goes to %s', (path, expected) => {
    expect(possible(keys, { host: 'a.test', path })).toEqual([expected]);
  });

  it('leaves ties open', () => {
    expect(possible({ ...keys, twin: [['a.test', 'EQUALS', '/x']] }, { host: 'a.test', path: '/x' })).toEqual([
      'equals',
      'twin',
    ]);
  });

  it('lets a regular expression come before or after anything', () => {
    const regex: readonly Key[] = [['a.test', 'REGEX_MATCH', '^/x']];
    expect(possible({ ...keys, regex }, { host: 'a.test', path: '/x' })).toEqual(['equals', 'regex']);
    expect(possible({ ...keys, regex }, { host: 'a.test', path: '/xy' })).toEqual(['long', 'regex']);
    expect(possible({ ...keys, regex }, { host: 'a.test', path: '/z' })).toEqual(['short']);
  });

  it('takes the port into the match', () => {
    const ported: Children = {
      a: [['a.test', 'EQUALS', '/x', [80]]],
      b: [['a.test', 'BEGINS_WITH', '/', [8080]]],
    };
    expect(possible(ported, { host: 'a.test', path: '/x', port: 80 })).toEqual(['a']);
    expect(possible(ported, { host: 'a.test', path: '/x', port: 8080 })).toEqual(['b']);
  });
});

describe('among hosts', () => {
  const keys: Children = {
    exact: [['a.b.test', 'BEGINS_WITH', '/only']],
    narrow: [['*.b.test', 'BEGINS_WITH', '/narrow']],
    wide: [['*.test', 'BEGINS_WITH', '/']],
  };
  it.each<[string, string, readonly string[]]>([
    ['a.b.test', '/only', ['exact']],
    ['A.B.TEST:8080', '/only', ['exact']],
    ['a.b.test', '/narrow', ['narrow', 'parent']],
    ['a.b.test', '/', ['parent', 'wide']],
    ['x.y.b.test', '/narrow', ['narrow']],
    ['b.test', '/', ['wide']],
    ['test', '/', ['parent']],
    ['other', '/', ['parent']],
    ['', '/', ['parent']],
  ])('%s %s', (host, path, expected) => {
    expect(possible(keys, { host, path })).toEqual(expected);
  });

  it('in random order any matching child may answer, the parent only when none matches', () => {
    expect(possible(keys, { host: 'a.b.test', path: '/only' }, 'random')).toEqual(['exact', 'wide']);
    expect(possible(keys, { host: 'b.test', path: '/' }, 'random')).toEqual(['wide']);
    expect(possible(keys, { host: 'no', path: '/' }, 'random')).toEqual(['parent']);
  });
});

describe('decide', () => {
  it('chooses each possibility at times, and nothing else', () => {
    const program = programOf(
      storeOf({ one: [['a.test', 'EQUALS', '/']], two: [['a.test', 'EQUALS', '/']] }),
      'parent',
    );
    const random = seededRandom(7);
    const chosen = Array.from(
      { length: 200 },
      () => decide(program, request({ host: 'a.test' }), random).virtualService.name,
    );
    expect(new Set(chosen)).toEqual(new Set(['one', 'two']));
    expect(chosen.filter((name) => name === 'one').length).toBeGreaterThan(70);
  });

  it('leaves out children that are disabled or not eligible', () => {
    const store = storeOf({ one: [['a.test', 'EQUALS', '/']] });
    const program = programOf(store, 'parent');
    expect(
      [...possibleVirtualServices(program, request({ host: 'a.test' }), () => false)].map(({ name }) => name),
    ).toEqual(['parent']);
    store.put(
      'virtualservice',
      'one',
      child('parent', [vhMatch('a.test', { path: anywhere('EQUALS', '/') })], { enabled: false }),
    );
    expect(names(programOf(store, 'parent'), { host: 'a.test' })).toEqual(['parent']);
  });
});

/** The rules of selection, read off without any index. */
function oracle(children: Children, host: string, path: string, port: number): readonly string[] {
  const all = Object.entries(children).flatMap(([name, keys]) => keys.map((key) => ({ name, key })));
  const covers = (pattern: string): boolean =>
    pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) && host.length > pattern.length - 1 : host === pattern;
  const hosts = [...new Set(all.map(({ key }) => key[0]))]
    .filter(covers)
    .sort((a, b) => Number(a.startsWith('*')) - Number(b.startsWith('*')) || b.length - a.length);
  const holds = ([, criteria, value, ports]: Key): boolean =>
    (ports?.includes(port) ?? true) &&
    (criteria === 'EQUALS'
      ? path === value
      : criteria === 'BEGINS_WITH'
        ? path.startsWith(value)
        : path.includes(value));
  const found = new Set<string>();
  for (const candidate of hosts) {
    const hits = all.filter(({ key }) => key[0] === candidate && holds(key));
    const equals = hits.filter(({ key }) => key[1] === 'EQUALS');
    const prefixes = hits.filter(({ key }) => key[1] === 'BEGINS_WITH');
    const longest = Math.max(...prefixes.map(({ key }) => key[2].length));
    const best = equals.length > 0 ? equals : prefixes.filter(({ key }) => key[2].length === longest);
    [...best, ...hits.filter(({ key }) => key[1] === 'CONTAINS')].forEach(({ name }) => found.add(name));
    if (hits.length > 0) return [...found].sort();
    found.add('parent');
  }
  return [...found.add('parent')].sort();
}

const key = fc.tuple(
  fc.constantFrom('a.b.test', 'b.test', '*.b.test', '*.test'),
  fc.constantFrom('EQUALS', 'BEGINS_WITH', 'CONTAINS'),
  fc.constantFrom('/', '/x', '/x/', '/x/y'),
  fc.constantFrom(undefined, [80], [8080]),
);
const configuration = fc.dictionary(
  fc.constantFrom('c1', 'c2', 'c3', 'c4'),
  fc.array(key, { minLength: 1, maxLength: 4 }),
);
const asked = fc.record({
  host: fc.constantFrom('a.b.test', 'z.b.test', 'b.test', 'test'),
  path: fc.constantFrom('/', '/x', '/x/', '/x/y', '/q'),
  port: fc.constantFrom(80, 8080),
});

describe('properties', () => {
  it('the index finds what a plain reading of the rules finds', () => {
    fc.assert(
      fc.property(configuration, asked, (children, { host, path, port }) => {
        const typed = children as Children;
        expect(possible(typed, { host, path, port })).toEqual(oracle(typed, host, path, port));
      }),
      { seed: 3, numRuns: 400 },
    );
  });

  it('replacing children, in batches of any size, ends in the same program as linking them at once', () => {
    fc.assert(
      fc.property(configuration, configuration, fc.boolean(), asked, (before, after, atOnce, where) => {
        const first = storeOf(before);
        const final = storeOf(after);
        const families = createFamilies('longest');
        families.update(id('parent'), undefined, compileNamed(final, 'parent'));
        Object.keys(before).forEach((name) => families.update(id(name), undefined, compileNamed(first, name)));
        families.programOf(id('parent'));
        for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
          families.update(
            id(name),
            name in before ? compileNamed(first, name) : undefined,
            name in after ? compileNamed(final, name) : undefined,
          );
          if (!atOnce) families.programOf(id('parent'));
        }
        const program = families.programOf(id('parent'))!;
        expect(names(program, where)).toEqual(names(programOf(final, 'parent'), where));
        const hosts = Object.values(after as Children).flatMap((keys) => keys.map(([host]) => host));
        expect(program.exact.size + program.wildcards.size).toBe(new Set(hosts).size);
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it('a parent that comes back finds its children', () => {
    const store = storeOf({ one: [['a.test', 'EQUALS', '/']] });
    const [above, one] = [compileNamed(store, 'parent'), compileNamed(store, 'one')];
    const families = createFamilies('longest');
    families.update(one.uuid, undefined, one);
    expect(families.programOf(above.uuid)).toBeUndefined();
    families.update(above.uuid, undefined, above);
    expect(names(families.programOf(above.uuid)!, { host: 'a.test' })).toEqual(['one']);
    families.update(above.uuid, above, undefined);
    expect(families.programOf(above.uuid)).toBeUndefined();
    families.update(above.uuid, undefined, above);
    expect(names(families.programOf(above.uuid)!, { host: 'a.test' })).toEqual(['one']);
  });

  it('withChildren leaves the former program as it was', () => {
    const store = storeOf({ one: [['a.test', 'EQUALS', '/']] });
    const former = linkProgram(compileNamed(store, 'parent'), [compileNamed(store, 'one')], 'longest');
    withChildren(former, new Map([[id('one'), undefined]]));
    expect(names(former, { host: 'a.test' })).toEqual(['one']);
  });
});
