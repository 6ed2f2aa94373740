/** Bytes that nobody should send, to every listener of the simulated controller and its data plane: they go on to serve. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { TLSRoute } from '../../generated/gateway-api.ts';
import { createFeed } from '../chaos/feed.ts';
import { createHarness, gateway, gatewayClass, httpRoute, type Harness } from '../loop/harness.ts';
import { selfSigned, tlsSecret } from '../routing/pki.ts';
import { startBackend, type Backend } from '../simulator/dataplane/tools/backends.ts';
import { hostileText } from './hostile.ts';
import { fuzz, testMs } from './run.ts';

const portMap = { 80: 22080, 443: 22443, 8443: 22843 };
const network = `127.${200 + (process.pid % 50)}.${(process.pid >> 6) % 250}`;

let harness: Harness;
let backend: Backend;
let address: string;
let hello: Buffer;

/** What a client says first. */
async function recordHello(): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = tlsConnect({
    port: (server.address() as AddressInfo).port,
    servername: 'a.example.test',
    ALPNProtocols: ['h2'],
  });
  client.on('error', () => undefined);
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  server.close();
  return bytes;
}

beforeAll(async () => {
  backend = await startBackend((_request, response) => void response.end('served'));
  const cidr = `${network}.0/28`;
  const feed = createFeed();
  harness = await createHarness({
    state: feed.state,
    simulatorOptions: { dataPlane: true, portMap, vipPool: cidr, tls: false },
    vipNetworks: [{ networkName: 'net-vip', cidr }],
  });
  const { certificate, key } = await selfSigned(['a.example.test']);
  const base = gateway('gw');
  const listener = { allowedRoutes: { namespaces: { from: 'Same' as const } }, hostname: 'a.example.test' };
  const tls = { mode: 'Terminate' as const, certificateRefs: [{ name: 'cert' }] };
  feed.put('GatewayClass', gatewayClass());
  feed.put('Secret', tlsSecret('cert', { 'tls.crt': certificate, 'tls.key': key }));
  feed.put('Gateway', {
    ...base,
    spec: {
      gatewayClassName: 'avi-lb',
      listeners: [
        { ...listener, name: 'http', port: 80, protocol: 'HTTP' },
        { ...listener, name: 'https', port: 443, protocol: 'HTTPS', tls },
        { ...listener, name: 'tls', port: 8443, protocol: 'TLS', tls: { mode: 'Passthrough' } },
      ],
    },
  });
  feed.put('Service', {
    metadata: { name: 'one', namespace: 'default' },
    spec: { ports: [{ port: 80, targetPort: backend.port }] },
  });
  feed.put('EndpointSlice', {
    metadata: { name: 'one', namespace: 'default', labels: { 'kubernetes.io/service-name': 'one' } },
    addressType: 'IPv4',
    ports: [{ port: backend.port, protocol: 'TCP' }],
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true, serving: true } }],
  });
  feed.put('HTTPRoute', httpRoute('r', ['gw'], { '/a': 'one' }, ['a.example.test']));
  const passthrough: TLSRoute = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'TLSRoute',
    metadata: { name: 't', namespace: 'default', creationTimestamp: '2026-01-02T00:00:00Z' },
    spec: {
      parentRefs: [{ name: 'gw', sectionName: 'tls' }],
      hostnames: ['a.example.test'],
      rules: [{ backendRefs: [{ name: 'one', port: 80 }] }],
    },
  };
  feed.put('TLSRoute', passthrough);
  feed.connect(harness.engine);
  harness.engine.start();
  await harness.engine.synced;
  await harness.engine.idle();
  await harness.simulator.settled();
  const vip = harness.simulator.store.list('vsvip').find(({ name }) => name.startsWith('ako-gw'))?.body.vip;
  address = (vip as readonly { readonly ip_address: { readonly addr: string } }[])[0]?.ip_address.addr ?? '';
  hello = await recordHello();
}, 60_000);

afterAll(async () => {
  await harness?.close();
  await backend?.close();
});

/** Sends pieces, waits a moment for an answer, and hangs up. */
async function throwAt(host: string, port: number, pieces: readonly Buffer[]): Promise<void> {
  const socket = connect(port, host);
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const answered = new Promise<void>((resolve) => socket.once('data', () => resolve()));
  for (const piece of pieces) if (!socket.destroyed) socket.write(piece);
  socket.end();
  await Promise.race([closed, answered, new Promise((resolve) => setTimeout(resolve, 20))]);
  socket.destroy();
  await closed;
}

const restPort = (): number => Number(new URL(harness.simulator.url).port);
const targets = (): readonly (readonly [string, number])[] => [
  [address, portMap[80]],
  [address, portMap[443]],
  [address, portMap[8443]],
  ['127.0.0.1', restPort()],
];

async function stillServes(): Promise<void> {
  const reply = await fetch(`http://${address}:${portMap[80]}/a`, { headers: { connection: 'close' } }).catch(String);
  // The Host is an address, which is no hostname of a listener: any answer in HTTP shows that it lives.
  expect(reply).toMatchObject({ status: 404 });
  expect(await fetch(`${harness.simulator.url}/api/cluster/status`)).toMatchObject({ status: 200 });
}

const requestLine = fc.constantFrom(
  'GET /a HTTP/1.1',
  'POST /login HTTP/1.1',
  'PUT /api/pool/x HTTP/1.1',
  'PRI * HTTP/2.0',
);
const headerLine = fc.constantFrom(
  'Host: a.example.test',
  'Content-Length: 5',
  'Content-Length: -1',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked, identity',
  'Connection: upgrade, keep-alive',
  'Upgrade: websocket',
  'Expect: 100-continue',
  'Cookie: avi-sessionid=x; csrftoken=y',
  'Content-Type: application/json',
);
const httpText = fc
  .tuple(
    fc.oneof({ weight: 3, arbitrary: requestLine }, { weight: 1, arbitrary: hostileText }),
    fc.array(fc.oneof({ weight: 2, arbitrary: headerLine }, hostileText), { maxLength: 6 }),
    fc.oneof(
      hostileText,
      fc.constantFrom('{"a":1}', '5\r\nhello\r\n0\r\n\r\n', 'fffffffffffffffff\r\n', '{"__proto__":{"polluted":1}}'),
    ),
  )
  .map(([line, headers, body]) => Buffer.from(`${[line, ...headers].join('\r\n')}\r\n\r\n${body}`));

/** A real ClientHello with bytes changed, cut, repeated or cut into pieces. */
const brokenHello = fc
  .tuple(
    fc.array(fc.tuple(fc.nat(2_000), fc.nat(255)), { maxLength: 12 }),
    fc.nat(2_000),
    fc.array(fc.nat(2_000), { maxLength: 3 }),
  )
  .map(([edits, length, cuts]) => ({ edits, length, cuts }));

function piecesOf({
  edits,
  length,
  cuts,
}: {
  readonly edits: readonly (readonly [number, number])[];
  readonly length: number;
  readonly cuts: readonly number[];
}): readonly Buffer[] {
  const bytes = Buffer.from(hello);
  for (const [place, value] of edits) bytes[place % bytes.length] = value;
  const whole = length % 3 === 0 ? bytes.subarray(0, length % bytes.length) : bytes;
  const places = [0, ...cuts.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length];
  return places.slice(1).map((end, index) => whole.subarray(places[index], end));
}

describe('bytes', () => {
  it(
    'that begin as TLS',
    async () => {
      await fuzz('ClientHellos', fc.tuple(fc.nat(3), brokenHello), async ([target, made]) => {
        const [host = '', port = 0] = targets()[target] ?? [];
        await throwAt(host, port, piecesOf(made));
      });
      await stillServes();
    },
    testMs,
  );

  it(
    'that begin as HTTP',
    async () => {
      await fuzz('HTTP', fc.tuple(fc.nat(3), httpText), async ([target, bytes]) => {
        const [host = '', port = 0] = targets()[target] ?? [];
        await throwAt(host, port, [bytes]);
      });
      await stillServes();
    },
    testMs,
  );
});
