import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { planGateway } from '../../src/translate/gateway-plan.ts';
import type { PolicyEntry } from '../../src/translate/policies/policy-entry.ts';
import { resolveNames } from '../../src/translate/naming/name-table.ts';
import { translateGateway } from '../../src/translate/translate-gateway.ts';
import { aviMatcher } from './support/avi-matcher.ts';
import { oracle, routedGateway, serviceOf, type ModelConfig, type ModelRequest } from './support/model.ts';
import { settings } from './support/settings.ts';

interface WorkedCase {
  readonly name: string;
  readonly config: ModelConfig;
  readonly children: Readonly<Record<string, { vh: unknown[]; policy: unknown[]; defaultRule: string | null }>>;
  readonly parent: readonly unknown[];
  readonly requests: readonly { readonly request: ModelRequest; readonly want: string }[];
}

const cases = JSON.parse(
  readFileSync(new URL('./fixtures/worked-cases.json', import.meta.url), 'utf8'),
) as readonly WorkedCase[];

/** An entry in the fixture's form. */
function described({ hosts, ports, path, match, action }: PolicyEntry): unknown {
  const wildcard = hosts?.[0]?.startsWith('*.');
  return {
    host: hosts ? [wildcard ? 'ENDS_WITH' : 'EQUALS', hosts.map((host) => (wildcard ? host.slice(1) : host))] : null,
    ports: ports ?? null,
    path: path ? [path.criteria, path.value] : null,
    method: match?.method ?? null,
    hdrs: match?.headers ?? [],
    query: match?.queryParams ?? [],
    action: action?.rule.id ?? 404,
  };
}

describe('worked cases of the path-key translation', () => {
  it.each(cases)('$name: children and policies', ({ config, children, parent }) => {
    const plan = planGateway(routedGateway(config), true);
    const got = Object.fromEntries(
      plan.children.map((child) => [
        child.rule.id,
        {
          vh: child.hostMatches.flatMap(({ hostname, keys }) => keys.map((key) => ({ host: hostname, ...key }))),
          policy: child.entries.map(described),
          defaultRule: child.fallback?.rule.id ?? null,
        },
      ]),
    );
    const want = Object.fromEntries(
      Object.entries(children).map(([rule, child]) => [rule, { ...child, vh: expect.arrayContaining(child.vh) }]),
    );
    expect(got).toEqual(want);
    for (const [rule, child] of Object.entries(got)) expect(child.vh).toHaveLength(children[rule]!.vh.length);
    expect(plan.parent.map(described)).toEqual(parent);
  });

  it.each(cases)('$name: every request is answered as the specification says', ({ config, requests }) => {
    const routed = routedGateway(config);
    for (const trustChildOrder of [true, false]) {
      const { objects } = translateGateway(routed, { ...settings, trustChildOrder }, resolveNames([]));
      const avi = aviMatcher(objects, { anyChild: !trustChildOrder });
      for (const { request, want } of requests) {
        const rule = want === '404' ? want : `n/${want}`;
        expect(oracle(config, request)).toBe(rule);
        expect([...avi.outcomes(request)]).toEqual([want === '404' ? want : serviceOf(rule)]);
      }
    }
  });
});
