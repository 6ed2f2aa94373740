/** Loads of all routes in one of the arrangements, and what they leave in memory. */
import { setTimeout as sleep } from 'node:timers/promises';
import { measure, quiet, type Measurement } from './measure.ts';
import { appName, endpointSlice, gateway, gatewaysOfSpread, route, service, type Topology } from './objects.ts';
import type { Manifest } from '../cluster/tools/manifest.ts';
import type { ScenarioName } from './options.ts';
import { residentMegabytes } from './processes.ts';
import type { Rig } from './rig.ts';

/** What is measured by one name. */
export type Scenario = (rig: Rig) => Promise<readonly Measurement[]>;

/** pool → pool group → child virtual service. */
export const routeDepth = 3;
const patience = 600_000;

/** Services and endpoints of as many applications, from `first` on. */
export function applications(first: number, count: number): readonly Manifest[] {
  return indexes(first, count).flatMap((index) => [service(appName(index)), endpointSlice(appName(index), index, 3)]);
}

export function indexes(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, place) => first + place);
}

function routesOf({ options }: Rig, topology: Topology): readonly Manifest[] {
  return indexes(0, options.routes).map((index) => route(index, topology));
}

/** Whether all routes are accepted and programmed. */
export const allAccepted = (rig: Rig) => () => rig.routes.accepted() >= rig.options.routes;

/** All routes, a host each, on one Gateway. */
export const bulk: Scenario = async (rig) => [
  await load(rig, 'bulk', 'hosts', `${rig.options.routes} routes, a host each, on one Gateway`),
];

async function load(rig: Rig, scenario: ScenarioName, topology: Topology, what: string): Promise<Measurement> {
  const measured = await measure(rig, {
    scenario,
    what,
    // With macro calls a route is one call.
    depth: rig.options.macro ? 1 : routeDepth,
    run: () => rig.kube.apply(routesOf(rig, topology)),
    until: allAccepted(rig),
  });
  return { ...measured, figures: await memory(rig) };
}

/** Resident memory, and the heap in use, of the replica that was started last. */
export async function memory(rig: Rig): Promise<{ readonly rssMegabytes: number; readonly heapMegabytes: number }> {
  const heap = await rig.operator().metric('avi_gateway_nodejs_heap_size_used_bytes');
  return { rssMegabytes: residentMegabytes(rig.operator().pid), heapMegabytes: Math.round(heap / 2 ** 20) };
}

/** Deletes all routes and waits until their objects are gone. */
async function unload(rig: Rig, scenario: ScenarioName, topology: Topology): Promise<Measurement> {
  return measure(rig, {
    scenario,
    what: `${rig.options.routes} routes deleted`,
    depth: routeDepth,
    run: () => rig.kube.remove(routesOf(rig, topology)),
    until: async () => {
      const { writes } = await rig.controller().stats();
      const deleted = ({ method, status }: (typeof writes)[number]) => method === 'DELETE' && status < 300;
      return rig.routes.count() === 0 && writes.filter(deleted).length >= 3 * rig.options.routes;
    },
  });
}

/** The same routes in another arrangement: instead of the usual one, which comes back unless this is the last scenario. */
export function arrangement(scenario: 'paths' | 'spread', what: string): Scenario {
  return async (rig) => {
    const before = rig.routes.count() > 0 ? [await unload(rig, scenario, 'hosts')] : [];
    const gateways = scenario === 'spread' ? indexes(0, gatewaysOfSpread).map((at) => gateway(`gateway-${at}`)) : [];
    await rig.kube.create(gateways);
    await quiet(rig);
    const loaded = await load(rig, scenario, scenario, what);
    if (rig.options.scenarios.at(-1) !== scenario) await restore(rig, scenario, gateways);
    return [...before, loaded];
  };
}

async function restore(rig: Rig, topology: Topology, gateways: readonly Manifest[]): Promise<void> {
  await rig.kube.remove(gateways);
  await rig.kube.remove(routesOf(rig, topology));
  await waitFor(() => rig.routes.count() === 0);
  await quiet(rig);
  await rig.kube.create(routesOf(rig, 'hosts'));
  await waitFor(allAccepted(rig));
  await quiet(rig);
}

/** @throws Error after ten minutes. */
export async function waitFor(done: () => boolean): Promise<void> {
  for (const end = Date.now() + patience; !done(); await sleep(50)) {
    if (Date.now() > end) throw new Error('waited too long');
  }
}
