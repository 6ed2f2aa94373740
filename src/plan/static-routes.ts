/** What is to be changed of the static routes of a VRF context, which others have routes in too. */
import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../translate/desired.ts';
import { holdsDeletions, type GuardLimits } from './guard.ts';

export interface StaticRoutesPlan {
  /** The whole list to write; absent where nothing is to be changed. */
  readonly routes?: readonly JsonObject[];
  /** Ids of routes that stay although no node is known for them any more: too many at once, and nobody saw them go. */
  readonly held: readonly string[];
  /** Ids of those that are not written since somebody else has a route for the network. */
  readonly taken: readonly string[];
}

/**
 * Replaces our routes by the wanted ones and leaves all others where they are.
 *
 * @param current `static_routes` as they are; @param prefix what ours begin with; @param explained whether each
 *   disappearance was observed.
 */
export function planStaticRoutes(
  current: readonly JsonObject[],
  wanted: readonly JsonObject[],
  { prefix, explained, limits }: { readonly prefix: string; readonly explained: boolean; readonly limits: GuardLimits },
): StaticRoutesPlan {
  const isOwn = (route: JsonObject) => String(route.route_id).startsWith(prefix);
  const own = current.filter(isOwn);
  const foreign = current.filter((route) => !isOwn(route));
  const taken = wanted.filter((route) => foreign.some((other) => network(other) === network(route)));
  const writable = wanted.filter((route) => !taken.includes(route));
  const wantedNetworks = new Set(writable.map(network));
  const gone = own.filter((route) => !wantedNetworks.has(network(route)));
  const held = !explained && holdsDeletions(gone.length, own.length, limits) ? gone : [];
  const next = [...writable, ...held].sort(byId);
  const isSame = isDeepStrictEqual(next.map(essence), own.toSorted(byId).map(essence));
  return {
    ...(isSame ? {} : { routes: [...foreign, ...next] }),
    held: held.map(idOf),
    taken: taken.map(idOf),
  };
}

function byId(a: JsonObject, b: JsonObject): number {
  return idOf(a) < idOf(b) ? -1 : 1;
}

function idOf(route: JsonObject): string {
  return String(route.route_id);
}

/** The network, as text. */
function network({ prefix }: JsonObject): string {
  const { ip_addr: address, mask } = (prefix ?? {}) as JsonObject;
  return `${String((address as JsonObject | undefined)?.addr)}/${String(mask)}`;
}

/** Without what the controller fills in. */
function essence(route: JsonObject): unknown {
  return [idOf(route), network(route), (route.next_hop as JsonObject | undefined)?.addr];
}
