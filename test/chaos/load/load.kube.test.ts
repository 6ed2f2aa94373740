/**
 * Many routes that change all the time, on a controller of which every fiftieth call fails: memory stays, no Gateway waits
 * long, what does not change is served, and at the end everything is as desired. A short piece unless LOAD_ROUTES,
 * LOAD_SECONDS and LOAD_CHANGES (a second) say otherwise.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { WatchedObjects } from '../../../src/cluster/kinds.ts';
import { createAviClient, type AviClientOptions } from '../../../src/avi/client.ts';
import { keyOf } from '../../../src/routing/snapshot.ts';
import type { Fault } from '../../../src/simulator/simulator.ts';
import type { StatusUpdate } from '../../../src/status/update.ts';
import { createHarness, type Harness } from '../../loop/harness.ts';
import { liveMegabytes } from '../../tools/live-heap.ts';
import { createFeed, type Feed } from '../feed.ts';
import { createDice } from '../random.ts';
import type { ControllerAddress, ControllerOptions, Order, Report } from './controller.ts';
import { createLoad, type Load } from './routes.ts';

const seed = Number(process.env.CHAOS_SEED ?? 8);
const routes = Number(process.env.LOAD_ROUTES ?? 300);
const seconds = Number(process.env.LOAD_SECONDS ?? 20);
const changesPerSecond = Number(process.env.LOAD_CHANGES ?? 50);
const requestsPerSecond = 50;
const port = 24_080;
const cidr = `127.${180 + (process.pid % 10)}.${(process.pid >> 4) % 250}.0/24`;
/** No Gateway may wait longer to be looked at. */
const longestWaitMs = 60_000;
/** All must be put right so long after the last fault: the longest backoff of a Gateway is 120 s. */
const longestMs = 180_000;
const clusterName = 'c1';

/** Two calls of a hundred. */
const faults: readonly Fault[] = (
  [
    [0.005, { kind: 'status', status: 503 }],
    [0.003, { kind: 'drop', when: 'before' }],
    [0.003, { kind: 'drop', when: 'after' }],
    [0.003, { kind: 'status', status: 500, when: 'after' }],
    [0.002, { kind: 'status', status: 429, retryAfterSeconds: 1 }],
    [0.001, { kind: 'html' }],
    [0.001, { kind: 'truncate' }],
    [0.001, { kind: 'silence', when: 'after' }],
    [0.001, { kind: 'status', status: 401 }],
  ] as const
).map(([probability, effect]) => ({ path: '/api/', times: 0, probability, effect }));

let controller: ChildProcess;
let address: ControllerAddress;
let pods: Server;
let harness: Harness | undefined;
beforeAll(async () => {
  pods = createServer((req, res) => {
    req.resume().on('end', () => res.writeHead(200, { 'X-Pod': req.socket.localAddress ?? '' }).end('served'));
  });
  pods.listen(0, '0.0.0.0');
  await once(pods, 'listening');
  const options: ControllerOptions = { vipPool: cidr, portMap: { 80: port }, programDelayMs: 500, latencyMs: 5, seed };
  controller = fork(fileURLToPath(new URL('./controller.ts', import.meta.url)), [JSON.stringify(options)]);
  [address] = (await once(controller, 'message')) as [ControllerAddress];
  await spareHealthChecks();
}, 30_000);
afterAll(async () => {
  await harness?.close();
  await tell({ kind: 'close' });
  pods.closeAllConnections();
  pods.close();
}, 60_000);

const client = (): Pick<AviClientOptions, 'addresses' | 'credentials' | 'tls'> => ({
  addresses: [address.url],
  credentials: () => ({ username: address.username, password: address.password }),
  tls: { ca: address.ca },
});

/** Checks of thousands of servers, from one process on a busy machine, would take servers down that are well. */
async function spareHealthChecks(): Promise<void> {
  const administrator = createAviClient(client());
  const [monitor] = await administrator.list('/api/healthmonitor/', { query: { name: 'System-TCP' } });
  const body = { ...monitor, send_interval: 60, receive_timeout: 50 };
  await administrator.request('PUT', `/api/healthmonitor/${String(monitor?.uuid)}`, { body });
  await administrator.close();
}

async function tell<T>(order: Order): Promise<T> {
  controller.send(order);
  const [answer] = (await once(controller, 'message')) as [T];
  return answer;
}

async function operate(feed: Feed): Promise<Harness> {
  const setStatus = (update: StatusUpdate): void => {
    const object = feed.state.get(update.kind, keyOf(update.metadata));
    if (object) feed.state.put(update.kind, { ...object, status: update.status } as WatchedObjects[typeof update.kind]);
  };
  const started = await createHarness({
    state: feed.state,
    clusterName,
    vipNetworks: [{ networkName: 'net-vip', cidr }],
    deps: {
      random: Math.random,
      graceMs: 1_000,
      drift: { mode: 'repair', intervalMs: 30_000 },
      statuses: {
        submit: (updates) => updates.forEach(setStatus),
        setClassInUse: () => undefined,
        setFinalizer: () => undefined,
      },
    },
    // The harness' own controller is not asked anything.
    client: {
      ...client(),
      requestTimeoutMs: 5_000,
      retry: { attempts: 6, baseMs: 200, capMs: 20_000, longestRetryAfterMs: 120_000 },
    },
  });
  harness = started;
  feed.connect(started.engine);
  started.engine.start();
  await started.engine.synced;
  return started;
}

interface Described {
  readonly queue: { readonly waiting: number; readonly oldestMs: number };
  readonly gateways: Readonly<Record<string, { readonly failures: unknown }>>;
}
const described = ({ engine }: Harness): Described => engine.describe() as Described;

/** Until nothing is to be done, nor is put off. */
async function converged(operator: Harness): Promise<number> {
  const begun = performance.now();
  for (;;) {
    await operator.engine.idle();
    const { queue, gateways } = described(operator);
    const failing = Object.values(gateways).filter(({ failures }) => !Array.isArray(failures) || failures.length > 0);
    const took = performance.now() - begun;
    if (queue.waiting === 0 && failing.length === 0) return took;
    if (took > longestMs) throw new Error(`not converged: ${JSON.stringify({ queue, failing }).slice(0, 2_000)}`);
    await sleep(100);
  }
}

/** Address of the pod that answered, or what went wrong. */
function ask(vip: string, host: string): Promise<string> {
  return new Promise((resolve) => {
    const sent = request({ host: vip, port, path: '/', headers: { Host: host }, agent: false, timeout: 15_000 });
    sent.on('response', (reply) => {
      reply.resume().on('end', () => resolve(String(reply.headers['x-pod'] ?? `status ${reply.statusCode}`)));
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', (error) => resolve(String(error)));
    sent.end();
  });
}

const vipOf = ({ vips }: Report, gateway: string): string =>
  vips[`ako-gw-${clusterName}--default-${gateway}-EVH`] ?? '';

function wrongOf(found: string, { addresses }: { readonly addresses: readonly string[] }): boolean {
  return addresses.length === 0 ? found !== 'status 404' : !addresses.includes(found);
}

/** A long run says where it is. */
function say(what: string): void {
  if (seconds > 60) process.stderr.write(`${what} after ${Math.round(performance.now() / 1000)} s\n`);
}

/** Calls at a steady pace; what is late is caught up with. */
function startPace(perSecond: number, run: () => void): () => number {
  const begun = performance.now();
  let done = 0;
  const timer = setInterval(() => {
    const due = Math.min(done + perSecond, Math.floor(((performance.now() - begun) / 1000) * perSecond));
    for (; done < due; done += 1) run();
  }, 10);
  return () => {
    clearInterval(timer);
    return done;
  };
}

it(
  'keeps up',
  async () => {
    const dice = createDice(seed);
    const feed = createFeed();
    const load: Load = createLoad({ feed, dice, routes, backendPort: (pods.address() as AddressInfo).port });
    load.begin();
    const first = await operate(feed);
    say('made');
    await converged(first);
    await tell({ kind: 'settled' });
    const begin = await tell<Report>({ kind: 'report' });
    expect(Object.keys(begin.vips)).toHaveLength(load.gateways.length);

    await tell({ kind: 'faults', faults });
    const failed: string[] = [];
    const asked = new Set<Promise<void>>();
    const asking = createDice(seed + 1);
    const stopTraffic = startPace(requestsPerSecond, () => {
      const target = load.expected(asking.pick(load.steady));
      const one = ask(vipOf(begin, target.gateway), target.host)
        .then((found) => void (wrongOf(found, target) && failed.push(`${target.host}: ${found}`)))
        .finally(() => asked.delete(one));
      asked.add(one);
    });
    const stopChanges = startPace(changesPerSecond, load.change);
    const ages: number[] = [];
    const heaps: number[] = [];
    for (let second = 0; second < seconds; second += 1) {
      await sleep(1_000);
      ages.push(described(first).queue.oldestMs);
      if (second % 5 === 4) heaps.push(liveMegabytes());
      if (second % 60 === 59) say(`waits up to ${Math.max(...ages)} ms, ${Math.round(heaps.at(-1) ?? 0)} MB`);
    }
    const changes = stopChanges();
    const during = await tell<Report>({ kind: 'report' });
    await tell({ kind: 'faults', faults: [] });
    say('changed');
    const tookMs = await converged(first);
    const requests = stopTraffic();
    await Promise.all(asked);
    await tell({ kind: 'settled' });

    const wrong: string[] = [];
    for (let index = 0; index < routes; index += 1) {
      const target = load.expected(index);
      const found = await ask(vipOf(begin, target.gateway), target.host);
      if (wrongOf(found, target)) wrong.push(`${target.host}: ${found}, not ${target.addresses.join(' or ')}`);
    }
    say('asked');
    await first.close();
    await tell({ kind: 'report' });
    // Another operator finds nothing to write: what is there is what is desired, and nothing is left over.
    const next = await operate(feed.restart());
    await converged(next);
    await next.close();
    const after = await tell<Report>({ kind: 'report' });

    const quarter = Math.max(1, Math.floor(heaps.length / 4));
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const [early, late] = [mean(heaps.slice(0, quarter)), mean(heaps.slice(-quarter))];
    console.log(
      JSON.stringify({
        seed,
        routes,
        seconds,
        changes,
        calls: during.calls,
        faults: during.hit,
        requests,
        failed: failed.length,
        oldestWaitMs: Math.max(...ages),
        medianWaitMs: ages.toSorted((a, b) => a - b)[Math.floor(ages.length / 2)],
        convergedMs: Math.round(tookMs),
        heapMegabytes: heaps.map(Math.round),
        controllerMegabytes: [begin, during].map(({ residentBytes }) => Math.round(residentBytes / 1024 / 1024)),
      }),
    );
    expect(changes).toBeGreaterThan(0.9 * seconds * changesPerSecond);
    expect(during.hit / during.calls).toBeGreaterThan(0.005);
    expect({ seed, failed: failed.slice(0, 10), wrong: wrong.slice(0, 10) }).toEqual({ seed, failed: [], wrong: [] });
    expect(requests).toBeGreaterThan(0.9 * seconds * requestsPerSecond);
    expect(Math.max(...ages)).toBeLessThan(longestWaitMs);
    // A tenth, and what an endless list of the changes would not fit into.
    expect(late - early).toBeLessThan(0.1 * early + 10);
    expect(Object.keys(after.byStatus).filter((status) => status !== '200' && status !== '204')).toEqual([]);
    expect(after.writes).toEqual({});
    expect(during.emptied).toBe(0);
  },
  (seconds + 300) * 1_000 + routes * 100,
);
