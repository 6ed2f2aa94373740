/** `applicationRootPath` of HostRules: what is redirected, and what is served elsewhere. */
import { describe, expect, it } from '@jest/globals';
import { rootProblem, withApplicationRoot } from '../../../src/routing/fqdn-rules/application-root.ts';
import type { RuleMatch } from '../../../src/routing/result/routed-match.ts';
import type { RoutedRule } from '../../../src/routing/result/routed-rule.ts';

const match = (type: RuleMatch['path']['type'], value: string, more: Partial<RuleMatch> = {}): RuleMatch => ({
  path: { type, value },
  headers: [],
  queryParams: [],
  ...more,
});
const rule = (index: number, matches: readonly RuleMatch[], more: Partial<RoutedRule> = {}): RoutedRule => ({
  index,
  matches,
  action: 'forward',
  backends: [],
  ...more,
});
const from = 'HostRule default/host';
const moved = (...rules: readonly RoutedRule[]) =>
  withApplicationRoot(rules, '/app', from).map(({ action, root, matches }) => [
    action,
    root ?? false,
    matches.map(({ path, method }) => `${path.type} ${path.value}${method === undefined ? '' : ` ${method}`}`).join(),
  ]);

describe('applicationRootPath', () => {
  it('redirects / alone, with the settings of the rule and without its name', () => {
    const [redirecting, forwarding] = withApplicationRoot(
      [rule(3, [match('PathPrefix', '/')], { name: 'main', settings: { wafPolicy: 'Waf' } })],
      '/app',
      from,
    );
    expect(redirecting).toEqual({
      index: 3,
      root: true,
      matches: [match('Exact', '/')],
      redirect: { path: { type: 'ReplaceFullPath', value: '/app' }, statusCode: 302 },
      settings: { wafPolicy: 'Waf' },
      settingsFrom: { applicationRootPath: from },
      action: 'redirect',
      backends: [],
    });
    expect(forwarding).toMatchObject({ name: 'main', matches: [match('PathPrefix', '/')] });
  });

  it('serves at the path what was served at exactly /', () => {
    expect(moved(rule(0, [match('Exact', '/'), match('Exact', '/app'), match('PathPrefix', '/bar')]))).toEqual([
      ['redirect', true, 'Exact /'],
      ['forward', false, 'Exact /app,PathPrefix /bar'],
    ]);
  });

  it('redirects only what the rule would have served', () => {
    expect(
      moved(rule(0, [match('PathPrefix', '/', { method: 'GET' }), match('Exact', '/', { method: 'GET' })])),
    ).toEqual([
      ['redirect', true, 'Exact / GET'],
      ['forward', false, 'PathPrefix / GET,Exact /app GET'],
    ]);
  });

  it.each([
    ['another path', rule(0, [match('PathPrefix', '/bar')])],
    ['a regular expression', rule(0, [match('RegularExpression', '/')])],
    ['a redirect of its own', rule(0, [match('PathPrefix', '/')], { action: 'redirect' })],
    ['no backend', rule(0, [match('PathPrefix', '/')], { action: 'fail' })],
    ['gRPC methods', rule(0, [match('PathPrefix', '/', { grpc: {} })])],
  ])('leaves a rule with %s alone', (_, one) => {
    expect(withApplicationRoot([one], '/app', from)).toEqual([one]);
  });

  it.each([
    ['/app', undefined],
    ['/', 'would lead from / to itself'],
    ['app', 'must begin with /'],
    ['/app?x=1', 'must not contain blanks, control characters, ? or #'],
  ])('%s: %s', (path, problem) => {
    expect(rootProblem(path)).toBe(problem);
  });
});
