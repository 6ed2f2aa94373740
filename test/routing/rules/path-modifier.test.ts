import { describe, expect, it } from '@jest/globals';
import type { RoutedRule } from '../../../src/routing/result/routed-rule.ts';
import { malformed, messageOf, rule, verdict, type Rule } from '../world.ts';
import { filters, kept, rewrite, routeRules, type Filter } from './routed-rules.ts';

const redirect = (requestRedirect: NonNullable<Filter['requestRedirect']>): Rule => ({
  filters: [{ type: 'RequestRedirect', requestRedirect }],
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
