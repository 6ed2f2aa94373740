import { describe, expect, it } from '@jest/globals';
import type { RoutedRule } from '../../src/routing/result/routed-rule.ts';
import {
  app,
  gateway,
  httpRoute,
  malformed,
  messageOf,
  parentOf,
  routed,
  rule,
  verdict,
  type Rule,
  type World,
} from './world.ts';

type Filter = NonNullable<Rule['filters']>[number];
type Match = NonNullable<Rule['matches']>[number];

function routeRules(rules: readonly Rule[], world: World = {}) {
  const result = routed({ gateways: [gateway()], routes: [httpRoute({ rules })], ...app, ...world });
  return { result, parent: parentOf(result), rules: result.routes[0]?.rules ?? [] };
}

/** The only rule, which must have been kept. */
function kept(part: Partial<Rule>): RoutedRule {
  const { rules } = routeRules([rule(part)]);
  const [only] = rules;
  if (!only) throw new Error('the rule was dropped');
  return only;
}

const filters = (...given: readonly Filter[]) => ({ filters: given });
const redirect = (requestRedirect: NonNullable<Filter['requestRedirect']>): Rule => ({
  filters: [{ type: 'RequestRedirect', requestRedirect }],
});
const rewrite = (urlRewrite: NonNullable<Filter['urlRewrite']>): Filter => ({ type: 'URLRewrite', urlRewrite });
const setHeader = (name: string, value: string): Filter => ({
  type: 'RequestHeaderModifier',
  requestHeaderModifier: { set: [{ name, value }] },
});

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

describe('header modifiers', () => {
  it('come with all their parts', () => {
    const requestHeaderModifier = { set: [{ name: 'A', value: '1' }], add: [{ name: 'B', value: '2' }], remove: ['C'] };
    const responseHeaderModifier = { add: [{ name: 'A', value: 'x y' }] };
    const result = kept(
      filters(
        { type: 'RequestHeaderModifier', requestHeaderModifier },
        { type: 'ResponseHeaderModifier', responseHeaderModifier },
      ),
    );
    expect(result.requestHeaders).toEqual(requestHeaderModifier);
    expect(result.responseHeaders).toEqual({ set: [], add: [{ name: 'A', value: 'x y' }], remove: [] });
  });

  it('take the first of equal names', () => {
    const requestHeaderModifier = {
      set: [
        { name: 'X-A', value: '1' },
        { name: 'x-a', value: '2' },
      ],
      remove: ['B', 'b'],
    };
    expect(kept(filters({ type: 'RequestHeaderModifier', requestHeaderModifier })).requestHeaders).toEqual({
      set: [{ name: 'X-A', value: '1' }],
      add: [],
      remove: ['B'],
    });
  });

  it.each<[string, Filter['requestHeaderModifier'], string]>([
    ['a line end in a value', { set: [{ name: 'A', value: 'x\r\nEvil: 1' }] }, 'requestHeaderModifier.set[0].value'],
    ['NUL in a value', { add: [{ name: 'A', value: 'x\u0000' }] }, 'requestHeaderModifier.add[0].value'],
    ['a line end in a name', { set: [{ name: 'A\nB', value: 'x' }] }, 'requestHeaderModifier.set[0].name'],
    ['a colon in a name', { set: [{ name: ':path', value: 'x' }] }, 'requestHeaderModifier.set[0].name'],
    ['an empty name', { remove: [''] }, 'requestHeaderModifier.remove[0]'],
    ['a long name', { remove: ['a'.repeat(300)] }, 'requestHeaderModifier.remove[0]'],
    ['a long value', { set: [{ name: 'A', value: 'x'.repeat(5000) }] }, 'requestHeaderModifier.set[0].value'],
    ['a number as value', { set: [{ name: 'A', value: malformed(1) }] }, 'requestHeaderModifier.set[0].value'],
    ['two actions for one header', { set: [{ name: 'A', value: 'x' }], remove: ['a'] }, 'requestHeaderModifier'],
    [
      'the length of the message',
      { set: [{ name: 'content-length', value: '5' }] },
      'requestHeaderModifier.set[0].name: frames the message',
    ],
    [
      'the framing of the message',
      { remove: ['Transfer-Encoding'] },
      'requestHeaderModifier.remove[0]: frames the message',
    ],
    ['nothing', undefined, 'requestHeaderModifier'],
  ])('%s drops the rule', (_, requestHeaderModifier, field) => {
    const { parent } = routeRules([
      rule(filters({ type: 'RequestHeaderModifier', ...(requestHeaderModifier && { requestHeaderModifier }) })),
      rule(),
    ]);
    expect(messageOf(parent.conditions, 'PartiallyInvalid')).toContain(
      `Dropped Rule 0: spec.rules[0].filters[0].${field}`,
    );
  });
});

describe('redirects', () => {
  const prefix = { matches: [{ path: { value: '/a' } }] };
  it.each<[string, Rule, RoutedRule['redirect']]>([
    ['nothing given', redirect({}), { statusCode: 302 }],
    [
      'every field',
      redirect({
        scheme: 'https',
        hostname: 'B.x',
        port: 8443,
        statusCode: 301,
        path: { type: 'ReplaceFullPath', replaceFullPath: '/b' },
      }),
      { scheme: 'https', hostname: 'b.x', port: 8443, statusCode: 301, path: { type: 'ReplaceFullPath', value: '/b' } },
    ],
    ['303', redirect({ statusCode: 303 }), { statusCode: 303 }],
    ['307', redirect({ statusCode: 307 }), { statusCode: 307 }],
    [
      'a prefix',
      { ...redirect({ path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '' } }), ...prefix },
      { statusCode: 302, path: { type: 'ReplacePrefixMatch', value: '' } },
    ],
  ])('%s', (_, given, expected) => {
    const { rules } = routeRules([given]);
    expect(rules[0]).toMatchObject({ action: 'redirect', backends: [] });
    expect(rules[0]?.redirect).toEqual(expected);
  });

  it.each<[string, Rule, string]>([
    ['308', redirect({ statusCode: 308 }), 'filters[0].requestRedirect.statusCode'],
    ['200', redirect({ statusCode: malformed(200) }), 'filters[0].requestRedirect.statusCode'],
    ['another scheme', redirect({ scheme: malformed('ftp') }), 'filters[0].requestRedirect.scheme'],
    ['a wildcard hostname', redirect({ hostname: '*.x' }), 'filters[0].requestRedirect.hostname'],
    ['a hostname with a line end', redirect({ hostname: 'a\r\nX: y' }), 'filters[0].requestRedirect.hostname'],
    ['port 0', redirect({ port: 0 }), 'filters[0].requestRedirect.port'],
    [
      'a prefix without prefix match',
      {
        ...redirect({ path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/b' } }),
        matches: [{ path: { type: 'Exact', value: '/a' } }],
      },
      'filters[0].requestRedirect.path.type',
    ],
    [
      'a prefix with two matches',
      { ...redirect({ path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/b' } }), matches: [{}, {}] },
      'filters[0].requestRedirect.path.type',
    ],
    [
      'a path with a line end',
      redirect({ path: { type: 'ReplaceFullPath', replaceFullPath: '/a\r\nX: y' } }),
      'filters[0].requestRedirect.path.replaceFullPath',
    ],
    [
      'a path with a query',
      redirect({ path: { type: 'ReplaceFullPath', replaceFullPath: '/a?b=c' } }),
      'filters[0].requestRedirect.path.replaceFullPath',
    ],
    [
      'a path without value',
      redirect({ path: { type: 'ReplaceFullPath' } }),
      'filters[0].requestRedirect.path.replaceFullPath',
    ],
    ['an unknown path type', redirect({ path: { type: malformed('Glob') } }), 'filters[0].requestRedirect.path.type'],
    ['backends beside it', { ...redirect({}), ...rule() }, 'backendRefs'],
    ['a rewrite beside it', { filters: [{ type: 'RequestRedirect', requestRedirect: {} }, rewrite({})] }, 'filters'],
    ['a second one', { filters: [...(redirect({}).filters ?? []), ...(redirect({}).filters ?? [])] }, 'filters[1]'],
  ])('%s drops the rule', (_, given, field) => {
    const { parent, rules } = routeRules([given, rule()]);
    expect(messageOf(parent.conditions, 'PartiallyInvalid')).toContain(`Dropped Rule 0: spec.rules[0].${field}: `);
    expect(rules.map(({ index }) => index)).toEqual([1]);
  });
});

describe('rewrites', () => {
  it.each<[string, NonNullable<Filter['urlRewrite']>, RoutedRule['rewrite']]>([
    ['a host', { hostname: 'B.x' }, { hostname: 'b.x' }],
    [
      'a full path',
      { path: { type: 'ReplaceFullPath', replaceFullPath: '/b' } },
      { path: { type: 'ReplaceFullPath', value: '/b' } },
    ],
    [
      'a prefix (refused by AKO)',
      { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/' } },
      { path: { type: 'ReplacePrefixMatch', value: '/' } },
    ],
    ['nothing', {}, {}],
  ])('%s', (_, urlRewrite, expected) => {
    expect(kept(filters(rewrite(urlRewrite)))).toMatchObject({ action: 'forward', rewrite: expected });
  });

  it('a prefix replacement needs a prefix match', () => {
    const given = rule({
      matches: [{ path: { type: 'RegularExpression', value: '/a' } }],
      filters: [rewrite({ path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/b' } })],
    });
    expect(messageOf(routeRules([given, rule()]).parent.conditions, 'PartiallyInvalid')).toContain(
      'spec.rules[0].filters[0].urlRewrite.path.type',
    );
  });

  it('a missing replaceFullPath does not crash (AKO defect 19)', () => {
    const given = rule(filters(rewrite({ path: { type: 'ReplaceFullPath' } })));
    expect(verdict(routeRules([given]).parent.conditions, 'Accepted')).toBe('False/UnsupportedValue');
  });
});

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

describe('filters of backends', () => {
  const backend = (given: readonly Filter[], weight?: number) => ({
    name: 'app',
    port: 8080,
    filters: given,
    ...(weight === undefined ? {} : { weight }),
  });

  it('of a single backend are the rule’s', () => {
    const result = kept({ backendRefs: [backend([setHeader('A', '1'), rewrite({ hostname: 'b.x' })])] });
    expect(result).toMatchObject({
      requestHeaders: { set: [{ name: 'A', value: '1' }] },
      rewrite: { hostname: 'b.x' },
    });
  });

  it('join those of the rule', () => {
    const result = kept({
      ...filters(setHeader('A', '1'), rewrite({ path: { type: 'ReplaceFullPath', replaceFullPath: '/' } })),
      backendRefs: [backend([setHeader('B', '2'), rewrite({ hostname: 'b.x' })])],
    });
    expect(result.requestHeaders?.set).toEqual([
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ]);
    expect(result.rewrite).toEqual({ hostname: 'b.x', path: { type: 'ReplaceFullPath', value: '/' } });
  });

  it('may be the same for all backends, and those without traffic do not count', () => {
    const given = [setHeader('A', '1')];
    expect(kept({ backendRefs: [backend(given), backend(given), backend([], 0)] }).requestHeaders?.set).toHaveLength(1);
  });

  it.each<[string, Partial<Rule>, string]>([
    [
      'differ for one Service',
      { backendRefs: [backend([setHeader('A', '1')]), backend([])] },
      'backendRefs[1].filters',
    ],
    [
      'rewrite for one backend only',
      { backendRefs: [{ ...backend([]), port: 8081 }, backend([rewrite({ hostname: 'b.x' })])] },
      'backendRefs[1].filters',
    ],
    [
      'change a header of the rule',
      { ...filters(setHeader('A', '1')), backendRefs: [backend([setHeader('a', '2')])] },
      'backendRefs[0].filters',
    ],
    [
      'rewrite what the rule rewrites',
      { ...filters(rewrite({ hostname: 'a.x' })), backendRefs: [backend([rewrite({ hostname: 'b.x' })])] },
      'backendRefs[0].filters',
    ],
    [
      'redirect',
      { backendRefs: [backend([{ type: 'RequestRedirect', requestRedirect: {} }])] },
      'backendRefs[0].filters',
    ],
    ['allow origins', { backendRefs: [backend([{ type: 'CORS', cors: {} }])] }, 'backendRefs[0].filters'],
    [
      'hold a line end',
      { backendRefs: [backend([setHeader('A', 'x\ny')])] },
      'backendRefs[0].filters[0].requestHeaderModifier.set[0].value',
    ],
  ])('that %s drop the rule', (_, part, field) => {
    const { parent } = routeRules([rule(part), rule()]);
    expect(messageOf(parent.conditions, 'PartiallyInvalid')).toContain(`Dropped Rule 0: spec.rules[0].${field}: `);
  });
});

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
