/** Features that need a script, end to end: routes in, the engine programs the controller, real requests are answered. */
import { connect, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { HTTPRoute } from '../../generated/gateway-api.ts';
import { echo, startBackend, type Seen } from '../simulator/dataplane/tools/backends.ts';
import { send, type Reply, type Sent } from '../simulator/dataplane/tools/client.ts';
import { eventually } from '../simulator/dataplane/tools/plane.ts';
import { createHarness, gateway, gatewayClass, type Harness } from './harness.ts';

jest.setTimeout(60_000);

type Rule = NonNullable<HTTPRoute['spec']['rules']>[number];
type Filter = NonNullable<Rule['filters']>[number];

const httpPort = 18_080;
const plainHost = 'plain.example.test';

let harness: Harness;
let vip: string;
const closers: (() => Promise<void>)[] = [];
/** What the mirrors got. */
const copies: { readonly of: string; readonly seen: Seen }[] = [];

/** A Service with one pod: an echo, or a mirror that notes what it got. */
async function startService(name: string): Promise<void> {
  const answer = echo(name);
  const backend = await startBackend((req, res) => {
    if (name === 'app' || name === 'other') return answer(req, res);
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const headers = Object.fromEntries(Object.entries(req.headersDistinct).map(([key, lines]) => [key, lines ?? []]));
      const { method = '', url = '' } = req;
      const body = Buffer.concat(chunks).toString();
      copies.push({ of: name, seen: { backend: name, method, url, host: req.headers.host ?? '', headers, body } });
      res.end();
    });
  });
  closers.push(() => backend.close());
  putService(name, backend.port);
}

/** A Service with one pod that speaks HTTP/2 without TLS only. */
async function startHttp2Service(): Promise<void> {
  const server = createServer();
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200, 'x-backend': 'h2' });
    stream.end();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  closers.push(() => new Promise((resolve) => void server.close(() => resolve())));
  putService('h2', port, 'kubernetes.io/h2c');
}

function putService(name: string, port: number, appProtocol?: string): void {
  const metadata = { name, namespace: 'default' };
  harness.put('Service', {
    metadata,
    spec: { type: 'ClusterIP', ports: [{ port: 80, targetPort: port, ...(appProtocol && { appProtocol }) }] },
  });
  harness.put('EndpointSlice', {
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ port, protocol: 'TCP' }],
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true, serving: true } }],
  });
}

const mirror = (name: string, share: object = {}): Filter => ({
  type: 'RequestMirror',
  requestMirror: { backendRef: { group: '', kind: 'Service', name, port: 80 }, ...share },
});

const rules: Readonly<Record<string, Partial<Rule>>> = {
  '/ready': {},
  '/cors': {
    filters: [
      {
        type: 'CORS',
        cors: {
          allowOrigins: ['https://www.foo.com', 'https://*.bar.com'],
          allowMethods: ['GET', 'OPTIONS'],
          allowHeaders: ['x-header-1', 'x-header-2'],
          exposeHeaders: ['x-header-3'],
          allowCredentials: true,
          maxAge: 3600,
        },
      },
    ],
  },
  '/any-origin': {
    filters: [{ type: 'CORS', cors: { allowOrigins: ['*'], allowMethods: ['PUT'], maxAge: 5 } }],
  },
  '/echo-origin': {
    filters: [
      {
        type: 'CORS',
        cors: { allowOrigins: ['*'], allowMethods: ['*'], allowHeaders: ['*'], allowCredentials: true, maxAge: 5 },
      },
    ],
  },
  '/mirror': {
    filters: [
      {
        type: 'RequestHeaderModifier',
        requestHeaderModifier: { set: [{ name: 'X-Set', value: 'set' }], remove: ['X-Remove'] },
      },
      mirror('shadow'),
      mirror('second'),
    ],
  },
  '/share': { filters: [mirror('shadow', { percent: 20 })] },
  '/see-other': {
    filters: [{ type: 'RequestRedirect', requestRedirect: { statusCode: 303 } }],
    backendRefs: [],
  },
  '/moved': {
    filters: [
      {
        type: 'RequestRedirect',
        requestRedirect: {
          statusCode: 303,
          scheme: 'https',
          hostname: 'new.example.test',
          port: 8443,
          path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/new' },
        },
      },
    ],
    backendRefs: [],
  },
  '/by-backend': {
    backendRefs: ['app', 'other'].map((name) => ({
      group: '',
      kind: 'Service',
      name,
      port: 80,
      weight: 10,
      filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'Backend', value: name }] } }],
    })),
  },
  '/h2': { backendRefs: [{ group: '', kind: 'Service', name: 'h2', port: 80, weight: 1 }] },
};

/** All rules; without hostnames they stand in the parent's ordered list, else in children of their own. */
function route(name: string, hostnames: readonly string[]): HTTPRoute {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name, namespace: 'default', generation: 1, creationTimestamp: '2026-01-02T00:00:00Z' },
    spec: {
      parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gw' }],
      hostnames: [...hostnames],
      rules: Object.entries(rules).map(([path, part]) => ({
        matches: [{ path: { type: 'PathPrefix', value: path } }],
        backendRefs: [{ group: '', kind: 'Service', name: 'app', port: 80, weight: 1 }],
        ...part,
      })),
    },
  };
}

describe.each([
  { trustChildOrder: true, evhOrder: 'longest' as const },
  { trustChildOrder: false, evhOrder: 'random' as const },
])('with trustChildOrder $trustChildOrder', ({ trustChildOrder, evhOrder }) => {
  beforeAll(async () => {
    copies.length = 0;
    const subnet = `127.${32 + (process.pid % 32)}.${(process.pid >> 5) % 256}`;
    harness = await createHarness({
      simulatorOptions: {
        dataPlane: true,
        vipPool: `${subnet}.0/24`,
        portMap: { 80: httpPort },
        programDelayMs: 0,
        healthIntervalMs: 50,
        seed: 1,
        evhOrder,
      },
      trustChildOrder,
      vipNetworks: [{ networkName: 'net-vip', cidr: `${subnet}.0/24` }],
    });
    harness.put('GatewayClass', gatewayClass());
    for (const name of ['app', 'other', 'shadow', 'second']) await startService(name);
    await startHttp2Service();
    harness.put('Gateway', gateway('gw'));
    harness.put('HTTPRoute', route('plain', [plainHost]), route('ordered', []));
    harness.engine.start();
    await harness.engine.synced;
    await harness.engine.idle();
    const addresses = harness.status('Gateway', 'default/gw')?.addresses as { value: string }[];
    vip = addresses[0]!.value;
    for (const host of [plainHost, 'any.example.test']) {
      await eventually(
        () => send({ address: vip, port: httpPort, host, path: '/ready' }).catch(() => ({ status: 0 })),
        ({ status }) => status === 200,
      );
    }
  });

  afterAll(async () => {
    await harness.close();
    await Promise.all(closers.splice(0).map((close) => close()));
  });

  it('all rules are accepted', () => {
    for (const name of ['default/plain', 'default/ordered']) {
      const { parents } = harness.status('HTTPRoute', name) as { parents: { conditions: { type: string }[] }[] };
      expect(parents[0]!.conditions.map(({ type }) => type)).not.toContain('PartiallyInvalid');
    }
  });

  describe.each([
    ['a plain child', plainHost],
    ['an ordered list', 'any.example.test'],
  ])('on %s', (_, host) => {
    const ask = (path: string, sent: Partial<Sent> = {}): Promise<Reply> =>
      send({ address: vip, port: httpPort, host, path, ...sent });
    const preflight = (path: string, origin: string, method: string, asked?: string): Promise<Reply> =>
      ask(path, {
        method: 'OPTIONS',
        headers: {
          Origin: origin,
          'Access-Control-Request-Method': method,
          ...(asked && { 'Access-Control-Request-Headers': asked }),
        },
      });
    const allowed = ({ headers }: Reply) => headers['access-control-allow-origin'];

    describe('CORS', () => {
      it.each(['https://www.foo.com', 'https://www.bar.com', 'https://a.b.bar.com', 'https://www.foo.com:443'])(
        'answers a preflight of %s',
        async (origin) => {
          const reply = await preflight('/cors', origin, 'GET', 'x-header-1');
          expect(reply.status).toBe(200);
          expect(reply.body).toBe('');
          expect(reply.headers).toMatchObject({
            'access-control-allow-origin': origin,
            'access-control-allow-methods': 'GET, OPTIONS',
            'access-control-allow-headers': 'x-header-1, x-header-2',
            'access-control-expose-headers': 'x-header-3',
            'access-control-allow-credentials': 'true',
            'access-control-max-age': '3600',
            vary: 'Origin',
          });
        },
      );

      it.each(['https://foobar.com', 'http://www.foo.com', 'https://bar.com', 'https://x.bar.com:8443', 'null'])(
        'permits %s nothing',
        async (origin) => {
          const reply = await preflight('/cors', origin, 'GET');
          expect(reply.status).toBe(200);
          expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
          const simple = await ask('/cors', { headers: { Origin: origin } });
          expect([simple.seen.backend, allowed(simple)]).toEqual(['app', undefined]);
        },
      );

      it('adds to the answers of the server', async () => {
        const reply = await ask('/cors', { headers: { Origin: 'https://www.foo.com' } });
        expect(reply.seen.backend).toBe('app');
        expect(reply.seen.headers).not.toHaveProperty('x-avi-gateway-rule');
        expect(reply.headers).toMatchObject({
          'access-control-allow-origin': 'https://www.foo.com',
          'access-control-allow-credentials': 'true',
          'access-control-expose-headers': 'x-header-3',
        });
      });

      it('leaves an OPTIONS request that is no preflight to the server', async () => {
        expect((await ask('/cors', { method: 'OPTIONS' })).seen.method).toBe('OPTIONS');
      });

      it('says * without credentials', async () => {
        const reply = await preflight('/any-origin', 'https://foobar.com:12345', 'PUT');
        expect([reply.status, allowed(reply)]).toEqual([200, '*']);
        expect(reply.headers['access-control-allow-methods']).toBe('PUT');
        expect(reply.headers).not.toHaveProperty('access-control-allow-credentials');
        expect(allowed(await ask('/any-origin', { headers: { Origin: 'https://foobar.com' } }))).toBe('*');
      });

      it('says what was asked for with credentials', async () => {
        const reply = await preflight('/echo-origin', 'https://other.foo.com', 'PUT', 'x-header-1, x-header-2');
        expect(reply.headers).toMatchObject({
          'access-control-allow-origin': 'https://other.foo.com',
          'access-control-allow-methods': 'PUT',
          'access-control-allow-headers': 'x-header-1, x-header-2',
          'access-control-allow-credentials': 'true',
        });
      });
    });

    describe('mirrors', () => {
      const copied = (path: string) => copies.filter(({ seen }) => seen.url.startsWith(path));

      it('get the request as the rule changed it', async () => {
        const path = `/mirror/${host}?a=1`;
        const reply = await ask(path, { headers: { 'X-Remove': '1', 'X-Kept': 'kept' } });
        expect(reply.seen).toMatchObject({ backend: 'app', url: path });
        await eventually(
          () => copied(path).length,
          (count) => count === 2,
        );
        expect(
          copied(path)
            .map(({ of }) => of)
            .sort(),
        ).toEqual(['second', 'shadow']);
        for (const { seen } of copied(path)) {
          expect(seen).toMatchObject({ method: 'GET', host, url: path });
          expect(seen.headers).toMatchObject({ 'x-set': ['set'], 'x-kept': ['kept'] });
          expect(seen.headers).not.toHaveProperty('x-remove');
          expect(seen.headers).not.toHaveProperty('x-avi-gateway-rule');
        }
      });

      it('get the body', async () => {
        const path = `/mirror/${host}/body`;
        const reply = await ask(path, { method: 'POST', body: 'ä body', headers: { 'Content-Length': '7' } });
        expect(reply.seen).toMatchObject({ backend: 'app', method: 'POST', body: 'ä body' });
        await eventually(
          () => copied(path).length,
          (count) => count === 2,
        );
        expect(copied(path).map(({ seen }) => [seen.method, seen.body])).toEqual([
          ['POST', 'ä body'],
          ['POST', 'ä body'],
        ]);
      });

      it('are left out for what cannot be copied', async () => {
        const path = `/mirror/${host}/rest`;
        expect((await ask(path, { method: 'DELETE' })).seen.backend).toBe('app');
        const body = 'x'.repeat(40_000);
        expect((await ask(path, { method: 'PUT', body })).seen.body).toHaveLength(body.length);
        expect(copied(path)).toEqual([]);
      });

      it('get their share', async () => {
        const path = `/share/${host}`;
        for (let turn = 0; turn < 50; turn += 1) await ask(path);
        await eventually(
          () => copied(path).length,
          (count) => count >= 10,
        );
        expect(copied(path)).toHaveLength(10);
      });
    });

    it('headers go with the backend that is chosen', async () => {
      const chosen = new Set<string>();
      for (let turn = 0; turn < 30; turn += 1) {
        const { seen } = await ask('/by-backend', { headers: { Backend: 'forged' } });
        expect(seen.headers['backend']).toEqual([seen.backend]);
        chosen.add(seen.backend);
      }
      expect([...chosen].sort()).toEqual(['app', 'other']);
    });

    it('HTTP/2 without TLS goes through', async () => {
      const session = connect(`http://${vip}:${httpPort}`);
      try {
        const stream = session.request({ ':path': '/h2', ':authority': host });
        const { promise, resolve, reject } = Promise.withResolvers<Readonly<Record<string, unknown>>>();
        stream.on('response', resolve).on('error', reject);
        session.on('error', reject);
        expect(await promise).toMatchObject({ ':status': 200, 'x-backend': 'h2' });
      } finally {
        session.destroy();
      }
    });

    describe('303', () => {
      it.each([
        ['/see-other', `http://${host}/see-other`],
        ['/see-other/a?b=c&d=e', `http://${host}/see-other/a?b=c&d=e`],
        ['/moved', 'https://new.example.test:8443/new'],
        ['/moved/a/b?c', 'https://new.example.test:8443/new/a/b?c'],
      ])('%s leads to %s', async (path, location) => {
        const reply = await ask(path, { method: 'POST' });
        expect([reply.status, reply.headers.location]).toEqual([303, location]);
      });
    });
  });

  it('all of it goes when the rules go', async () => {
    const kept = (name: string, hostnames: readonly string[]): HTTPRoute => {
      const full = route(name, hostnames);
      return {
        ...full,
        metadata: { ...full.metadata, generation: 2 },
        spec: { ...full.spec, rules: [full.spec.rules![0]!] },
      };
    };
    expect(harness.names().filter((name) => name.startsWith('vsdatascriptset ')).length).toBeGreaterThan(0);
    harness.put('HTTPRoute', kept('plain', [plainHost]), kept('ordered', []));
    harness.engine.mark(['default/gw'], 'all', true);
    await harness.engine.idle();
    const left = harness.names();
    expect(left.filter((name) => name.startsWith('vsdatascriptset '))).toEqual([]);
    expect(left.filter((name) => name.startsWith('pool '))).toHaveLength(2);
    const status = harness.status('HTTPRoute', 'default/plain') as { parents: { conditions: object[] }[] };
    expect(status.parents[0]!.conditions).toContainEqual(expect.objectContaining({ type: 'Accepted', status: 'True' }));
  });
});
