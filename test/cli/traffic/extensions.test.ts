/** HealthMonitors and RouteBackendExtensions shown by traffic: manifests, operator, controller, data plane, real backends. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { choosePort } from '../../src/cli/demo/ports.ts';
import { loadConfig } from '../../src/config.ts';
import { composeStandalone, type Standalone } from '../../src/main/standalone.ts';
import { eventually } from '../cluster/eventually.ts';

const vipPool = `127.${140 + (process.pid % 50)}.7.0/24`;
const directory = mkdtempSync(join(tmpdir(), 'avi-gateway-extensions-'));

/** Answers with its name; `/healthz` with what `healthy` says. */
interface Backend {
  readonly server: Server;
  readonly name: string;
  healthy: boolean;
}

async function backend(name: string): Promise<Backend> {
  const self: Backend = {
    name,
    healthy: true,
    server: createServer((req, res) => {
      if (req.url === '/healthz') res.statusCode = self.healthy ? 200 : 503;
      res.end(name);
    }),
  };
  await new Promise<void>((resolve) => self.server.listen(0, '127.0.0.1', resolve));
  return self;
}

const portOf = ({ server }: Backend) => (server.address() as AddressInfo).port;

function manifests(backends: readonly Backend[]): string {
  const slices = backends.map(
    (one) => `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-${one.name}, namespace: default, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: ${portOf(one)}, protocol: TCP}]
endpoints: [{addresses: [127.0.0.1], conditions: {ready: true}}]`,
  );
  const filter = (kind: string, name: string) =>
    `{type: ExtensionRef, extensionRef: {group: ako.vmware.com, kind: ${kind}, name: ${name}}}`;
  return [
    `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw, namespace: default}
spec:
  gatewayClassName: avi-lb
  listeners: [{name: http, port: 80, protocol: HTTP, hostname: www.example.test}]`,
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
  rules:
  - matches: [{path: {type: Exact, value: /sticky}}]
    backendRefs: [{name: web, port: 80, filters: [${filter('RouteBackendExtension', 'sticky')}]}]
  - matches: [{path: {type: Exact, value: /unhealthy}}]
    backendRefs: [{name: web, port: 80, filters: [${filter('HealthMonitor', 'not-there')}]}]
  - backendRefs: [{name: web, port: 80, filters: [${filter('HealthMonitor', 'healthz')}, ${filter('RouteBackendExtension', 'turns')}]}]`,
    `
apiVersion: ako.vmware.com/v1alpha1
kind: HealthMonitor
metadata: {name: healthz, namespace: default}
spec:
  type: HEALTH_MONITOR_HTTP
  send_interval: 1
  receive_timeout: 1
  successful_checks: 1
  failed_checks: 1
  http_monitor: {http_request: GET /healthz HTTP/1.0, http_response_code: [HTTP_2XX]}`,
    `
apiVersion: ako.vmware.com/v1alpha1
kind: RouteBackendExtension
metadata: {name: turns, namespace: default}
spec: {lbAlgorithm: LB_ALGORITHM_ROUND_ROBIN}`,
    `
apiVersion: ako.vmware.com/v1alpha1
kind: RouteBackendExtension
metadata: {name: sticky, namespace: default}
spec: {lbAlgorithm: LB_ALGORITHM_ROUND_ROBIN, persistenceProfile: System-Persistence-Http-Cookie}`,
  ].join('\n---');
}

describe('extensions in traffic', () => {
  const backends: Backend[] = [];
  let standalone: Standalone;
  let port = 0;
  let address = '';

  beforeAll(async () => {
    backends.push(await backend('a'), await backend('b'));
    writeFileSync(join(directory, 'all.yaml'), manifests(backends));
    port = await choosePort(18_080, vipPool.replace('.0/24', '.1'));
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
    for (const { server } of backends) server.close();
  });

  const get = (path: string, cookie?: string) =>
    new Promise<{ readonly status: number; readonly body: string; readonly cookie?: string }>((resolve, reject) => {
      const headers = { host: 'www.example.test', ...(cookie !== undefined && { cookie }) };
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
  const answers = async (path: string, cookie?: string) =>
    new Set(await Promise.all(Array.from({ length: 8 }, async () => (await get(path, cookie)).body)));

  it('keeps a client to its server by a cookie', async () => {
    expect(await answers('/sticky')).toEqual(new Set(['a', 'b']));
    const { cookie, body } = await get('/sticky');
    expect(cookie).toBeDefined();
    expect(await answers('/sticky', cookie)).toEqual(new Set([body]));
    expect((await get('/sticky', cookie)).cookie).toBeUndefined();
  });

  it('answers 500 where a monitor does not exist', async () => {
    expect((await get('/unhealthy')).status).toBe(500);
  });

  it('takes a server away whose health check fails, and back', async () => {
    expect(await answers('/')).toEqual(new Set(['a', 'b']));
    const [first] = backends;
    if (first) first.healthy = false;
    await eventually(async () => expect(await answers('/')).toEqual(new Set(['b'])));
    if (first) first.healthy = true;
    await eventually(async () => expect(await answers('/')).toEqual(new Set(['a', 'b'])));
  }, 60_000);
});
