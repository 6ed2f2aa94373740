import { describe, expect, it } from '@jest/globals';
import type { RoutedListener } from '../../src/routing/result/routed-listener.ts';
import type { RoutedRule } from '../../src/routing/result/routed-rule.ts';
import { backend } from './support/model.ts';
import { children, gateway, listener, match, ofType, requestRules, route, rule, translated } from './support/routed.ts';

const parentName = 'ako-gw-cluster1--default-gw1-EVH';

function plain(own: Partial<RoutedRule>, listeners: readonly RoutedListener[] = [listener()]) {
  const routes = [route({ listeners: listeners.map(({ name }) => name), rules: [rule(own)] })];
  const state = translated(gateway({ listeners, routes }));
  const [child] = children(state);
  return { state, child: child!, rules: requestRules(state, child!.name) };
}

function header(name: string, value: string) {
  return { name, value };
}

function redirect(own: object): Partial<RoutedRule> {
  return { action: 'redirect', backends: [], redirect: { statusCode: 302, ...own } };
}

const tokenized = (...tokens: readonly object[]) => ({ type: 'URI_PARAM_TYPE_TOKENIZED', tokens });
const text = (value: string) => ({ type: 'URI_TOKEN_TYPE_STRING', str_value: value });
const pathFrom = (start: number) => ({ type: 'URI_TOKEN_TYPE_PATH', start_index: start, end_index: 65535 });

describe('header modifiers of a plain child', () => {
  const modifier = {
    set: [header('X-Set2', 's2'), header('X-Set', 's1')],
    add: [header('X-Add', '"; os.exit() --')],
    remove: ['X-Rm'],
  };
  const actions = [
    { action: 'HTTP_REPLACE_HDR', hdr: { name: 'X-Set', value: { is_sensitive: false, val: 's1' } }, hdr_index: 0 },
    { action: 'HTTP_REPLACE_HDR', hdr: { name: 'X-Set2', value: { is_sensitive: false, val: 's2' } }, hdr_index: 1 },
    {
      action: 'HTTP_ADD_HDR',
      hdr: { name: 'X-Add', value: { is_sensitive: false, val: '"; os.exit() --' } },
      hdr_index: 2,
    },
    { action: 'HTTP_REMOVE_HDR', hdr: { name: 'X-Rm' }, hdr_index: 3 },
  ];

  it('are one rule without conditions, the incumbent’s shape', () => {
    const { state, child } = plain({ requestHeaders: modifier, responseHeaders: modifier });
    const own = { name: child.name, enable: true, index: 1, hdr_action: actions };
    expect(ofType(state, 'httppolicyset').find(({ name }) => name === child.name)!.body).toMatchObject({
      http_request_policy: { rules: [own] },
      http_response_policy: { rules: [own] },
      http_security_policy: {},
    });
    expect(child.http_policies).toEqual([
      { index: 11, http_policy_set_ref: `/api/httppolicyset/?name=${String(child.name)}` },
    ]);
    expect(child.pool_group_ref).toBeDefined();
    expect(ofType(state, 'vsdatascriptset')).toEqual([]);
  });

  it('need no request policy for the response alone', () => {
    const { state, child } = plain({ responseHeaders: modifier });
    const set = ofType(state, 'httppolicyset').find(({ name }) => name === child.name)!;
    expect(set.body).not.toHaveProperty('http_request_policy');
  });
});

describe('rewrites', () => {
  it.each([
    [{ hostname: 'in.example.com' }, { host_hdr: tokenized(text('in.example.com')) }],
    [{ path: { type: 'ReplaceFullPath', value: '/b' } }, { path: tokenized(text('b')) }],
    [{ path: { type: 'ReplaceFullPath', value: '/' } }, { path: tokenized(text('')) }],
    [{ path: { type: 'ReplacePrefixMatch', value: '/x/y' } }, { path: tokenized(text('x/y'), pathFrom(2)) }],
    [{ path: { type: 'ReplacePrefixMatch', value: '/x/' } }, { path: tokenized(text('x'), pathFrom(2)) }],
    [{ path: { type: 'ReplacePrefixMatch', value: '/' } }, { path: tokenized(pathFrom(2)) }],
    [{ path: { type: 'ReplacePrefixMatch', value: '' } }, { path: tokenized(pathFrom(2)) }],
  ] as const)('%j', (rewrite, expected) => {
    const { rules, child } = plain({ matches: [match('/a/b/')], rewrite });
    expect(rules).toEqual([
      { name: child.name, enable: true, index: 1, rewrite_url_action: { ...expected, query: { keep_query: true } } },
    ]);
  });

  it('cut off as many segments as the match that applies has', () => {
    const { child, rules } = plain({
      matches: [match('/a'), match('/b/c')],
      rewrite: { path: { type: 'ReplacePrefixMatch', value: '/x' } },
    });
    expect(child).not.toHaveProperty('pool_group_ref');
    const starts = rules.map((entry) => {
      const action = entry.rewrite_url_action as { path: { tokens: { start_index?: number }[] } } | undefined;
      const path = (entry.match as { path: { match_str: string[] } } | undefined)?.path.match_str[0];
      return [path, action?.path.tokens.at(-1)?.start_index];
    });
    expect(starts).toEqual([
      ['/b/c', 2],
      ['/b/c/', 2],
      ['/a', 1],
      ['/a/', 1],
      [undefined, undefined],
    ]);
  });
});

describe('redirects of a plain child', () => {
  const https = listener({ tls: true, port: 8443 });

  it.each([
    ['scheme', { scheme: 'https' }, listener(), { protocol: 'HTTPS', port: 443 }],
    ['scheme of the listener', { scheme: 'http' }, listener({ port: 8080 }), { protocol: 'HTTP', port: 80 }],
    ['port', { port: 8000 }, https, { protocol: 'HTTPS', port: 8000 }],
    ['scheme and port', { scheme: 'https', port: 8000 }, listener(), { protocol: 'HTTPS', port: 8000 }],
    ['neither', { hostname: 'n.y' }, https, { protocol: 'HTTPS', port: 8443, host: tokenized(text('n.y')) }],
    [
      'whole path',
      { path: { type: 'ReplaceFullPath', value: '/new/full' } },
      listener(),
      { protocol: 'HTTP', port: 80, path: tokenized(text('new/full')) },
    ],
    [
      'prefix',
      { path: { type: 'ReplacePrefixMatch', value: '/new' }, statusCode: 301 },
      listener(),
      {
        protocol: 'HTTP',
        port: 80,
        path: tokenized(text('new'), pathFrom(1)),
        status_code: 'HTTP_REDIRECT_STATUS_CODE_301',
      },
    ],
  ] as const)('%s', (_, own, on, expected) => {
    const { rules, child, state } = plain({ ...redirect(own), matches: [match('/old')] }, [on]);
    expect(rules).toEqual([
      {
        name: child.name,
        enable: true,
        index: 1,
        redirect_action: { status_code: 'HTTP_REDIRECT_STATUS_CODE_302', ...expected },
      },
    ]);
    expect(child).not.toHaveProperty('pool_group_ref');
    expect(ofType(state, 'poolgroup')).toEqual([]);
    expect(ofType(state, 'pool')).toEqual([]);
  });

  it('differ by port where they depend on the listener', () => {
    const { rules } = plain(redirect({ hostname: 'n.y' }), [listener(), https]);
    expect(rules.map((entry) => [entry.match, entry.redirect_action])).toEqual([
      [{ vs_port: { match_criteria: 'IS_IN', ports: [80] } }, expect.objectContaining({ protocol: 'HTTP', port: 80 })],
      [undefined, expect.objectContaining({ protocol: 'HTTPS', port: 8443 })],
    ]);
  });

  it('are one rule on several ports where they do not', () => {
    expect(plain(redirect({ scheme: 'https' }), [listener(), listener({ name: 'b', port: 8080 })]).rules).toHaveLength(
      1,
    );
  });
});

describe('rules that cannot forward', () => {
  it('answer 500', () => {
    const { rules, child } = plain({ action: 'fail', backends: [] });
    expect(rules).toEqual([
      {
        name: child.name,
        enable: true,
        index: 1,
        switching_action: { action: 'HTTP_SWITCHING_SELECT_LOCAL', other_status_code: 500 },
      },
    ]);
  });
});

describe('rules in an ordered list', () => {
  const canary = rule({
    index: 0,
    matches: [match('/', { headers: [{ type: 'Exact', name: 'X-Canary', value: 'Yes' }], method: 'GET' })],
    requestHeaders: { set: [header('X-Version', '2')], add: [], remove: [] },
    backends: [backend('default', 'canary')],
  });
  const old = rule({ index: 1, matches: [match('/old', { method: 'POST' })], ...redirect({ port: 1 }) });
  const state = translated(gateway({ routes: [route({ rules: [canary, rule({ index: 2 }), old] })] }));

  it('hold conditions, filters and one terminal action each', () => {
    const child = children(state).find(({ pool_group_ref, http_policies }) => !pool_group_ref && http_policies)!;
    const rules = requestRules(state, child.name);
    const [first] = rules.filter(({ hdr_action }) => hdr_action);
    expect(first).toMatchObject({
      match: {
        method: { match_criteria: 'IS_IN', methods: ['HTTP_METHOD_GET'] },
        hdrs: [{ match_case: 'SENSITIVE', match_criteria: 'HDR_EQUALS', hdr: 'x-canary', value: ['Yes'] }],
      },
      hdr_action: [{ action: 'HTTP_REPLACE_HDR', hdr_index: 0 }],
      switching_action: { action: 'HTTP_SWITCHING_SELECT_POOLGROUP' },
    });
    for (const entry of rules) expect(Boolean(entry.redirect_action) !== Boolean(entry.switching_action)).toBe(true);
  });

  it('are numbered in order', () => {
    for (const child of children(state)) {
      const indexes = requestRules(state, child.name).map(({ index }) => index);
      expect(indexes).toEqual(indexes.map((_, place) => place + 1));
    }
  });

  it('of the parent stand in a policy set named after it', () => {
    const hostless = translated(gateway({ routes: [route({ hostnames: [] })] }));
    expect(children(hostless)).toEqual([]);
    const rules = requestRules(hostless, parentName);
    expect(rules).toHaveLength(2);
    expect(rules[0]).toMatchObject({ switching_action: { action: 'HTTP_SWITCHING_SELECT_POOLGROUP' } });
    expect(rules[0]).not.toHaveProperty('match');
    expect(ofType(hostless, 'pool')).toHaveLength(1);
  });
});

describe('a rule that stands nowhere', () => {
  it('has no objects', () => {
    const younger = route({ name: 'r2', creationTimestamp: '2026-02-01T00:00:00Z' });
    const state = translated(gateway({ routes: [route(), younger] }));
    expect(state.objects.filter(({ origin }) => origin.route === 'default/r2')).toEqual([]);
    expect(children(state)).toHaveLength(1);
  });
});
