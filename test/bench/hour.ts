/** Memory over the changes of an hour, one a second, made as fast as the API server takes them. */
import { authority } from './authority.ts';
import { applications, memory, type Scenario } from './loads.ts';
import { measure, quiet } from './measure.ts';
import { appName, domain, endpointSlice, route, tlsSecret } from './objects.ts';
import type { Manifest } from '../cluster/tools/manifest.ts';
import type { Rig } from './rig.ts';

/** One change of the cluster; `rotate` is of the listener's certificate. */
export type Change =
  { readonly verb: 'endpoints' | 'apply' | 'remove'; readonly manifest: Manifest } | { readonly verb: 'rotate' };

const endpointsEach = 40;
const pathsEach = 9;
const routesEach = 5;
/** Changes of a minute: endpoints, paths, routes that come, as many that go, and a certificate. */
export const changesEach = endpointsEach + pathsEach + 2 * routesEach + 1;

/**
 * The changes of one minute, each of another object. Routes that come in one minute go in the next; the last minute adds none.
 *
 * @param routes how many there are; the path of the first never changes.
 */
export function minuteOfChanges(minute: number, minutes: number, routes: number): readonly Change[] {
  /** Indexes in turn, each with how often it was its turn before. */
  const inTurn = (count: number, among: number) =>
    Array.from({ length: Math.min(count, among) }, (_, place) => minute * Math.min(count, among) + place).map(
      (turn) => ({
        index: turn % among,
        round: Math.floor(turn / among),
      }),
    );
  const extra = (ofMinute: number) =>
    Array.from({ length: routesEach }, (_, place) =>
      route(firstExtra(routes) + (ofMinute % 2) * routesEach + place, 'hosts'),
    );
  return [
    ...inTurn(endpointsEach, routes).map(({ index, round }): Change => ({
      verb: 'endpoints',
      manifest: endpointSlice(appName(index), index, 4 + (round % 4)),
    })),
    ...inTurn(pathsEach, routes - 1).map(({ index }): Change => ({
      verb: 'apply',
      manifest: route(index + 1, 'hosts', `/minute-${minute}`),
    })),
    ...(minute + 1 < minutes ? extra(minute) : []).map((manifest): Change => ({ verb: 'apply', manifest })),
    ...(minute > 0 ? extra(minute - 1) : []).map((manifest): Change => ({ verb: 'remove', manifest })),
    { verb: 'rotate' },
  ];
}

/** Index of the first application that only these changes use. */
const firstExtra = (routes: number): number => routes + 100;

/** Writes to the controller that the changes of one minute call for at most: see `mostForOne` of the bars. */
export const writesEach = endpointsEach + 6 * pathsEach + 3 * 2 * routesEach + 1;

/** Statuses that they call for: one for each route that comes or changes. */
export const statusesEach = pathsEach + routesEach;

async function perform(rig: Rig, minute: number): Promise<void> {
  const { kube, options } = rig;
  const changes = minuteOfChanges(minute, options.hourMinutes, options.routes);
  const secret = tlsSecret('secure', await (await authority).issue([`secure.${domain}`]));
  const run = async (change: Change): Promise<void> => {
    if (change.verb === 'rotate') return kube.patch(secret, { stringData: secret.stringData });
    const { verb, manifest } = change;
    if (verb === 'endpoints') return kube.patch(manifest, { endpoints: manifest.endpoints });
    return verb === 'apply' ? kube.apply([manifest]) : kube.remove([manifest]);
  };
  await Promise.all(changes.map(run));
}

/** Memory in MB when nothing is left to do: the least of some seconds, as garbage is not collected at once. */
export async function settledMemory(rig: Rig): Promise<{ readonly rss: number; readonly heap: number }> {
  await quiet(rig);
  const samples = [await memory(rig)];
  for (let sample = 0; sample < 3; sample += 1) {
    await quiet(rig);
    samples.push(await memory(rig));
  }
  return {
    rss: Math.min(...samples.map(({ rssMegabytes }) => rssMegabytes)),
    heap: Math.min(...samples.map(({ heapMegabytes }) => heapMegabytes)),
  };
}

/** Begin, middle and end are taken with nothing left to do; what was most, under way. */
export const hour: Scenario = async (rig) => {
  const { routes, hourMinutes } = rig.options;
  const extras = applications(firstExtra(routes), 2 * routesEach);
  await rig.kube.create(extras);
  const begin = await settledMemory(rig);
  let [middle, most] = [begin, begin.rss];
  const measured = await measure(rig, {
    scenario: 'hour',
    what: `${hourMinutes * changesEach} changes of endpoints, routes and certificates, as fast as they are taken`,
    depth: 0,
    run: async () => {
      for (let minute = 0; minute < hourMinutes; minute += 1) {
        if (minute === Math.floor(hourMinutes / 2)) middle = await settledMemory(rig);
        await perform(rig, minute);
        most = Math.max(most, (await memory(rig)).rssMegabytes);
      }
    },
    until: () => rig.routes.accepted() === routes && rig.routes.count() === routes,
  });
  const end = await settledMemory(rig);
  await rig.kube.remove(extras);
  const figures = {
    changes: hourMinutes * changesEach,
    rssBegin: begin.rss,
    rssMiddle: middle.rss,
    rssMost: most,
    rssEnd: end.rss,
    heapBegin: begin.heap,
    heapMiddle: middle.heap,
    heapEnd: end.heap,
  };
  return [{ ...measured, figures }];
};
