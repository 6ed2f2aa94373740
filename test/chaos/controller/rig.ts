/** An operator over a controller with a data plane, a served route that is asked for all the time, and an administrator. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest } from '@jest/globals';
import type { HTTPRoute } from '../../../generated/gateway-api.ts';
import { createAviClient, type AviClient, type AviClientOptions } from '../../../src/avi/client.ts';
import type { EngineDeps } from '../../../src/loop/engine.ts';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import { eventually } from '../../cluster/eventually.ts';
import { createHarness, gateway, gatewayClass, httpRoute, type Harness } from '../../loop/harness.ts';
import { startBackend, type Backend } from '../../simulator/dataplane/tools/backends.ts';
import { clientClock, fastClock } from '../clock.ts';
import { createFeed, type Feed } from '../feed.ts';
import { addressOf, startWitness, type Witness } from '../witness.ts';

/** How many times as fast as the machine's the operator's clock is. */
export const factor = 100;
/** How long anything may take, ms of the machine's clock. */
export const patience = 60_000;

export interface Stored {
  readonly uuid: string;
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ControllerRig {
  readonly simulator: () => Simulator;
  readonly feed: () => Feed;
  /** Starts the operator; from the first sync on, the route `served` is asked for all the time. */
  readonly served: (client?: Partial<AviClientOptions>, deps?: Partial<EngineDeps>) => Promise<Harness>;
  /** Ends the requests: there were some, and none failed. */
  readonly noneFailed: () => Promise<void>;
  /** A route with a host and a path of its name. */
  readonly addRoute: (name: string, change?: (route: HTTPRoute) => HTTPRoute) => void;
  /** Children that serve a host. */
  readonly childrenOf: (host: string) => number;
  /** Until a host has its child. */
  readonly untilServed: (host: string) => Promise<void>;
  readonly administrator: () => Promise<AviClient>;
  /** The object of a type that a route brought about. */
  readonly stored: (type: string, route: string) => Stored;
  readonly has: (type: string, route: string) => boolean;
  /** A node of a controller cluster: passes everything on while it is up. */
  readonly startNode: () => Promise<{ readonly url: string; readonly down: () => void }>;
  /** At the end of the test. */
  readonly onClose: (close: () => void) => void;
}

/**
 * Registers with Jest what each test of the file needs.
 * @param place tells the file's addresses from those of others: 0 to 15.
 */
export function createControllerRig(place: number): ControllerRig {
  // Waits end by themselves and say what they waited for; a busy machine may need long.
  jest.setTimeout(120_000);
  const portMap = { 80: 23080 + place };
  const cidr = `127.${190 + (process.pid % 10)}.${(process.pid >> 4) % 250}.${16 * place}/28`;
  let backend: Backend;
  let simulator: Simulator;
  let feed: Feed;
  let harness: Harness | undefined;
  let witness: Witness | undefined;
  const closing: (() => void)[] = [];

  beforeAll(async () => {
    backend = await startBackend((_request, response) => void response.end('served'));
  });
  afterAll(() => backend.close());
  beforeEach(async () => {
    simulator = await startSimulator({ dataPlane: true, programDelayMs: 50, portMap, vipPool: cidr });
    feed = createFeed();
    feed.put('GatewayClass', gatewayClass());
    feed.put('Gateway', gateway('gw', '*.example.test'));
    putService(feed, backend.port);
    feed.put('HTTPRoute', httpRoute('served', ['gw'], { '/served': 'one' }, ['a.example.test']));
  });
  afterEach(async () => {
    await witness?.stop();
    witness = undefined;
    await harness?.close();
    harness = undefined;
    for (const close of closing.splice(0)) close();
    await simulator.close();
  });

  const operate = async (client: Partial<AviClientOptions>, deps: Partial<EngineDeps>): Promise<Harness> => {
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
  };
  const childrenOf = (host: string): number =>
    simulator.store
      .list('virtualservice')
      .filter(({ body }) => JSON.stringify(body.vh_matches ?? '').includes(`"${host}"`)).length;

  const find = (type: string, route: string): Stored | undefined => {
    const marker = `"HTTPRouteName","values":["${route}"]`;
    return simulator.store.list(type).find(({ body }) => JSON.stringify(body.markers ?? '').includes(marker));
  };

  return {
    simulator: () => simulator,
    feed: () => feed,
    childrenOf,
    onClose: (close) => void closing.push(close),
    async served(client = {}, deps = {}) {
      const operator = await operate(client, deps);
      await operator.engine.synced;
      await operator.engine.idle();
      await simulator.settled();
      const address = (): string | undefined => addressOf(simulator.store, 'c1--default-gw');
      witness = startWitness([{ address, port: portMap[80], host: 'a.example.test', path: '/served' }]);
      return operator;
    },
    async noneFailed() {
      await sleep(100);
      const { requests = 0, failures = [] } = (await witness?.stop()) ?? {};
      expect(failures).toEqual([]);
      expect(requests).toBeGreaterThan(10);
    },
    addRoute(name, change = (route) => route) {
      feed.put('HTTPRoute', change(httpRoute(name, ['gw'], { [`/${name}`]: 'one' }, [`${name}.example.test`])));
    },
    untilServed: (host) => eventually(() => expect(childrenOf(host)).toBe(1), patience),
    async administrator() {
      const client = createAviClient({
        addresses: [simulator.url],
        credentials: () => ({ username: simulator.username, password: simulator.password }),
        tls: { ca: simulator.ca },
      });
      closing.push(() => void client.close());
      await client.version();
      return client;
    },
    stored(type, route) {
      const found = find(type, route);
      if (!found) throw new Error(`no ${type} of the route ${route}`);
      return found;
    },
    has: (type, route) => find(type, route) !== undefined,
    async startNode() {
      const node = await passOn(new URL(simulator.url));
      closing.push(node.down);
      return node;
    },
  };
}

function putService(feed: Feed, port: number): void {
  const metadata = { name: 'one', namespace: 'default' };
  feed.put('Service', { metadata, spec: { ports: [{ port: 80, targetPort: port }] } });
  feed.put('EndpointSlice', {
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'one' } },
    addressType: 'IPv4',
    ports: [{ port, protocol: 'TCP' }],
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true, serving: true } }],
  });
}

async function passOn(target: URL): Promise<{ readonly url: string; readonly down: () => void }> {
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
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
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, down };
}
