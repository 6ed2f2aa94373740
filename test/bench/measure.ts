/** One measurement: what an action made the operator do, until everything is quiet again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControllerStats } from './controller.ts';
import { limitOf, type Limit } from './limit.ts';
import { sumOfMetric } from './operator.ts';
import { cpuBetween, type CpuTimes } from './processes.ts';
import type { Rig } from './rig.ts';

export interface Measurement {
  readonly scenario: string;
  readonly what: string;
  /** From the action's begin to the controller's last write; absent when there was none. */
  readonly lastWriteMs?: number;
  /** From the action's begin to the last route that says, for its generation, that it is accepted and programmed. */
  readonly lastAcceptedMs?: number;
  readonly calls: number;
  readonly writes: number;
  readonly byCall: Readonly<Record<string, number>>;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly inFlightMax: number;
  readonly reconciles: number;
  readonly routeStatusWrites: number;
  readonly gatewayStatusWrites: number;
  /** Everything that was written to the API server, by whomever, but for Leases. */
  readonly apiServerWrites?: number;
  /** CPU seconds by part. */
  readonly cpu: CpuTimes;
  readonly limit: Limit;
  /** Further figures of the scenario. */
  readonly figures?: Readonly<Record<string, number>>;
}

export interface Action {
  readonly scenario: string;
  readonly what: string;
  readonly depth: number;
  readonly run: () => Promise<unknown>;
  /** Whether what was asked for is there; it is waited for before quiet is. */
  readonly until?: () => boolean | Promise<boolean>;
  readonly limitMs?: number;
  readonly rateLimit?: number;
}

/** Longer than the grace after which old objects are deleted. */
const quietMs = 1_500;
const cores = 2;

/** Runs an action and waits until it has taken effect and neither server is written to any more. */
export async function measure(rig: Rig, action: Action): Promise<Measurement> {
  const controller = rig.controller();
  await controller.forget();
  const counted = await apiServerCounts(rig);
  const reconciled = await reconciles(rig);
  const cpu = rig.cpu();
  const begin = Date.now();
  await action.run();
  await settle(rig, action);
  const used = cpuBetween(cpu, rig.cpu());
  const [stats, counts] = [await controller.stats(), await apiServerCounts(rig)];
  const reconciledNow = await reconciles(rig);
  const cpuSeconds = Object.values(used).reduce((sum, seconds) => sum + seconds, 0);
  const { latencyMs, concurrency } = rig.options;
  return {
    scenario: action.scenario,
    what: action.what,
    ...times(begin, stats, rig.routes.lastAcceptedAt()),
    calls: stats.calls,
    writes: stats.writes.length,
    byCall: stats.byCall,
    byStatus: stats.byStatus,
    inFlightMax: stats.inFlightMax,
    reconciles: reconciledNow < reconciled ? reconciledNow : reconciledNow - reconciled,
    routeStatusWrites: counts.routes - counted.routes,
    gatewayStatusWrites: counts.gateways - counted.gateways,
    apiServerWrites: counts.writes - counted.writes,
    cpu: used,
    limit: limitOf(
      { calls: stats.calls, depth: action.depth, cpuSeconds },
      { latencyMs, inFlight: concurrency, cores, ...(action.rateLimit && { rateLimit: action.rateLimit }) },
    ),
  };
}

function times(begin: number, { writes }: ControllerStats, acceptedAt: number) {
  const lastWrite = Math.max(0, ...writes.filter(({ status }) => status < 300).map(({ time }) => time));
  return {
    ...(lastWrite > begin && { lastWriteMs: lastWrite - begin }),
    ...(acceptedAt > begin && { lastAcceptedMs: acceptedAt - begin }),
  };
}

async function settle(rig: Rig, { what, until, limitMs = 600_000 }: Action): Promise<void> {
  const end = Date.now() + limitMs;
  while (until && !(await until())) {
    if (Date.now() > end) {
      const { accepted, count } = rig.routes;
      const log = rig.operator().log().slice(-2000);
      throw new Error(`"${what}" did not end: ${accepted()} of ${count()} routes are programmed\n${log}`);
    }
    await sleep(20);
  }
  await quiet(rig);
}

/** Waits until neither the controller has been called nor a route's status been written for a while. */
export async function quiet(rig: Rig): Promise<void> {
  let calls = -1;
  let since = Date.now();
  while (Date.now() - Math.max(since, rig.routes.lastEventAt()) < quietMs) {
    const now = await rig.controller().calls();
    if (now !== calls) [calls, since] = [now, Date.now()];
    await sleep(50);
  }
}

const writingVerbs = ['POST', 'PUT', 'PATCH', 'APPLY', 'DELETE', 'DELETECOLLECTION'] as const;

interface ApiServerCounts {
  readonly routes: number;
  readonly gateways: number;
  readonly writes: number;
}

async function apiServerCounts({ kube }: Rig): Promise<ApiServerCounts> {
  const text = await kube.get('/metrics');
  const count = (resource: string) =>
    sumOfMetric(text, 'apiserver_request_total', `resource="${resource}"`, 'subresource="status"', 'verb="PATCH"');
  const written = (...matching: readonly string[]) =>
    writingVerbs
      .map((verb) => sumOfMetric(text, 'apiserver_request_total', `verb="${verb}"`, ...matching))
      .reduce((sum, one) => sum + one, 0);
  return {
    routes: count('httproutes'),
    gateways: count('gateways'),
    writes: written() - written('resource="leases"'),
  };
}

/** 0 while no replica runs. */
async function reconciles(rig: Rig): Promise<number> {
  try {
    return await rig.operator().metric('avi_gateway_reconcile_duration_seconds_count');
  } catch {
    return 0;
  }
}
