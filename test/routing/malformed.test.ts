import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { route } from '../../src/routing/routes/route.ts';
import type { Snapshot } from '../../src/routing/snapshot.ts';
import { app, avi, gateway, grant, httpRoute, listener, rule, settings, slice, snapshotOf } from './world.ts';

/** A configuration that uses every field that the routing reads. */
const rich = {
  classes: [avi],
  gateways: [
    gateway({
      addresses: [{ type: 'IPAddress', value: '10.0.0.5' }],
      infrastructure: { labels: { a: 'b' } },
      tls: { frontend: { default: {}, perPort: [{ port: 444, tls: {} }] } },
      listeners: [
        listener({
          hostname: '*.x',
          allowedRoutes: {
            kinds: [{ kind: 'HTTPRoute' }],
            namespaces: {
              from: 'Selector',
              selector: { matchLabels: {}, matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] },
            },
          },
        }),
        listener({
          name: 'https',
          port: 443,
          protocol: 'HTTPS',
          tls: { mode: 'Terminate', certificateRefs: [{ name: 'c', namespace: 'other' }], options: { a: 'b' } },
        }),
        listener({ name: 'open', port: 81, allowedRoutes: { namespaces: { from: 'All' } } }),
      ],
    }),
  ],
  routes: [
    httpRoute({
      parentRefs: [{ name: 'gw', sectionName: 'open', port: 81 }, { name: 'gw' }],
      hostnames: ['a.x', '*.b.x'],
      rules: [
        rule({
          name: 'one',
          matches: [
            {
              path: { type: 'RegularExpression', value: '/a.*' },
              method: 'GET',
              headers: [{ type: 'Exact', name: 'a', value: 'b' }],
              queryParams: [{ name: 'a', value: 'b' }],
            },
          ],
          filters: [
            {
              type: 'RequestHeaderModifier',
              requestHeaderModifier: {
                set: [{ name: 'a', value: 'b' }],
                add: [{ name: 'c', value: 'd' }],
                remove: ['e'],
              },
            },
            {
              type: 'URLRewrite',
              urlRewrite: { hostname: 'c.x', path: { type: 'ReplaceFullPath', replaceFullPath: '/' } },
            },
          ],
          timeouts: { request: '10s', backendRequest: '1s' },
          backendRefs: [
            {
              name: 'app',
              port: 8080,
              weight: 2,
              filters: [{ type: 'ResponseHeaderModifier', responseHeaderModifier: { remove: ['a'] } }],
            },
            { name: 'app', namespace: 'other', port: 8080, weight: 0 },
          ],
        }),
        {
          matches: [{ path: { value: '/r' } }],
          filters: [
            {
              type: 'RequestRedirect' as const,
              requestRedirect: {
                scheme: 'https' as const,
                port: 443,
                path: { type: 'ReplacePrefixMatch' as const, replacePrefixMatch: '/s' },
              },
            },
          ],
        },
      ],
    }),
  ],
  grants: [
    grant(
      'other',
      { group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'default' },
      { group: '', kind: 'Service', name: 'app' },
    ),
  ],
  namespaces: [
    { metadata: { name: 'default', labels: { a: 'b' }, annotations: { 'ako.vmware.com/tenant-name': 't' } } },
  ],
  services: app.services ?? [],
  slices: [
    slice([{ addresses: ['10.0.0.1'], conditions: { ready: true, serving: true, terminating: false }, nodeName: 'n' }]),
  ],
  secrets: [{ metadata: { name: 'c', namespace: 'other' }, data: { 'tls.crt': 'AAAA', 'tls.key': 'AAAA' } }],
  nodes: [
    {
      metadata: { name: 'n' },
      status: {
        addresses: [{ type: 'InternalIP', address: '10.9.0.1' }],
        conditions: [{ type: 'Ready', status: 'True' }],
      },
    },
  ],
};

const junk = fc.constantFrom<unknown>(
  null,
  undefined,
  0,
  -1,
  1.5,
  '',
  'x'.repeat(300),
  '*',
  '\u0000\r\n',
  '__proto__',
  'constructor',
  [],
  [null],
  [[]],
  {},
  { length: 3 },
  true,
  ['a', 5, null, { name: null }],
);

type Path = readonly (string | number)[];

function pathsOf(value: unknown, at: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? (value as readonly unknown[]).map((entry, index) => [index, entry] as const)
    : Object.entries(value);
  return [at, ...entries.flatMap(([key, entry]) => pathsOf(entry, [...at, key]))];
}

function replaced(value: unknown, path: Path, by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string | number, unknown> = Array.isArray(value)
    ? ([...(value as readonly unknown[])] as unknown as Record<number, unknown>)
    : { ...(value as Record<string, unknown>) };
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

const kinds = [
  'gatewayClasses',
  'gateways',
  'httpRoutes',
  'referenceGrants',
  'namespaces',
  'services',
  'endpointSlices',
  'secrets',
  'nodes',
] as const;

it('never throws, whatever the objects hold', () => {
  const snapshot = snapshotOf(rich);
  const places = kinds.flatMap((kind) =>
    [...snapshot[kind]].flatMap(([key, object]) => pathsOf(object).map((path) => ({ kind, key, path }))),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...places), junk), { minLength: 1, maxLength: 4 }),
      fc.constantFrom('ClusterIP' as const, 'NodePort' as const),
      (changes, serviceType) => {
        const spoilt = changes.reduce<Snapshot>((given, [{ kind, key, path }, by]) => {
          // The watched state holds objects under their keys, so an object is never missing where a key is.
          const object = replaced(given[kind].get(key), path, by) ?? {};
          return { ...given, [kind]: new Map<string, unknown>(given[kind]).set(key, object) };
        }, snapshot);
        expect(() => route(spoilt, { ...settings, serviceType }, { now: '2026-06-01T00:00:00Z' })).not.toThrow();
      },
    ),
    { seed: 7, numRuns: 5000 },
  );
});

it('routes names of any length', () => {
  const long = 'n'.repeat(300);
  const world = {
    gateways: [gateway({}, { name: long, namespace: long })],
    routes: [httpRoute({ parentRefs: [{ name: long }] }, { name: long, namespace: long })],
  };
  const routing = route(snapshotOf(world), settings);
  expect(routing.gateways.get(`${long}/${long}`)?.routes.map(({ name }) => name)).toEqual([long]);
});

it('the configuration that is spoilt above is a working one', () => {
  const result = route(snapshotOf(rich), settings).gateways.get('default/gw');
  expect(result?.routes[0]?.rules.map(({ action }) => action)).toEqual(['forward', 'redirect']);
  expect(result?.listeners.map(({ serving }) => serving)).toEqual([true, false, true]);
});
