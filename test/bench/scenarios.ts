/** What is measured. A scenario leaves the cluster as it found it: all routes there, a host each, on one Gateway. */
import { setTimeout as sleep } from 'node:timers/promises';
import { authority } from './authority.ts';
import { difficult } from './difficult.ts';
import { hour, settledMemory } from './hour.ts';
import { median, percentile } from './limit.ts';
import { applications, arrangement, bulk, indexes, memory, routeDepth, waitFor, type Scenario } from './loads.ts';
import { measure, quiet, type Measurement } from './measure.ts';
import {
  appName,
  domain,
  endpointSlice,
  foreignRoute,
  furtherRoute,
  gatewaysOfSpread,
  route,
  tlsSecret,
} from './objects.ts';
import type { Manifest } from '../cluster/tools/manifest.ts';
import type { ScenarioName } from './options.ts';
import { residentMegabytes } from './processes.ts';
import type { Rig } from './rig.ts';

/** Makes the same change several times; times are medians, counts those of the last. */
async function repeated(rig: Rig, change: (round: number) => Promise<Measurement>): Promise<Measurement> {
  const all: Measurement[] = [];
  for (let round = 0; round < rig.options.repeats; round += 1) all.push(await change(round));
  const last = all.at(-1);
  if (!last) throw new Error('REPEATS: must be at least 1');
  const writes = all.flatMap(({ lastWriteMs }) => lastWriteMs ?? []);
  const accepted = all.flatMap(({ lastAcceptedMs }) => lastAcceptedMs ?? []);
  return {
    ...last,
    ...(writes.length > 0 && { lastWriteMs: median(writes) }),
    ...(accepted.length > 0 && { lastAcceptedMs: median(accepted) }),
    figures: {
      repeats: all.length,
      operatorCpuMs: median(all.map(({ cpu }) => (cpu.operator ?? 0) * 1000)),
      callsMost: Math.max(...all.map(({ calls }) => calls)),
    },
  };
}

const single: Scenario = async (rig) => {
  const index = rig.options.routes;
  await rig.kube.create(applications(index, 1));
  const deletions = async () =>
    (await rig.controller().stats()).writes.filter(({ method }) => method === 'DELETE').length;
  const one = (what: string, run: () => Promise<unknown>, count: number, deleted: number) =>
    measure(rig, {
      scenario: 'single',
      what,
      depth: routeDepth,
      run,
      until: async () =>
        rig.routes.accepted() === count && rig.routes.count() === count && (await deletions()) >= deleted,
    });
  const take = (measured: readonly Measurement[]) => (round: number) => {
    const found = measured[round];
    if (!found) throw new Error('a round is missing');
    return Promise.resolve(found);
  };
  /** Adds and deletes a route, and changes its path between where `changed` says to which. */
  const rounds = async (what: string, added: Manifest, changed?: (round: number) => Manifest) => {
    const { kube } = rig;
    const [adds, changes, deletes]: [Measurement[], Measurement[], Measurement[]] = [[], [], []];
    for (let round = 0; round < rig.options.repeats; round += 1) {
      adds.push(await one(`${what} added`, () => kube.apply([added]), index + 1, 0));
      if (changed) changes.push(await one('its path changed', () => kube.apply([changed(round)]), index + 1, 3));
      deletes.push(await one(`${what} deleted`, () => kube.remove([added]), index, 3));
    }
    const kinds = changed ? [adds, changes, deletes] : [adds, deletes];
    return Promise.all(kinds.map((measured) => repeated(rig, take(measured))));
  };
  return [
    ...(await rounds('a route with a host of its own', route(index, 'hosts', '/base'), (round) =>
      route(index, 'hosts', `/v${round}`),
    )),
    ...(await rounds('a route that takes a path over', furtherRoute(index, '/added'))),
  ];
};

const poolWrites = async (rig: Rig): Promise<number> =>
  (await rig.controller().stats()).writes.filter(({ type }) => type === 'pool').length;

const endpoints: Scenario = async (rig) => {
  const scale = (what: string, count: number, before: number) =>
    repeated(rig, async (round) => {
      const slice = (size: number) => endpointSlice(appName(round), round, size);
      await rig.kube.patch(slice(before), { endpoints: slice(before).endpoints });
      await quiet(rig);
      return measure(rig, {
        scenario: 'endpoints',
        what,
        depth: 1,
        run: () => rig.kube.patch(slice(count), { endpoints: slice(count).endpoints }),
        until: async () => (await poolWrites(rig)) > 0,
      });
    });
  return [await scale('endpoints 3 to 10', 10, 3), await scale('endpoints 10 to 3', 3, 10)];
};

/** 100 Services in turn, 10 changes a second. */
const churn: Scenario = async (rig) => {
  const perSecond = 10;
  const changes = perSecond * rig.options.churnSeconds;
  const sent: number[] = [];
  const services = Math.min(100, rig.options.routes);
  const run = async () => {
    const begin = Date.now();
    for (let change = 0; change < changes; change += 1) {
      await sleep(Math.max(0, begin + (change * 1000) / perSecond - Date.now()));
      const index = change % services;
      const slice = endpointSlice(appName(index), index, 4 + (Math.floor(change / services) % 4));
      sent.push(Date.now());
      await rig.kube.patch(slice, { endpoints: slice.endpoints });
    }
  };
  const measured = await measure(rig, {
    scenario: 'churn',
    what: `${changes} endpoint changes, 10 a second`,
    depth: 1,
    run,
  });
  const { writes } = await rig.controller().stats();
  const pools = writes.filter(({ type }) => type === 'pool').map(({ time }) => time);
  const delays = sent.flatMap((at, place) => (pools[place] === undefined ? [] : Math.max(0, pools[place] - at)));
  return [
    {
      ...measured,
      figures: {
        changes,
        poolWrites: pools.length,
        eventToWriteMedianMs: median(delays),
        eventToWriteP95Ms: percentile(delays, 0.95),
        operatorCpuMsEach: ((measured.cpu.operator ?? 0) * 1000) / changes,
        ...(await memory(rig)),
      },
    },
  ];
};

/** Objects that no route refers to. */
const unrelated: Scenario = async (rig) => {
  const first = 50_000;
  const pair = await (await authority).issue([`unrelated.${domain}`]);
  const measured = await measure(rig, {
    scenario: 'unrelated',
    what: '100 changes of objects that no route refers to',
    depth: 0,
    run: async () => {
      await rig.kube.create(applications(first, 40));
      await rig.kube.create(indexes(first, 20).map((index) => tlsSecret(`unrelated-${index}`, pair)));
    },
  });
  await rig.kube.remove(applications(first, 40));
  return [measured];
};

/** As many routes again, of a Gateway that another operator of the cluster would serve: they are watched only. */
const watched: Scenario = async (rig) => {
  const foreign = indexes(30_000, rig.options.routes).map((index) => foreignRoute(index));
  const before = await settledMemory(rig);
  const measured = await measure(rig, {
    scenario: 'watched',
    what: `${rig.options.routes} routes of a Gateway that is nobody's`,
    depth: 0,
    run: () => rig.kube.create(foreign),
  });
  const after = await settledMemory(rig);
  await rig.kube.remove(foreign);
  await waitFor(() => rig.routes.count() <= rig.options.routes);
  await quiet(rig);
  const figures = { rssBefore: before.rss, rssAfter: after.rss, heapBefore: before.heap, heapAfter: after.heap };
  return [{ ...measured, figures }];
};

const certificate: Scenario = async (rig) => [
  await repeated(rig, async () => {
    const pair = await (await authority).issue([`secure.${domain}`]);
    const secret = tlsSecret('secure', pair);
    return measure(rig, {
      scenario: 'certificate',
      what: "a listener's certificate changed",
      depth: 1,
      run: () => rig.kube.patch(secret, { stringData: secret.stringData }),
      until: async () => (await rig.controller().stats()).writes.length > 0,
    });
  }),
];

/** An hour of idling has 12 sweeps at the default interval; here they come every 5 s. */
const sweepSeconds = 5;

const idle: Scenario = async (rig) => {
  const seconds = rig.options.idleSeconds;
  await rig.end();
  await rig.start('idle', { sweepSeconds });
  await quiet(rig);
  const began = Date.now();
  const measured = await measure(rig, {
    scenario: 'idle',
    what: `nothing for ${seconds} s, a drift sweep every ${sweepSeconds} s`,
    depth: 0,
    run: () => sleep(seconds * 1000),
  });
  // On a busy machine it lasts longer than asked for.
  const sweeps = Math.floor((Date.now() - began) / 1000 / sweepSeconds);
  const figures = { sweeps, ...(await memory(rig)) };
  await rig.end();
  await rig.start('after-idle');
  await quiet(rig);
  return [{ ...measured, figures }];
};

const restart: Scenario = async (rig) => {
  const measured: Measurement[] = [];
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    let readyMs = 0;
    await rig.end(signal);
    const one = await measure(rig, {
      scenario: 'restart',
      what: `restart after ${signal}`,
      depth: 1,
      // After a kill the Lease still holds for its 15 s; only then may anything be written.
      run: async () => {
        readyMs = await rig.start(`after-${signal.toLowerCase()}`);
        await sleep(signal === 'SIGKILL' ? 18_000 : 3_000);
      },
    });
    measured.push({ ...one, figures: { readyMs, ...(await memory(rig)) } });
  }
  return measured;
};

/** A second replica takes over from the first, which is killed. */
const leader: Scenario = async (rig) => {
  const first = rig.operator();
  await rig.start('standby');
  const rssMegabytes = residentMegabytes(rig.operator().pid);
  let takeOverMs = 0;
  const measured = await measure(rig, {
    scenario: 'leader',
    what: 'leader killed, the other replica takes over',
    depth: 0,
    run: async () => {
      const begin = Date.now();
      await first.end('SIGKILL');
      while ((await rig.operator().metric('avi_gateway_leader')) !== 1) await sleep(50);
      takeOverMs = Date.now() - begin;
      await sleep(2_000);
    },
  });
  return [{ ...measured, figures: { takeOverMs, standbyRssMegabytes: rssMegabytes } }];
};

export const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
  bulk,
  single,
  endpoints,
  churn,
  unrelated,
  certificate,
  idle,
  hour,
  watched,
  restart,
  leader,
  paths: arrangement('paths', 'all routes as paths of one host'),
  spread: arrangement('spread', `routes spread over ${gatewaysOfSpread} Gateways`),
  limited: difficult('limited', 'a controller that takes 20 requests a second'),
  errors: difficult('errors', 'a controller that fails 1 % of the calls'),
};
