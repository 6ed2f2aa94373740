/** Routes below HTTP, end to end and while they change: the engine programs the controller, connections are counted. */
import { connect as connectTls } from 'node:tls';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Gateway, TCPRoute, TLSRoute } from '../../generated/gateway-api.ts';
import { createAuthority, type Authority } from '../simulator/dataplane/tools/certificates.ts';
import { ask, dial, shout, startTcp } from '../simulator/dataplane/tools/l4.ts';
import { eventually } from '../simulator/dataplane/tools/plane.ts';
import { createHarness, gateway, gatewayClass, type Harness } from './harness.ts';

jest.setTimeout(60_000);

const tcpPort = 19_001;
const tlsPort = 19_443;
let harness: Harness;
let authority: Authority;
let vip: string;
const closers: (() => Promise<void>)[] = [];

/** A Service with one pod, which says its name when it is called. */
async function startService(name: string): Promise<void> {
  const { port, close } = await startTcp(shout(name));
  closers.push(close);
  const metadata = { name, namespace: 'default' };
  harness.put('Service', { metadata, spec: { type: 'ClusterIP', ports: [{ port: 80, targetPort: port }] } });
  harness.put('EndpointSlice', {
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ port, protocol: 'TCP' }],
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true, serving: true } }],
  });
}

function gatewayWithPorts(): Gateway {
  const base = gateway('gw');
  return {
    ...base,
    spec: {
      ...base.spec,
      listeners: [
        { name: 'tcp', port: tcpPort, protocol: 'TCP' },
        {
          name: 'tls',
          port: tlsPort,
          protocol: 'TLS',
          hostname: '*.example.test',
          tls: { mode: 'Terminate', certificateRefs: [{ name: 'cert' }] },
        },
      ],
    },
  };
}

const specOf = (sectionName: string, backends: Readonly<Record<string, number>>) => ({
  parentRefs: [{ name: 'gw', sectionName }],
  rules: [{ backendRefs: Object.entries(backends).map(([name, weight]) => ({ name, port: 80, weight })) }],
});
const metadataOf = (name: string) => ({
  name,
  namespace: 'default',
  generation: 1,
  creationTimestamp: '2026-01-02T00:00:00Z',
});
const tcpRoute = (backends: Readonly<Record<string, number>>): TCPRoute => ({
  metadata: metadataOf('tcp'),
  spec: specOf('tcp', backends),
});
const tlsRoute = (name: string, hostname: string, backend: string): TLSRoute => ({
  metadata: metadataOf(name),
  spec: { ...specOf('tls', { [backend]: 1 }), hostnames: [hostname] },
});

async function askTls(servername: string, words: string): Promise<string> {
  const socket = connectTls({ host: vip, port: tlsPort, servername, ca: authority.ca });
  try {
    await once(socket, 'secureConnect');
    socket.end(words);
    return await text(socket);
  } catch {
    return '';
  }
}

async function settle(): Promise<void> {
  harness.engine.mark(['default/gw'], 'all', true);
  await harness.engine.idle();
}

/** Calls again and again while the changes are made, until the controller has settled; returns what was heard. */
async function during(call: () => Promise<string>, changes: readonly (() => void)[]): Promise<ReadonlySet<string>> {
  const heard = new Set<string>();
  let over = false;
  const callers = [1, 2].map(async () => {
    while (!over) heard.add(await call());
  });
  for (const change of changes) {
    change();
    await settle();
    await harness.simulator.settled();
    await call();
  }
  over = true;
  await Promise.all(callers);
  return heard;
}

beforeAll(async () => {
  const subnet = `127.${32 + (process.pid % 32)}.${(process.pid >> 5) % 256}`;
  harness = await createHarness({
    simulatorOptions: {
      dataPlane: true,
      vipPool: `${subnet}.0/24`,
      portMap: {},
      programDelayMs: 30,
      healthIntervalMs: 50,
      seed: 1,
    },
    // Longer than programming and a first health check take.
    deps: { graceMs: 300 },
    vipNetworks: [{ networkName: 'net-vip', cidr: `${subnet}.0/24` }],
  });
  authority = await createAuthority();
  const { cert, key } = await authority.issue('*.example.test');
  harness.put('Secret', {
    metadata: { name: 'cert', namespace: 'default' },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': btoa(cert), 'tls.key': btoa(key) },
  });
  for (const name of ['a', 'b']) await startService(name);
  harness.put('GatewayClass', gatewayClass());
  harness.put('Gateway', gatewayWithPorts());
  harness.put('TCPRoute', tcpRoute({ a: 1 }));
  harness.put('TLSRoute', tlsRoute('one', 'one.example.test', 'a'));
  harness.engine.start();
  await harness.engine.synced;
  await harness.engine.idle();
  const addresses = harness.status('Gateway', 'default/gw')?.addresses as { value: string }[];
  vip = addresses[0]!.value;
  await eventually(
    () => askTls('one.example.test', 'x'),
    (heard) => heard === 'a:X',
  );
});
afterAll(async () => {
  await harness.close();
  await Promise.all(closers.map((close) => close()));
});

describe('routes below HTTP', () => {
  it('lose no connection while backends and weights change, and keep those that are open', async () => {
    const open = await dial(vip, tcpPort);
    let said = '';
    open.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await eventually(
      () => said,
      (heard) => heard === 'a:',
    );
    const change = (backends: Readonly<Record<string, number>>) => () => harness.put('TCPRoute', tcpRoute(backends));
    const heard = await during(
      () => ask(vip, tcpPort, 'x').catch(() => ''),
      [
        change({ a: 1, b: 1 }),
        change({ b: 1 }),
        change({ a: 3, b: 1 }),
        change({ b: 1 }),
        change({ a: 1 }),
        change({ b: 1 }),
      ],
    );
    expect([...heard].sort()).toEqual(['a:X', 'b:X']);
    open.write('still');
    await eventually(
      () => said,
      (all) => all === 'a:STILL',
    );
    open.destroy();
    await eventually(
      () => ask(vip, tcpPort, 'x'),
      (answer) => answer === 'b:X',
    );
  });

  it('lose no connection when a port or a name goes from one route to another', async () => {
    const older = {
      ...tcpRoute({ a: 1 }),
      metadata: { ...metadataOf('older'), creationTimestamp: '2026-01-01T12:00:00Z' },
    };
    harness.put('TCPRoute', tcpRoute({ b: 1 }));
    await settle();
    await eventually(
      () => ask(vip, tcpPort, 'x'),
      (answer) => answer === 'b:X',
    );
    const tcp = await during(
      () => ask(vip, tcpPort, 'x').catch(() => ''),
      [() => harness.put('TCPRoute', older), () => harness.state.remove('TCPRoute', 'default/older')],
    );
    expect([...tcp].sort()).toEqual(['a:X', 'b:X']);
    harness.put('TLSRoute', tlsRoute('wide', '*.example.test', 'b'), tlsRoute('other', 'other.example.test', 'b'));
    await settle();
    await eventually(
      () => askTls('new.example.test', 'x'),
      (answer) => answer === 'b:X',
    );
    const tls = await during(
      () => askTls('new.example.test', 'x'),
      [() => harness.put('TLSRoute', tlsRoute('exact', 'new.example.test', 'a'))],
    );
    expect([...tls].sort()).toEqual(['a:X', 'b:X']);
    for (const name of ['wide', 'other', 'exact']) harness.state.remove('TLSRoute', `default/${name}`);
    await settle();
  });

  it('lose no connection while a port turns from one pool group to several and back', async () => {
    const heard = await during(
      () => askTls('one.example.test', 'x'),
      [
        () => harness.put('TLSRoute', tlsRoute('two', 'two.example.test', 'b')),
        () => harness.state.remove('TLSRoute', 'default/two'),
        () => harness.put('TLSRoute', tlsRoute('two', 'two.example.test', 'b')),
      ],
    );
    expect([...heard]).toEqual(['a:X']);
    expect(await askTls('two.example.test', 'x')).toBe('b:X');
    expect(await askTls('three.example.test', 'x')).toBe('');
  });

  it('leave nothing on the controller when they go', async () => {
    for (const name of ['one', 'two']) harness.state.remove('TLSRoute', `default/${name}`);
    harness.state.remove('TCPRoute', 'default/tcp');
    await settle();
    expect(harness.names().filter((name) => /^pool(?:group)? /.test(name))).toEqual([]);
    harness.state.remove('Gateway', 'default/gw');
    await settle();
    const left = ['l4policyset', 'vsdatascriptset', 'virtualservice', 'vsvip'].flatMap((type) =>
      harness.simulator.store.list(type).filter(({ name }) => name.startsWith('ako-gw-')),
    );
    expect(left.map(({ type, name }) => `${type} ${name}`)).toEqual([]);
  });
});
