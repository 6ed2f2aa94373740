/** Static routes to the nodes' pod networks, for the commands that show what is wanted: a part of a VRF context, which is nobody's alone. */
import type { AviClient } from '../avi/client.ts';
import type { Config } from '../config.ts';
import { findVrf } from '../loop/static-routes.ts';
import type { FieldChange } from '../plan/operation.ts';
import { planStaticRoutes } from '../plan/static-routes.ts';
import { podNetworks } from '../routing/pod-networks.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import type { JsonObject } from '../translate/desired.ts';
import { bareRef } from '../translate/naming/refs.ts';
import { routeIdPrefix, staticRoutes } from '../translate/static-routes.ts';

/** The routes that the configuration asks for; none where it asks for none. */
export function wantedRoutes(
  snapshot: Pick<Snapshot, 'nodes' | 'blockAffinities'>,
  { staticRoutes: { source }, clusterName }: Pick<Config, 'staticRoutes' | 'clusterName'>,
): readonly JsonObject[] {
  return source === 'none' ? [] : staticRoutes(podNetworks(snapshot, source), clusterName);
}

/** The VRF context with nothing but our routes; others are in it on the controller. */
export function vrfContext(routes: readonly JsonObject[], { vrf, cloud }: Pick<Config, 'vrf' | 'cloud'>): JsonObject {
  return { name: vrf, cloud_ref: bareRef('cloud', cloud), static_routes: routes };
}

/** Where the routes on the controller differ. */
export interface RoutesDifference {
  /** `vrfcontext tenant/name`. */
  readonly id: string;
  readonly changes: readonly FieldChange[];
  /** Ids of routes that are not written, since somebody else has one to the network. */
  readonly taken: readonly string[];
}

/** Compares with the VRF context on the controller; reads only. Undefined: there is no difference. */
export async function compareRoutes(
  wanted: readonly JsonObject[],
  { clusterName, vrf, cloud, tenant, deletionGuard: limits, nsxtT1LR, vpc }: Config,
  client: AviClient,
): Promise<RoutesDifference | undefined> {
  if (nsxtT1LR !== undefined || vpc !== undefined) return undefined;
  const found = await findVrf(client, { clusterName, vrf, cloud, tenant });
  const prefix = routeIdPrefix(clusterName);
  const current = (found?.vrf.static_routes ?? []) as readonly JsonObject[];
  const { routes, taken } = planStaticRoutes(current, wanted, { prefix, explained: true, limits });
  if (!routes && taken.length === 0) return undefined;
  const isOwn = ({ route_id: id }: JsonObject) => String(id).startsWith(prefix);
  return {
    id: `vrfcontext ${found?.tenant ?? tenant}/${vrf}`,
    changes: changesOf(current.filter(isOwn), (routes ?? current).filter(isOwn)),
    taken,
  };
}

function changesOf(before: readonly JsonObject[], after: readonly JsonObject[]): readonly FieldChange[] {
  const [old, next] = [before, after].map((routes) => new Map(routes.map((route) => [String(route.route_id), route])));
  const ids = [...new Set([...(old?.keys() ?? []), ...(next?.keys() ?? [])])].sort();
  return ids
    .map((id) => ({ path: `static_routes[${id}]`, before: described(old?.get(id)), after: described(next?.get(id)) }))
    .filter((change) => change.before !== change.after);
}

function described(route: JsonObject | undefined): string | undefined {
  if (!route) return undefined;
  const { ip_addr: address, mask } = route.prefix as JsonObject;
  const addr = (value: unknown) => String((value as JsonObject | undefined)?.addr);
  return `${addr(address)}/${String(mask)} by ${addr(route.next_hop)}`;
}
