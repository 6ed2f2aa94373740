/** Traffic does not fail while what it does not depend on is added, changed and removed. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHarness, type Harness } from '../loop/harness.ts';
import { createAuthority, type Authority } from '../simulator/dataplane/tools/certificates.ts';
import { startBackends, type Backends } from './backends.ts';
import { firstModel, randomChange, SERVICES } from './changes.ts';
import { createCluster, type Cluster } from './cluster.ts';
import type { Asked, Model } from './model.ts';
import { createDice } from './random.ts';
import { startTraffic } from './traffic.ts';

const seed = Number(process.env.CHAOS_SEED ?? 5);
const seconds = Number(process.env.CHAOS_SECONDS ?? 60);
const perSecond = 220;
const programDelayMs = 500;
const portMap = { 80: 21080, 443: 21443, 8080: 21880, 8443: 21843 };
/** No other test process has these. */
const network = [192 + (process.pid % 60), (process.pid >> 6) % 200] as const;
const names: Readonly<Record<string, readonly string[]>> = {
  'cert-a': ['a.example.test'],
  'cert-w': ['*.wild.test'],
  'cert-e': ['e.example.test'],
};

function targets(): readonly Asked[] {
  const hosts = ['a.example.test', 'b.example.test', 'x.wild.test', 'y.wild.test'];
  const paths = ['/', '/api', '/api/deep', '/shop', '/c1', '/c2/below'];
  const plain = hosts.flatMap((host) => paths.map((path) => ({ host, path, port: 80, tls: false })));
  const own = ['c0', 'c1', 'c2', 'c3'].map((name) => ({
    host: `${name}.example.test`,
    path: `/${name}`,
    port: 80,
    tls: false,
  }));
  const secure = hosts
    .filter((host) => host !== 'b.example.test')
    .map((host) => ({ host, path: '/api', port: 443, tls: true }));
  return [
    ...plain,
    ...plain.map((asked) => ({ ...asked, header: 'canary' })),
    ...own,
    ...secure,
    { host: 'e.example.test', path: '/', port: 443, tls: true },
    { host: 'a.example.test', path: '/', port: 8443, tls: true },
    { host: 'a.example.test', path: '/shop', port: 8080, tls: false },
    { host: 'b.example.test', path: '/', port: 8080, tls: false },
  ];
}

let harness: Harness;
let backends: Backends;
let authority: Authority;
let cluster: Cluster;

beforeAll(async () => {
  const cidr = `127.${network[0]}.${network[1] + 50}.0/24`;
  backends = await startBackends(network, SERVICES);
  authority = await createAuthority();
  harness = await createHarness({
    simulatorOptions: { dataPlane: true, programDelayMs, portMap, vipPool: cidr, seed },
    vipNetworks: [{ networkName: 'net-vip', cidr }],
    deps: { graceMs: 2 * programDelayMs },
  });
  cluster = createCluster(harness, backends.port);
}, 60_000);
afterAll(async () => {
  await harness.close();
  await backends.close();
});

async function rotate(name: string): Promise<void> {
  cluster.secret(name, await authority.issue(...(names[name] ?? [])));
}

function address(): string {
  const vip = harness.simulator.store.list('vsvip').find((one) => one.name.startsWith('ako-gw-c1'))?.body.vip;
  return (vip as readonly { readonly ip_address: { readonly addr: string } }[])[0]?.ip_address.addr ?? '';
}

it(
  'keeps serving',
  async () => {
    const dice = createDice(seed);
    const log: string[] = [];
    let model: Model = firstModel((service, count) => Array.from({ length: count }, () => backends.fresh(service)));
    for (const name of Object.keys(names)) await rotate(name);
    cluster.apply(model);
    harness.engine.start();
    await harness.engine.synced;
    await harness.engine.idle();
    await harness.simulator.settled();

    const traffic = startTraffic({
      address,
      portMap,
      ca: authority.ca,
      targets: targets(),
      perSecond,
      dice: createDice(seed + 1),
    });
    traffic.follow(model);
    const begun = Date.now();
    while (Date.now() - begun < seconds * 1000) {
      await sleep(dice.below(500));
      const change = randomChange(model, dice, backends.fresh);
      model = change.model;
      log.push(`${Date.now() - begun} ${change.name}`);
      // What is removed may fail from the moment on in which somebody asks for it.
      traffic.follow(model);
      if (change.rotate !== undefined) await rotate(change.rotate);
      cluster.apply(model);
      backends.living(Object.values(model.services).flat());
    }
    await harness.engine.idle();
    await harness.simulator.settled();
    const { requests, failures, targets: served } = await traffic.stop();
    console.log(`seed ${seed}: ${requests} requests to ${served} targets during ${log.length} changes`);
    const around = (at: number): readonly string[] =>
      log.filter((line) => Math.abs(Number(line.split(' ', 1)[0]) - at) < 4000);
    const first = failures[0];
    expect({
      seed,
      failures: failures.slice(0, 20),
      count: failures.length,
      changes: first ? around(first.at) : [],
    }).toEqual({ seed, failures: [], count: 0, changes: [] });
    expect(await traffic.final()).toEqual([]);
    expect(harness.simulator.stats.read().emptied).toEqual([]);
    const groups = harness.simulator.store.list('poolgroup').map(({ name }) => name);
    expect(groups.filter((name) => name.endsWith('-stand-in'))).toEqual([]);
    expect(requests / seconds).toBeGreaterThanOrEqual(200);
    expect(log.length).toBeGreaterThan(seconds);
  },
  (seconds + 90) * 1000,
);
