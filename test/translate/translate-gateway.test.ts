import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { planGateway } from '../../src/translate/gateway-plan.ts';
import { objectId } from '../../src/translate/desired.ts';
import { schemaProblems } from './support/avi-schema.ts';
import { config } from './support/arbitraries.ts';
import { backend, routedGateway, type ModelConfig, type ModelMatch } from './support/model.ts';
import { certificate, children, gateway, listener, match, ofType, route, rule, translated } from './support/routed.ts';

const everything = [{ section: null, port: null }];
const header = (name: string, value: string) => ({ name, value });
const modifier = { set: [header('X-A', '1')], add: [header('X-B', '2')], remove: ['X-C'] };

const cors = {
  allowOrigins: ['https://*.x'],
  allowMethods: ['GET'],
  allowHeaders: ['X-A'],
  exposeHeaders: ['*'],
  allowCredentials: true,
  maxAge: 5,
};
const mirrors = [{ backend: backend('default', 'shadow'), numerator: 1, denominator: 5 }];

/** A Gateway with every feature that the translation knows. */
const rich = gateway({
  address: { family: 'V4', value: '10.50.1.1' },
  dnsNames: ['app.example.com'],
  labels: { team: 'web', area: 'shop' },
  listeners: [
    listener({ hostname: '*.example.com' }),
    listener({ tls: true, hostname: 'app.example.com', certificates: [certificate('tls')] }),
    listener({ name: 'other', port: 8080 }),
  ],
  routes: [
    route({
      listeners: ['http', 'https', 'other'],
      rules: [
        rule({
          index: 0,
          matches: [match('/h', { method: 'PUT' })],
          requestHeaders: modifier,
          responseHeaders: modifier,
        }),
        rule({
          index: 1,
          matches: [match('/h')],
          rewrite: { hostname: 'in.x', path: { type: 'ReplacePrefixMatch', value: '/' } },
        }),
        rule({
          index: 2,
          matches: [match('/r')],
          action: 'redirect',
          backends: [],
          redirect: { scheme: 'https', statusCode: 307 },
        }),
        rule({ index: 3, matches: [match('/f')], action: 'fail', backends: [] }),
        rule({
          index: 4,
          matches: [match('/', { queryParams: [{ type: 'Exact', name: 'q', value: 'a b' }] })],
          timeouts: { requestMs: 5 },
        }),
        rule({ index: 5, matches: [match('/x', { path: { type: 'RegularExpression', value: '^/x[0-9]+$' } })] }),
        rule({
          index: 6,
          name: 'named',
          responseHeaders: modifier,
          backends: [backend('default', 'web', 3), backend('o', 'b')],
        }),
        rule({ index: 7, matches: [match('/cors')], cors, mirrors, retry: { attempts: 9 } }),
        rule({
          index: 8,
          matches: [match('/own')],
          backends: [
            { ...backend('default', 'web'), requestHeaders: modifier },
            { ...backend('o', 'b'), protocol: 'h2c' },
          ],
        }),
        rule({
          index: 9,
          matches: [match('/303')],
          action: 'redirect',
          backends: [],
          redirect: { statusCode: 303, path: { type: 'ReplacePrefixMatch', value: '/ä' } },
        }),
      ],
    }),
    route({
      name: 'hostless',
      hostnames: [],
      listeners: ['http', 'other'],
      rules: [rule({ responseHeaders: modifier })],
    }),
  ],
});

describe('desired state', () => {
  it.each([true, false])('passes the closed schema of every type (trustChildOrder %j)', (trustChildOrder) => {
    const state = translated(rich, { trustChildOrder, enableRHI: true, enablePublicIP: true });
    expect(state.objects.flatMap(schemaProblems)).toEqual([]);
    expect(new Set(state.objects.map(({ type }) => type))).toEqual(
      new Set([
        'httppolicyset',
        'pool',
        'poolgroup',
        'sslkeyandcertificate',
        'virtualservice',
        'vsdatascriptset',
        'vsvip',
      ]),
    );
  });

  it('carries the labels of the Gateway on every object that has markers', () => {
    const labels = [
      { key: 'area', values: ['shop'] },
      { key: 'team', values: ['web'] },
    ];
    for (const { body } of translated(rich).objects) expect((body.markers as object[]).slice(-2)).toEqual(labels);
  });

  it('refers to every pool that a script sends to, and has a pool group for what a script answers', () => {
    const { objects } = translated(rich);
    const scripts = objects.filter(({ type }) => type === 'vsdatascriptset');
    const pools = new Map(objects.filter(({ type }) => type === 'pool').map((pool) => [pool.name, pool.body]));
    for (const { body } of scripts) {
      const refs = new Set((body.pool_refs ?? []) as readonly string[]);
      const sent = [...JSON.stringify(body.datascript).matchAll(/pcall\(copy\w*, \\"([^"\\]+)\\"/g)].map(
        ([, name]) => name!,
      );
      expect(refs).toEqual(new Set(sent.map((name) => `/api/pool?name=${name}`)));
      for (const name of sent) expect(pools.has(name)).toBe(true);
    }
    expect([...pools.values()].filter(({ servers }) => (servers as object[]).length === 0).length).toBeGreaterThan(0);
  });

  it('of random Gateways passes the schema, refers only to itself and names nothing twice', () => {
    const check = fc.property(config, fc.boolean(), (random, trustChildOrder) => {
      const { objects } = translated(routedGateway(random), { trustChildOrder });
      expect(objects.flatMap(schemaProblems)).toEqual([]);
      const ids = new Set(objects.map(objectId));
      expect(ids.size).toBe(objects.length);
      const own = /\/api\/(virtualservice|vsvip|pool|poolgroup|httppolicyset|vsdatascriptset)\/?\?name=([^"]*)/g;
      const refs = [...JSON.stringify(objects.map(({ body }) => body)).matchAll(own)];
      const used = new Set(refs.map(([, type, name]) => `${type} admin/${decodeURIComponent(name!)}`));
      for (const id of used) expect(ids).toContain(id);
      for (const object of objects) {
        if (object.type !== 'virtualservice' && object.type !== 'vsvip') expect(used).toContain(objectId(object));
      }
    });
    fc.assert(check, { seed: 5, numRuns: 200 });
  });

  it('is sorted, the same for the same input, and plain data', () => {
    const state = translated(rich);
    const ids = state.objects.map(({ type, name }) => `${type}\0${name}`);
    expect(ids).toEqual(ids.toSorted());
    expect(translated(rich)).toEqual(state);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  it('marks every object as the Gateway’s and ours, and signs where the type has a field for it', () => {
    for (const { type, body, origin } of translated(rich).objects) {
      expect(body.markers).toEqual(
        expect.arrayContaining([
          { key: 'clustername', values: ['cluster1'] },
          { key: 'GatewayName', values: ['gw1'] },
          { key: 'GatewayNamespace', values: ['default'] },
          { key: 'managed-by', values: ['avi-gateway-operator'] },
        ]),
      );
      expect(body.created_by).toBe(type === 'vsvip' ? undefined : 'avi-gateway-cluster1');
      expect(origin.gateway).toBe('default/gw1');
    }
  });

  it('has another checksum for another content', () => {
    const checksums = (state: ReturnType<typeof translated>) =>
      state.objects.flatMap(({ body }) => body.cloud_config_cksum ?? body.vsvip_cloud_config_cksum ?? []);
    const other = translated(rich, { seGroup: 'other', vrf: 'other' });
    const before = checksums(translated(rich));
    expect(before.length).toBeGreaterThan(10);
    expect(checksums(other).filter((checksum) => before.includes(checksum)).length).toBeLessThan(before.length / 2);
  });

  it('reports matches that cannot be expressed', () => {
    const queryParams = ['a', 'b', 'c', 'd'].map((name) => ({ type: 'Exact', name, value: '1' }));
    const state = translated(
      gateway({ routes: [route({ rules: [rule({ matches: [match('/', { queryParams })] })] })] }),
    );
    expect(state.problems).toEqual([expect.objectContaining({ field: 'spec.rules[0].matches[0].queryParams' })]);
    expect(children(state)).toEqual([]);
  });
});

describe('sizes', () => {
  const paths = (count: number): ModelMatch[] =>
    Array.from({ length: count }, (_, index) => ({
      path: ['PathPrefix', `/p${index}`],
      method: null,
      headers: [],
      query: [],
    }));
  const oneHost = (rules: readonly (readonly ModelMatch[])[], hostname: string | null = null): ModelConfig => ({
    listeners: [{ name: 'l', port: 80, hostname }],
    routes: rules.map((own, index) => ({
      ns: 'n',
      name: `r${index}`,
      age: index,
      parents: everything,
      hostnames: ['h.x'],
      rules: [own],
    })),
  });

  it('distinct paths stay one plain child each', () => {
    const state = translated(routedGateway(oneHost(paths(100).map((own) => [own]))));
    expect(children(state)).toHaveLength(100);
    expect(children(state).every(({ pool_group_ref, http_policies }) => pool_group_ref && !http_policies)).toBe(true);
    expect(ofType(state, 'httppolicyset')).toHaveLength(1);
  });

  it('a canary changes one child and moves no path', () => {
    const rules = paths(20).map((own) => [own]);
    const canary: ModelMatch = { ...paths(1)[0]!, headers: [['v', '2']] };
    const before = children(translated(routedGateway(oneHost(rules))));
    const after = children(translated(routedGateway(oneHost([...rules, [canary]]))));
    expect(after.map(({ name, vh_matches }) => [name, vh_matches])).toEqual(
      before.map(({ name, vh_matches }) => [name, vh_matches]),
    );
    expect(after.filter(({ pool_group_ref }) => !pool_group_ref)).toHaveLength(1);
  });

  it('one more exact host beside a wildcard touches no other child', () => {
    const wildcard = { ...oneHost([paths(1)]).routes[0]!, hostnames: ['*.x'] };
    const exact = (index: number) => ({ ...wildcard, name: `e${index}`, hostnames: [`h${index}.x`] });
    const gatewayOf = (count: number): ModelConfig => ({
      listeners: [{ name: 'l', port: 80, hostname: null }],
      routes: [wildcard, ...Array.from({ length: count }, (_, index) => exact(index))],
    });
    const before = children(translated(routedGateway(gatewayOf(10))));
    const after = children(translated(routedGateway(gatewayOf(11))));
    expect(after).toHaveLength(before.length + 1);
    expect(after.filter((child) => !before.some((old) => JSON.stringify(old) === JSON.stringify(child)))).toHaveLength(
      1,
    );
  });

  it('the lists of one regular expression stay in its own child', () => {
    const regex: ModelMatch = { ...paths(1)[0]!, path: ['RegularExpression', '^/r'] };
    const plan = planGateway(routedGateway(oneHost([...paths(100).map((own) => [own]), [regex]])), true);
    expect(plan.children.filter(({ entries }) => entries.length > 0)).toHaveLength(1);
    expect(Math.max(...plan.children.map(({ entries }) => entries.length))).toBe(201);
  });
});
