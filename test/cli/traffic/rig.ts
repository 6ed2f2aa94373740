/** Manifests shown by traffic: operator, controller, data plane and two real backends, `a` and `b`, of the Service `web`. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { choosePort } from '../../../src/cli/demo/ports.ts';
import { loadConfig } from '../../../src/config.ts';
import { composeStandalone, type Standalone } from '../../../src/main/standalone.ts';
import { send, type Reply, type Sent } from '../../simulator/dataplane/tools/client.ts';

/** Answers with its name; `/healthz` with what `healthy` says; below `…/headers` with what it was sent, `…/page` with HTML; `…/login` begins a session, `…/reset` breaks the connection. */
export interface Backend {
  readonly server: Server;
  readonly name: string;
  healthy: boolean;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly location?: string;
  /** `name=value` of the first cookie that is set. */
  readonly cookie?: string;
}

export interface TrafficRig {
  readonly backends: readonly Backend[];
  /** Makes an object on the controller. */
  create(type: string, body: Readonly<Record<string, unknown>>): Promise<void>;
  /** Any request; the answer as it is. Rejects where the connection is closed without one. */
  ask(host: string, path?: string, more?: Pick<Sent, 'method' | 'headers' | 'body' | 'from'>): Promise<Reply>;
  get(host: string, path?: string, cookie?: string): Promise<Answer>;
  /** The bodies of some requests, each once. */
  answers(host: string, path?: string, cookie?: string): Promise<ReadonlySet<string>>;
}

/** What the simulator's cookie persistence sets: a name of its own, and a token without any other sign. */
export const cookieForm = /^[A-Za-z0-9_.-]+=[A-Za-z0-9_-]+$/;

/** For a Gateway with one HTTP listener; `hostname` of it is left out where it serves all. */
export function gatewayManifest(hostname?: string): string {
  const named = hostname === undefined ? '' : `, hostname: ${hostname}`;
  return `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw, namespace: default}
spec:
  gatewayClassName: avi-lb
  listeners: [{name: http, port: 80, protocol: HTTP${named}}]`;
}

/**
 * Starts before the tests of the file and stops after them; to be called once in a file.
 * @param octet the third of the VIPs' network, so that files can run side by side
 * @param manifests without the Service `web`
 */
export function useTraffic(octet: number, manifests: readonly string[]): TrafficRig {
  const vipPool = `127.${140 + (process.pid % 50)}.${octet}.0/24`;
  const backends: Backend[] = [];
  let standalone: Standalone | undefined;
  let target: Pick<Sent, 'address' | 'port'> = { address: '', port: 0 };

  beforeAll(async () => {
    backends.push(await startBackend('a'), await startBackend('b'));
    const directory = mkdtempSync(join(tmpdir(), 'avi-gateway-traffic-'));
    writeFileSync(join(directory, 'all.yaml'), [...service(backends), ...manifests].join('\n---'));
    const port = await choosePort(18_000 + 10 * octet, vipPool.replace('.0/24', '.1'));
    standalone = await composeStandalone({
      config: loadConfig({ flags: { clusterName: 'test' } }),
      paths: [directory],
      simulator: { vipPool, portMap: { 80: port } },
      onProblems: (problems) => expect(problems).toEqual([]),
    });
    await standalone.idle();
    await standalone.simulator?.settled();
    const [vsvip] = standalone.simulator?.store.list('vsvip') ?? [];
    const [vip] = (vsvip?.body['vip'] ?? []) as readonly { readonly ip_address: { readonly addr: string } }[];
    target = { address: vip?.ip_address.addr ?? '', port };
  }, 60_000);
  afterAll(async () => {
    await standalone?.stop();
    for (const { server } of backends) server.close();
  });

  const ask: TrafficRig['ask'] = (host, path = '/', more = {}) => send({ ...target, host, path, ...more });
  const get: TrafficRig['get'] = async (host, path, cookie) =>
    answerOf(await ask(host, path, cookie === undefined ? {} : { headers: { cookie } }));
  return {
    backends,
    create: async (type, body) => {
      await standalone?.client.request('POST', `/api/${type}/`, { body });
    },
    ask,
    get,
    answers: async (...request) =>
      new Set(await Promise.all(Array.from({ length: 8 }, async () => (await get(...request)).body))),
  };
}

function answerOf({ status, body, headers }: Reply): Answer {
  const cookie = headers['set-cookie']?.[0]?.split(';')[0];
  const { location } = headers;
  return { status, body, ...(location !== undefined && { location }), ...(cookie !== undefined && { cookie }) };
}

async function startBackend(name: string): Promise<Backend> {
  const self: Backend = {
    name,
    healthy: true,
    server: createServer((request, response) => {
      const { url = '', headers } = request;
      if (url === '/healthz') response.statusCode = self.healthy ? 200 : 503;
      if (url.endsWith('/login')) response.setHeader('set-cookie', `session=of-${name}`);
      if (url.endsWith('/reset')) request.socket.destroy();
      else if (url.endsWith('/headers')) response.end(JSON.stringify(headers));
      else if (url.endsWith('/page')) response.setHeader('content-type', 'text/html').end('<p>page</p>'.repeat(100));
      else response.end(name);
    }),
  };
  await new Promise<void>((resolve) => self.server.listen(0, '127.0.0.1', resolve));
  return self;
}

function service(backends: readonly Backend[]): readonly string[] {
  const slices = backends.map(
    ({ name, server }) => `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-${name}, namespace: default, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: ${(server.address() as AddressInfo).port}, protocol: TCP}]
endpoints: [{addresses: [127.0.0.1], conditions: {ready: true}}]`,
  );
  const web = `
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {ports: [{name: http, port: 80, targetPort: http, protocol: TCP}]}`;
  return [web, ...slices];
}
