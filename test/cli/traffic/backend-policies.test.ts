/** AviBackendPolicies shown by traffic: how clients are kept to servers, each way on a route of its own. */
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { cookieForm, gatewayManifest, useTraffic } from './rig.ts';

const host = 'www.example.test';

function route(name: string): string {
  return `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: ${name}, namespace: default}
spec:
  parentRefs: [{name: gw}]
  hostnames: [${host}]
  rules:
  - matches: [{path: {value: /${name}}}]
    backendRefs: [{name: web, port: 80}]`;
}

function policy(name: string, persistence: string): string {
  return `
apiVersion: avi.gateway-operator.io/v1alpha1
kind: AviBackendPolicy
metadata: {name: ${name}, namespace: default}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: ${name}}]
  persistence: ${persistence}`;
}

const balanced = `
apiVersion: avi.gateway-operator.io/v1alpha1
kind: AviBackendPolicy
metadata: {name: turns, namespace: default}
spec:
  targetRefs: [{group: "", kind: Service, name: web}]
  loadBalancing: {algorithm: RoundRobin}`;

const { ask, answers, backends } = useTraffic(12, [
  gatewayManifest(),
  ...['free', 'cookie', 'lasting', 'application', 'header', 'address'].map(route),
  balanced,
  policy('cookie', '{type: Cookie, name: kept, timeoutMinutes: 5, httpOnly: true}'),
  policy('lasting', '{type: Cookie, name: mine, timeoutMinutes: 10, persistent: true}'),
  policy('application', '{type: ApplicationCookie, name: session}'),
  policy('header', '{type: Header, name: X-Server}'),
  policy('address', '{type: SourceAddress, prefixLength: 24}'),
]);

const both = new Set(['a', 'b']);

/** The bodies of some requests, one after the other. */
async function bodies(path: string, more: Parameters<typeof ask>[2] = {}): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  for (let turn = 0; turn < 6; turn++) seen.add((await ask(host, path, more)).body);
  return seen;
}

describe('clients', () => {
  it('go to all servers where nothing keeps them', async () => {
    expect(await answers(host, '/free')).toEqual(both);
  });

  it.each([
    ['/cookie', /^kept=[^;]+; path=\/; HttpOnly$/],
    ['/lasting', /^mine=[^;]+; path=\/; Max-Age=600$/],
  ])('are kept by a cookie of %s', async (path, form) => {
    const { body, headers } = await ask(host, path);
    const [line = ''] = headers['set-cookie'] ?? [];
    expect(line).toMatch(form);
    const cookie = line.split(';')[0] ?? '';
    expect(cookie).toMatch(cookieForm);
    expect(await bodies(path, { headers: { cookie } })).toEqual(new Set([body]));
    expect(await bodies(path)).toEqual(both);
  });

  it('are kept by the session that the application has begun', async () => {
    const { body, headers } = await ask(host, '/application/login');
    const cookie = headers['set-cookie']?.[0] ?? '';
    expect(cookie).toBe(`session=of-${body}`);
    expect(await bodies('/application', { headers: { cookie } })).toEqual(new Set([body]));
    expect(await bodies('/application', { headers: { cookie: 'session=invented' } })).toEqual(both);
  });

  it('are kept by a header with the address of a server', async () => {
    for (const { name, server } of backends) {
      const headers = { 'x-server': `127.0.0.1:${(server.address() as AddressInfo).port}` };
      expect(await bodies('/header', { headers })).toEqual(new Set([name]));
    }
    expect(await bodies('/header', { headers: { 'x-server': 'another' } })).toEqual(both);
  });

  it('are kept by their network', async () => {
    const first = await bodies('/address', { from: '127.9.1.1' });
    expect(first.size).toBe(1);
    expect(await bodies('/address', { from: '127.9.1.2' })).toEqual(first);
    const others = await Promise.all([2, 3, 4, 5].map((net) => bodies('/address', { from: `127.9.${net}.1` })));
    expect(new Set(others.flatMap((seen) => [...seen]))).toEqual(both);
  });
});
