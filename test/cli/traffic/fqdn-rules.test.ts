/** HostRules and HTTPRules shown by traffic: an alias, a host that is off, clients kept to servers, a rule that names nothing. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { choosePort } from '../../src/cli/demo/ports.ts';
import { loadConfig } from '../../src/config.ts';
import { composeStandalone, type Standalone } from '../../src/main/standalone.ts';

const vipPool = `127.${140 + (process.pid % 50)}.8.0/24`;
const directory = mkdtempSync(join(tmpdir(), 'avi-gateway-fqdn-rules-'));

async function backend(name: string): Promise<Server> {
  const server = createServer((_, res) => res.end(name));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

function manifests(backends: readonly Server[]): string {
  const slices = backends.map(
    (one, place) => `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-${place}, namespace: default, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: ${portOf(one)}, protocol: TCP}]
endpoints: [{addresses: [127.0.0.1], conditions: {ready: true}}]`,
  );
  return [
    `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw, namespace: default}
spec:
  gatewayClassName: avi-lb
  listeners: [{name: http, port: 80, protocol: HTTP}]`,
    `
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {ports: [{name: http, port: 80, targetPort: http, protocol: TCP}]}`,
    ...slices,
    `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: default}
spec:
  parentRefs: [{name: gw}]
  hostnames: [www.example.test, off.example.test, lost.example.test]
  rules:
  - matches: [{path: {value: /sticky}}]
    backendRefs: [{name: web, port: 80}]
  - backendRefs: [{name: web, port: 80}]`,
    `
apiVersion: ako.vmware.com/v1beta1
kind: HostRule
metadata: {name: www, namespace: default}
spec: {virtualhost: {fqdn: www.example.test, aliases: [shop.example.test]}}`,
    `
apiVersion: ako.vmware.com/v1beta1
kind: HostRule
metadata: {name: "off", namespace: default}
spec: {virtualhost: {fqdn: off.example.test, enableVirtualHost: false}}`,
    `
apiVersion: ako.vmware.com/v1beta1
kind: HostRule
metadata: {name: lost, namespace: default}
spec: {virtualhost: {fqdn: lost.example.test, wafPolicy: Not-There}}`,
    `
apiVersion: ako.vmware.com/v1beta1
kind: HTTPRule
metadata: {name: sticky, namespace: default}
spec:
  fqdn: www.example.test
  paths:
  - target: /sticky
    applicationPersistence: System-Persistence-Http-Cookie
    loadBalancerPolicy: {algorithm: LB_ALGORITHM_ROUND_ROBIN}`,
  ].join('\n---');
}

describe('rules by FQDN in traffic', () => {
  const backends: Server[] = [];
  let standalone: Standalone;
  let port = 0;
  let address = '';

  beforeAll(async () => {
    backends.push(await backend('a'), await backend('b'));
    writeFileSync(join(directory, 'all.yaml'), manifests(backends));
    port = await choosePort(18_180, vipPool.replace('.0/24', '.1'));
    standalone = await composeStandalone({
      config: loadConfig({ flags: { clusterName: 'test' } }),
      paths: [directory],
      simulator: { vipPool, portMap: { 80: port } },
      onProblems: (problems) => expect(problems).toEqual([]),
    });
    await standalone.idle();
    await standalone.simulator?.settled();
    const [vip] = standalone.simulator?.store.list('vsvip') ?? [];
    address =
      (vip?.body['vip'] as readonly { readonly ip_address: { readonly addr: string } }[])[0]?.ip_address.addr ?? '';
  }, 60_000);
  afterAll(async () => {
    await standalone.stop();
    for (const server of backends) server.close();
  });

  const get = (host: string, path = '/', cookie?: string) =>
    new Promise<{ readonly status: number; readonly body: string; readonly cookie?: string }>((resolve, reject) => {
      const headers = { host, ...(cookie !== undefined && { cookie }) };
      request({ host: address, port, path, headers }, (res) => {
        let body = '';
        res.setEncoding('utf8').on('data', (part: string) => (body += part));
        res.on('end', () => {
          const set = res.headers['set-cookie']?.[0]?.split(';')[0];
          resolve({ status: res.statusCode ?? 0, body, ...(set !== undefined && { cookie: set }) });
        });
      })
        .on('error', reject)
        .end();
    });
  const answers = async (host: string, path: string, cookie?: string) =>
    new Set(await Promise.all(Array.from({ length: 8 }, async () => (await get(host, path, cookie)).body)));

  it('serves an alias as the host, and no other name', async () => {
    expect((await get('www.example.test')).status).toBe(200);
    expect((await get('shop.example.test')).status).toBe(200);
    expect((await get('other.example.test')).status).toBe(404);
  });

  it('does not serve a host that is off', async () => {
    expect((await get('off.example.test')).status).toBe(404);
  });

  it('answers 500 for a host whose WAF policy is not there', async () => {
    expect((await get('lost.example.test')).status).toBe(500);
  });

  it.each(['www.example.test', 'shop.example.test'])(
    'keeps clients of %s to their servers below a path',
    async (host) => {
      expect(await answers(host, '/sticky')).toEqual(new Set(['a', 'b']));
      const { cookie, body } = await get(host, '/sticky');
      expect(cookie).toBeDefined();
      expect(await answers(host, '/sticky', cookie)).toEqual(new Set([body]));
      expect((await get(host)).cookie).toBeUndefined();
    },
  );
});
