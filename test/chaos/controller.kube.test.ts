/** A controller that moves, rests, forgets, is edited by hand or gets other credentials: afterwards all is as desired, and traffic never noticed. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createAviClient, type AviClient, type AviClientOptions } from '../../src/avi/client.ts';
import type { EngineDeps } from '../../src/loop/engine.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { eventually } from '../cluster/eventually.ts';
import { createHarness, gateway, gatewayClass, httpRoute, type Harness } from '../loop/harness.ts';
import { startBackend, type Backend } from '../simulator/dataplane/tools/backends.ts';
import { clientClock, fastClock } from './clock.ts';
import { createFeed, type Feed } from './feed.ts';

// Waits end by themselves and say what they waited for; a busy machine may need long.
jest.setTimeout(120_000);

const factor = 100;
const patience = 60_000;
const portMap = { 80: 23080 };
const cidr = `127.${190 + (process.pid % 10)}.${(process.pid >> 4) % 250}.0/28`;

let backend: Backend;
beforeAll(async () => {
  backend = await startBackend((_request, response) => void response.end('served'));
});
afterAll(() => backend.close());

let simulator: Simulator;
let feed: Feed;
let harness: Harness | undefined;
let traffic: Traffic | undefined;
const closing: (() => void)[] = [];

beforeEach(async () => {
  simulator = await startSimulator({ dataPlane: true, programDelayMs: 50, portMap, vipPool: cidr });
  feed = createFeed();
  feed.put('GatewayClass', gatewayClass());
  feed.put('Gateway', gateway('gw', '*.example.test'));
  endpoints(['127.0.0.1']);
  feed.put('HTTPRoute', httpRoute('served', ['gw'], { '/served': 'one' }, ['a.example.test']));
});
afterEach(async () => {
  await traffic?.stop();
  traffic = undefined;
  await harness?.close();
  harness = undefined;
  for (const close of closing.splice(0)) close();
  await simulator.close();
});

function endpoints(addresses: readonly string[]): void {
  const metadata = { name: 'one', namespace: 'default' };
  feed.put('Service', { metadata, spec: { ports: [{ port: 80, targetPort: backend.port }] } });
  feed.put('EndpointSlice', {
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'one' } },
    addressType: 'IPv4',
    ports: [{ port: backend.port, protocol: 'TCP' }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true, serving: true } })),
  });
}

interface Traffic {
  /** Ends it. @returns how many requests were sent, and what went wrong with those that failed. */
  stop(): Promise<{ readonly sent: number; readonly failed: readonly string[] }>;
}

/** One request after the other, each on a connection of its own. */
function startTraffic(address: string): Traffic {
  const failed: string[] = [];
  let sent = 0;
  let running = true;
  const loop = (async () => {
    while (running) {
      sent += 1;
      const text = await ask(address).catch((error: unknown) => String(error));
      if (!text.startsWith('HTTP/1.1 200')) failed.push(text.slice(0, 100));
      await sleep(5);
    }
  })();
  return {
    stop: async () => {
      running = false;
      await loop;
      return { sent, failed };
    },
  };
}

async function ask(address: string): Promise<string> {
  const socket = connect(portMap[80], address);
  socket.write('GET /served HTTP/1.1\r\nHost: a.example.test\r\nConnection: close\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

async function operate(client: Partial<AviClientOptions> = {}, deps: Partial<EngineDeps> = {}): Promise<Harness> {
  const clock = fastClock(factor);
  harness = await createHarness({
    simulator,
    state: feed.state,
    vipNetworks: [{ networkName: 'net-vip', cidr }],
    deps: { ...clock, random: Math.random, graceMs: 0, ...deps },
    client: {
      ...clientClock(clock),
      retry: { attempts: 6, baseMs: 200, capMs: 20_000, longestRetryAfterMs: 120_000 },
      ...client,
    },
  });
  feed.connect(harness.engine);
  harness.engine.start();
  return harness;
}

/** Synced, served and asked all the time. */
async function served(client: Partial<AviClientOptions> = {}, deps: Partial<EngineDeps> = {}): Promise<Harness> {
  const operator = await operate(client, deps);
  await operator.engine.synced;
  await operator.engine.idle();
  await simulator.settled();
  const vip = simulator.store.list('vsvip').find(({ name }) => name.startsWith('ako-gw'))?.body.vip;
  const address = (vip as readonly { readonly ip_address: { readonly addr: string } }[])[0]?.ip_address.addr ?? '';
  traffic = startTraffic(address);
  return operator;
}

async function noneFailed(): Promise<void> {
  await sleep(100);
  const { sent, failed } = (await traffic?.stop()) ?? { sent: 0, failed: [] };
  expect(failed).toEqual([]);
  expect(sent).toBeGreaterThan(10);
}

const addRoute = (name: string): void =>
  feed.put('HTTPRoute', httpRoute(name, ['gw'], { [`/${name}`]: 'one' }, [`${name}.example.test`]));
const childrenOf = (host: string): number =>
  simulator.store
    .list('virtualservice')
    .filter(({ body }) => JSON.stringify(body.vh_matches ?? '').includes(`"${host}"`)).length;
const served1 = (host: string): Promise<void> => eventually(() => expect(childrenOf(host)).toBe(1), patience);

/** A node of a controller cluster: passes everything on while it is up. */
async function startNode(): Promise<{ readonly url: string; readonly down: () => void; readonly server: Server }> {
  const target = new URL(simulator.url);
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    const onward = connect(Number(target.port), target.hostname);
    for (const one of [socket, onward]) {
      open.add(one);
      one.on('error', () => undefined).on('close', () => open.delete(one));
    }
    socket.pipe(onward).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const down = (): void => {
    server.close();
    for (const socket of open) socket.destroy();
  };
  closing.push(down);
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, down, server };
}

async function administrator(): Promise<AviClient> {
  const client = createAviClient({
    addresses: [simulator.url],
    credentials: () => ({ username: simulator.username, password: simulator.password }),
    tls: { ca: simulator.ca },
  });
  closing.push(() => void client.close());
  await client.version();
  return client;
}

const stored = (
  type: string,
  route: string,
): { readonly uuid: string; readonly body: Readonly<Record<string, unknown>> } => {
  const marker = `"HTTPRouteName","values":["${route}"]`;
  const found = simulator.store.list(type).find(({ body }) => JSON.stringify(body.markers ?? '').includes(marker));
  if (!found) throw new Error(`no ${type} of the route ${route}`);
  return found;
};

describe('a controller', () => {
  it('of three nodes whose leader moves twice is followed', async () => {
    const nodes = [await startNode(), await startNode(), await startNode()];
    await served({ addresses: nodes.map(({ url }) => url), requestTimeoutMs: 5_000 });
    for (const [index, name] of ['b', 'c'].entries()) {
      nodes[index]?.down();
      addRoute(name);
      await served1(`${name}.example.test`);
    }
    await noneFailed();
  });

  it('in maintenance for minutes is asked seldom, and gets what has changed when it is back', async () => {
    const operator = await served();
    simulator.faults.add({ times: 0, effect: { kind: 'status', status: 503 } });
    const before = simulator.stats.read().calls;
    for (const name of ['b', 'c', 'd']) addRoute(name);
    feed.remove('HTTPRoute', 'default/b');
    // Four minutes.
    await sleep(240_000 / factor);
    // Each of a handful of operations six times, the whole of it in growing backoffs: a storm would be thousands.
    expect(simulator.stats.read().calls - before).toBeLessThan(400);
    simulator.faults.clear();
    await served1('c.example.test');
    await served1('d.example.test');
    await eventually(() => expect(childrenOf('b.example.test')).toBe(0), patience);
    await operator.engine.idle();
    await noneFailed();
  });

  it('that was restored from an older backup gets back what it lost, and loses what is of the past', async () => {
    addRoute('past');
    const operator = await served({}, { drift: { mode: 'repair', intervalMs: 30_000 } });
    const admin = await administrator();
    const types = ['pool', 'poolgroup', 'virtualservice'];
    const copies = types.map((type) => ({ type, body: stored(type, 'past').body }));
    feed.remove('HTTPRoute', 'default/past');
    await eventually(() => expect(childrenOf('past.example.test')).toBe(0), patience);
    addRoute('new');
    await served1('new.example.test');
    // The backup has `past` and does not have `new`.
    for (const type of types.toReversed()) await admin.request('DELETE', `/api/${type}/${stored(type, 'new').uuid}`);
    for (const { type, body } of copies) {
      const { uuid: _uuid, url: _url, _last_modified, ...rest } = body;
      const text = JSON.stringify(rest).replaceAll(/\/api\/(pool|poolgroup)\/[\w-]+/g, (ref, kind: string) => {
        const named = copies.find((copy) => copy.type === kind)?.body.name as string | undefined;
        return named === undefined ? ref : `/api/${kind}/?name=${named}`;
      });
      await admin.request('POST', `/api/${type}/`, { body: JSON.parse(text) as unknown });
    }
    expect([childrenOf('past.example.test'), childrenOf('new.example.test')]).toEqual([1, 0]);
    await served1('new.example.test');
    await eventually(() => expect(childrenOf('past.example.test')).toBe(0), patience);
    await operator.engine.idle();
    await noneFailed();
  });

  it('on which somebody takes a pool away that is in use gets it back', async () => {
    await served({}, { drift: { mode: 'repair', intervalMs: 30_000 } });
    addRoute('b');
    await served1('b.example.test');
    const admin = await administrator();
    const group = stored('poolgroup', 'b');
    await expect(admin.request('DELETE', `/api/pool/${stored('pool', 'b').uuid}`)).rejects.toMatchObject({
      kind: 'inUse',
    });
    await admin.request('PUT', `/api/poolgroup/${group.uuid}`, { body: { ...group.body, members: [] } });
    await admin.request('DELETE', `/api/pool/${stored('pool', 'b').uuid}`);
    await eventually(() => {
      const members = stored('poolgroup', 'b').body.members as readonly unknown[] | undefined;
      expect(members).toHaveLength(1);
      stored('pool', 'b');
    }, patience);
    await noneFailed();
  });

  it('whose credentials were changed is logged in to with the new ones, without locking the account before', async () => {
    let password = simulator.password;
    await served({ credentials: () => ({ username: simulator.username, password }) });
    password = 'of yesterday';
    simulator.expireSessions();
    const logins = (): number => simulator.stats.read().byCall['POST login'] ?? 0;
    const before = logins();
    addRoute('b');
    // Three minutes.
    await sleep(180_000 / factor);
    expect(childrenOf('b.example.test')).toBe(0);
    expect(logins() - before).toBeLessThanOrEqual(7);
    password = simulator.password;
    await served1('b.example.test');
    await noneFailed();
  });

  it('whose certificate is of another authority is trusted when that is', async () => {
    const other = await startSimulator({ dataPlane: false });
    closing.push(() => void other.close());
    const client = createAviClient({
      addresses: [other.url],
      credentials: () => ({ username: other.username, password: other.password }),
      tls: { ca: simulator.ca, rereadCa: () => other.ca },
      retry: { attempts: 2, baseMs: 1, capMs: 1, longestRetryAfterMs: 1 },
    });
    closing.push(() => void client.close());
    expect(await client.list('/api/tenant/')).not.toEqual([]);
    const stranger = createAviClient({
      addresses: [other.url],
      credentials: () => ({ username: other.username, password: other.password }),
      tls: { ca: simulator.ca, rereadCa: () => simulator.ca },
      retry: { attempts: 2, baseMs: 1, capMs: 1, longestRetryAfterMs: 1 },
    });
    closing.push(() => void stranger.close());
    await expect(stranger.list('/api/tenant/')).rejects.toMatchObject({ kind: 'network' });
    expect(other.stats.read().byCall['POST login']).toBe(1);
  });
});
