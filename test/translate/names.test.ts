import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { RoutedRule } from '../../src/routing/result/routed-rule.ts';
import type { RuleMatch } from '../../src/routing/result/routed-match.ts';
import {
  certificateName,
  digest,
  goJson,
  hostPolicyName,
  parentName,
  poolName,
  ruleLabel,
  ruleName,
  ruleText,
  withinLimit,
} from '../../src/translate/naming/names.ts';

interface RecordedCase {
  readonly case: string;
  readonly parents: Readonly<Record<string, string>>;
  readonly rules: readonly {
    readonly gateway: string;
    readonly route: string;
    readonly ruleName?: string;
    readonly matches: readonly RuleMatch[];
    readonly label: string;
    readonly child: string;
    readonly pools: readonly {
      readonly namespace: string;
      readonly name: string;
      readonly port: number;
      readonly pool: string;
    }[];
  }[];
  readonly certificates: readonly { readonly gateway: string; readonly secret: string; readonly certificate: string }[];
}

const recorded = JSON.parse(
  readFileSync(new URL('./fixtures/recorded-names.json', import.meta.url), 'utf8'),
) as readonly RecordedCase[];

function named(key: string) {
  const [namespace, name] = key.split('/');
  return { namespace: namespace!, name: name! };
}

function rule(matches: readonly Partial<RuleMatch>[], name?: string): RoutedRule {
  return {
    index: 0,
    ...(name !== undefined && { name }),
    matches: matches.map((match) => ({
      path: { type: 'PathPrefix', value: '/' },
      headers: [],
      queryParams: [],
      ...match,
    })),
    action: 'forward',
    backends: [],
  };
}

function prefix(value: string): Partial<RuleMatch> {
  return { path: { type: 'PathPrefix', value } };
}

function header(name: string, value: string, type = 'Exact') {
  return { type, name, value };
}

describe('names that the incumbent gave', () => {
  it.each(recorded)('$case', ({ parents, rules, certificates }) => {
    for (const [gateway, name] of Object.entries(parents)) expect(parentName('cluster1', named(gateway))).toBe(name);
    for (const { gateway, route, ruleName: own, matches, label, child, pools } of rules) {
      const routed = rule(matches, own);
      expect(ruleLabel(routed)).toBe(label);
      expect(ruleName('cluster1', named(gateway), named(route), routed)).toBe(child);
      for (const { pool, ...backend } of pools) {
        expect(poolName('cluster1', named(gateway), named(route), routed, backend)).toBe(pool);
      }
    }
    for (const { gateway, secret, certificate } of certificates) {
      expect(certificateName('cluster1', named(gateway), named(secret))).toBe(certificate);
    }
  });

  it('covers enough of them', () => {
    expect(recorded.flatMap(({ rules }) => rules).length).toBeGreaterThan(30);
  });
});

describe('names by the formulas', () => {
  const gateway = { namespace: 'infra', name: 'web' };
  const route = { namespace: 'shop', name: 'cart' };
  const cartV2 = rule([{ path: { type: 'Exact', value: '/v2' }, headers: [header('x-env', 'canary')] }]);

  it.each([
    ['prefix', rule([prefix('/foo')]), '2501521062', '77de4ea554f8e47974efe187a55efe9a9e84d522'],
    ['exact path and header', cartV2, '3455416349', '407e9c946f62e20d557a7f70e35139ba9e143079'],
    ['two matches', rule([prefix('/a'), prefix('/b')]), '1098941390', '307cc1f15d373928e6474ce2feb3aac6be4600b1'],
    [
      'two matches, other order',
      rule([prefix('/b'), prefix('/a')]),
      '1098941390',
      '307cc1f15d373928e6474ce2feb3aac6be4600b1',
    ],
    [
      'two headers',
      rule([{ ...prefix('/foo'), headers: [header('x-a', '1'), header('x-b', '2')] }]),
      '3305919128',
      '8cfaf9b82d329f181ebb8d88816ac9fac6534239',
    ],
    [
      'characters that Go escapes',
      rule([{ path: { type: 'RegularExpression', value: '/search/a&b<c>' } }]),
      '2289235577',
      'ac01463e6fb0c8cbdb56901ce447eab7753215da',
    ],
    ['default match', rule([{}]), '3678547134', 'f0813579d81376767f0d400b6bd3987ed597d78a'],
  ] as const)('%s', (_, routed, label, hex) => {
    expect(ruleLabel(routed)).toBe(label);
    expect(ruleName('c1', gateway, route, routed)).toBe(`ako-gw-c1--${hex}`);
  });

  it('of a named rule', () => {
    const checkout = rule([{}], 'checkout');
    expect(digest('checkout')).toBe('1303992121');
    expect(ruleLabel(checkout)).toBe('checkout');
    expect(ruleName('c1', gateway, route, checkout)).toBe('ako-gw-c1--eb431188fb7dacf67e4e087e33f5415de5836cc7');
    expect(poolName('c1', gateway, route, checkout, { namespace: 'shop', name: 'cart-svc', port: 8080 })).toBe(
      'ako-gw-c1--8018d488aa73985c1dd3e7672159a7121c410010',
    );
  });

  it('of pools, certificates and the parent', () => {
    const backend = { namespace: 'shop', name: 'cart-svc', port: 8080 };
    expect(poolName('c1', gateway, route, rule([prefix('/foo')]), backend)).toBe(
      'ako-gw-c1--211a00b32472b877710132da428cc33d510e6245',
    );
    expect(poolName('c1', gateway, route, cartV2, { namespace: 'shop', name: 'cart-v2', port: 80 })).toBe(
      'ako-gw-c1--37aaa81933b20074013d94e94ffbbeed30b63387',
    );
    expect(certificateName('c1', gateway, { namespace: 'infra', name: 'web-tls' })).toBe(
      'ako-gw-c1--c0900453d1785e7e484d5bea11b21b77023ea465',
    );
    expect(parentName('c1', gateway)).toBe('ako-gw-c1--infra-web-EVH');
  });

  it('the incumbent’s own test vectors', () => {
    const hr31 = [
      'cluster',
      { namespace: 'default', name: 'gateway-hr-31' },
      { namespace: 'default', name: 'httproute-31' },
    ] as const;
    const service = (port: number) => ({ namespace: 'default', name: 'avisvc-hr-31', port });
    const own = rule([prefix('/foo')], 'rulename-port-8080');
    expect(digest('rulename-port-8080')).toBe('2889619951');
    expect(ruleName(...hr31, own)).toBe('ako-gw-cluster--79c80596b5e4aeb72b3ea5dcf831623412368b17');
    expect(poolName(...hr31, own, service(8080))).toBe('ako-gw-cluster--50036c244a7b7711b181d50d5ff1d7c8cc143d83');
    const bar = rule([prefix('/bar')]);
    expect(ruleName(...hr31, bar)).toBe('ako-gw-cluster--20175aa4f7283a01de44b8bd0a39f0f2df07d44a');
    expect(poolName(...hr31, bar, service(8081))).toBe('ako-gw-cluster--21618dd778e3c4fccaa3ae45ae085ecd39c19c22');
  });
});

describe('what AKO leaves out of the hash', () => {
  it('tells rules apart by method and query', () => {
    const query = [{ type: 'Exact', name: 'q', value: '1' }];
    const texts = [
      rule([{}]),
      rule([{ method: 'GET' }]),
      rule([{ method: 'POST' }]),
      rule([{ queryParams: query }]),
      rule([{ headers: [header('q', '1')] }]),
      rule([{ headers: [header('q', '1', 'RegularExpression')] }]),
    ].map(ruleText);
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts[1]!.startsWith(texts[0]!)).toBe(true);
  });
});

describe('limits of names', () => {
  it('writes JSON as Go does', () => {
    expect(goJson({ a: '<&>\u2028\u2029é"\n' })).toBe('{"a":"\\u003c\\u0026\\u003e\\u2028\\u2029é\\"\\n"}');
  });

  it('cuts a name that Avi would refuse and keeps it distinct', () => {
    const long = 'x'.repeat(300);
    expect(withinLimit('short', 'id')).toBe('short');
    expect(withinLimit(long, 'a')).toHaveLength(255);
    expect(withinLimit(long, 'a')).not.toBe(withinLimit(long, 'b'));
  });

  it('gives each host its own shared policy set', () => {
    const a = hostPolicyName('c', { namespace: 'a-b', name: 'c' }, 'h.x');
    expect(a).not.toBe(hostPolicyName('c', { namespace: 'a', name: 'b-c' }, 'h.x'));
    expect(a).toMatch(/^ako-gw-c--[0-9a-f]{40}$/);
  });
});
