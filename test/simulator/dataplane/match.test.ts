import { describe, expect, it } from '@jest/globals';
import { compileRequestMatch, compileResponseMatch } from '../../../src/simulator/dataplane/decide/match.ts';
import type { ClientRequest } from '../../../src/simulator/dataplane/http/request.ts';
import { createTestStore } from './tools/store.ts';
import { request } from './tools/program.ts';

type Body = Readonly<Record<string, unknown>>;
const store = createTestStore();
const group = store.put('stringgroup', 'g', { kv: [{ key: '/one' }, { key: '/two' }] });
const addresses = store.put('ipaddrgroup', 'a', {
  prefixes: [{ ip_addr: { addr: '10.1.0.0', type: 'V4' }, mask: 16 }],
});
const matches = (target: Body, changes: Partial<ClientRequest>): boolean =>
  compileRequestMatch(target, store.resolve).test(request(changes));

const path = (criteria: string, values: readonly string[], more: Body = {}): Body => ({
  path: { match_criteria: criteria, match_case: 'SENSITIVE', match_str: values, ...more },
});

describe('path', () => {
  it.each([
    ['BEGINS_WITH', '/a', '/ab', true],
    ['BEGINS_WITH', '/a', '/A', false],
    ['DOES_NOT_BEGIN_WITH', '/a', '/b', true],
    ['CONTAINS', 'b', '/abc', true],
    ['DOES_NOT_CONTAIN', 'b', '/abc', false],
    ['ENDS_WITH', '.js', '/x.js', true],
    ['DOES_NOT_END_WITH', '.js', '/x.js', false],
    ['EQUALS', '/a', '/a', true],
    ['EQUALS', '/a', '/a/', false],
    ['DOES_NOT_EQUAL', '/a', '/a', false],
    ['REGEX_MATCH', '^/v[0-9]+$', '/v12', true],
    ['REGEX_MATCH', 'v[0-9]', '/x/v1/y', true],
    ['REGEX_DOES_NOT_MATCH', '^/v[0-9]+$', '/v12', false],
  ])('%s %s on %s is %s', (criteria, value, given, expected) => {
    expect(matches(path(criteria, [value]), { path: given })).toBe(expected);
  });

  it('ignores case unless told, as the default of match_case says', () => {
    expect(matches({ path: { match_criteria: 'EQUALS', match_str: ['/A'] } }, { path: '/a' })).toBe(true);
    expect(matches({ path: { match_criteria: 'REGEX_MATCH', match_str: ['^/A$'] } }, { path: '/a' })).toBe(true);
  });

  it('matches the decoded path unless match_decoded_string is false', () => {
    expect(matches(path('EQUALS', ['/a b']), { path: '/a%20b' })).toBe(true);
    expect(matches(path('EQUALS', ['/a b'], { match_decoded_string: false }), { path: '/a%20b' })).toBe(false);
    expect(matches(path('EQUALS', ['/%ff%zz']), { path: '/%ff%zz' })).toBe(true);
  });

  it('ORs its values and those of string groups; a negative criterion wants none of them', () => {
    const grouped = path('EQUALS', ['/three'], { string_group_refs: [group] });
    expect(['/one', '/two', '/three', '/four'].map((value) => matches(grouped, { path: value }))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(matches(path('DOES_NOT_EQUAL', ['/x', '/y']), { path: '/y' })).toBe(false);
  });

  it.each(['^(?=a)b', '(?!x)', '(a)\\1', '('])(
    'never matches and says so for a pattern that RE2 lacks: %s',
    (pattern) => {
      for (const criteria of ['REGEX_MATCH', 'REGEX_DOES_NOT_MATCH']) {
        const match = compileRequestMatch(path(criteria, [pattern]), store.resolve);
        expect(match.test(request({ path: 'ab' }))).toBe(false);
        expect(match.problems.join()).toContain(JSON.stringify(pattern));
      }
    },
  );

  it('is not hung by a pattern that makes backtracking engines hang', () => {
    expect(matches(path('REGEX_MATCH', ['^/(a+)+$']), { path: `/${'a'.repeat(5000)}!` })).toBe(false);
  });
});

describe('headers, host, cookie and query', () => {
  const hdr = (criteria: string, value?: readonly string[]): Body => ({
    hdrs: [{ hdr: 'X-A', match_criteria: criteria, match_case: 'SENSITIVE', value }],
  });
  it.each([
    [hdr('HDR_EXISTS'), { 'x-a': ['1'] }, true],
    [hdr('HDR_DOES_NOT_EXIST'), { 'x-a': ['1'] }, false],
    [hdr('HDR_EQUALS', ['1', '2']), { 'x-a': ['2'] }, true],
    [hdr('HDR_EQUALS', ['a']), { 'x-a': ['A'] }, false],
    [hdr('HDR_EQUALS', ['1, 2']), { 'x-a': ['1', '2'] }, false],
    [hdr('HDR_DOES_NOT_EQUAL', ['2']), { 'x-a': ['1', '2'] }, false],
    [hdr('HDR_BEGINS_WITH', ['ab']), { 'x-a': ['abc'] }, true],
    [hdr('HDR_EQUALS', ['1']), {}, false],
    [hdr('HDR_EQUALS', ['1']), { constructor: ['1'] }, false],
  ])('%j on %j is %s', (target, headers, expected) => {
    expect(matches(target, { headers })).toBe(expected);
  });

  it('wants all hdrs', () => {
    const both = { hdrs: [...(hdr('HDR_EXISTS')['hdrs'] as Body[]), { hdr: 'X-B', match_criteria: 'HDR_EXISTS' }] };
    expect(matches(both, { headers: { 'x-a': ['1'] } })).toBe(false);
    expect(matches(both, { headers: { 'x-a': ['1'], 'x-b': ['1'] } })).toBe(true);
  });

  it('does not strip the port from Host', () => {
    const host = (value: string[]): Body => ({ host_hdr: { match_criteria: 'HDR_EQUALS', value } });
    expect(matches(host(['a.test']), { host: 'A.test' })).toBe(true);
    expect(matches(host(['a.test']), { host: 'a.test:8080' })).toBe(false);
    expect(matches(host(['a.test', 'a.test:8080']), { host: 'a.test:8080' })).toBe(true);
  });

  it('reads one cookie among several', () => {
    const cookie = { cookie: { name: 'b', match_criteria: 'HDR_EQUALS', value: '2' } };
    expect(matches(cookie, { headers: { cookie: ['a=1; b=2'] } })).toBe(true);
    expect(matches(cookie, { headers: { cookie: ['ab=2'] } })).toBe(false);
  });

  it.each([
    ['QUERY_MATCH_EXISTS', [], 'a', true],
    ['QUERY_MATCH_DOES_NOT_EXIST', [], '', true],
    ['QUERY_MATCH_CONTAINS', ['b=2'], 'a=1&b=2', true],
    ['QUERY_MATCH_EQUALS', ['a=x y'], 'a=x%20y', true],
    ['QUERY_MATCH_REGEX_MATCH', ['^(?:.*&)?b=2(?:&.*)?$'], 'a=1&b=2', true],
    ['QUERY_MATCH_REGEX_MATCH', ['^(?:.*&)?b=2(?:&.*)?$'], 'a=1&bb=2', false],
    ['QUERY_MATCH_REGEX_DOES_NOT_MATCH', ['b'], 'a', true],
  ])('query %s %j on %s is %s', (criteria, values, query, expected) => {
    const target = { query: { match_criteria: criteria, match_case: 'SENSITIVE', match_str: values } };
    expect(matches(target, { query })).toBe(expected);
  });
});

describe('connection criteria', () => {
  it.each<[Body, Partial<ClientRequest>, boolean]>([
    [{ method: { match_criteria: 'IS_IN', methods: ['HTTP_METHOD_GET'] } }, { method: 'GET' }, true],
    [{ method: { match_criteria: 'IS_NOT_IN', methods: ['HTTP_METHOD_GET'] } }, { method: 'GET' }, false],
    [{ protocol: { match_criteria: 'IS_IN', protocols: 'HTTPS' } }, { scheme: 'http' }, false],
    [{ vs_port: { match_criteria: 'IS_IN', ports: [80, 8080] } }, { port: 8080 }, true],
    [{ vs_port: { match_criteria: 'IS_NOT_IN', ports: [80] } }, { port: 80 }, false],
    [{ version: { match_criteria: 'IS_IN', versions: ['ONE_ZERO'] } }, { version: '1.0' }, true],
    [
      { client_ip: { match_criteria: 'IS_IN', addrs: [{ addr: '10.0.0.1', type: 'V4' }] } },
      { clientIp: '10.0.0.1' },
      true,
    ],
    [{ client_ip: { match_criteria: 'IS_IN', group_refs: [addresses] } }, { clientIp: '10.1.2.3' }, true],
    [{ client_ip: { match_criteria: 'IS_NOT_IN', group_refs: [addresses] } }, { clientIp: '10.1.2.3' }, false],
    [
      { client_ip: { match_criteria: 'IS_IN', ranges: [{ begin: { addr: 'fd00::1' }, end: { addr: 'fd00::9' } }] } },
      { clientIp: 'fd00::5' },
      true,
    ],
    [
      { client_ip: { match_criteria: 'IS_IN', ranges: [{ begin: { addr: '10.0.0.5' }, end: { addr: '10.0.0.9' } }] } },
      { clientIp: '10.0.0.10' },
      false,
    ],
    [{ geo_matches: [{ attribute: 'x' }] }, {}, false],
  ])('%j on %j is %s', (target, changes, expected) => {
    expect(matches(target, changes)).toBe(expected);
  });

  it('wants every member, and matches everything without any', () => {
    const both = { ...path('EQUALS', ['/']), method: { match_criteria: 'IS_IN', methods: ['HTTP_METHOD_PUT'] } };
    expect(matches(both, { path: '/' })).toBe(false);
    expect(compileRequestMatch(undefined, store.resolve).test(request())).toBe(true);
  });
});

describe('response match', () => {
  const test = (target: Body, status: number, headers: Record<string, string[]> = {}): boolean =>
    compileResponseMatch(target, store.resolve).test(request({ path: '/x' }), { status, headers });

  it('looks at status, response headers, Location and the request', () => {
    const ranges = { status: { match_criteria: 'IS_IN', status_codes: [404], ranges: [{ begin: 500, end: 599 }] } };
    expect([200, 404, 500, 599].map((status) => test(ranges, status))).toEqual([false, true, true, true]);
    expect(test({ rsp_hdrs: [{ hdr: 'X-A', match_criteria: 'HDR_EXISTS' }] }, 200, { 'x-a': ['1'] })).toBe(true);
    expect(
      test({ loc_hdr: { match_criteria: 'HDR_CONTAINS', value: ['inside'] } }, 302, { location: ['http://inside/'] }),
    ).toBe(true);
    expect(test({ ...path('EQUALS', ['/y']) }, 200)).toBe(false);
  });
});
