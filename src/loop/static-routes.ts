/** The lane of the static routes to the nodes' pod networks, in the VRF context, which belongs to nobody alone. */
import type { AviClient } from '../avi/client.ts';
import { AviError } from '../avi/errors.ts';
import type { GuardLimits } from '../plan/guard.ts';
import { planStaticRoutes } from '../plan/static-routes.ts';
import { podNetworks, type PodNetworkSource } from '../routing/pod-networks.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import type { JsonObject } from '../translate/desired.ts';
import { routeIdPrefix, staticRoutes } from '../translate/static-routes.ts';
import type { Logger } from '../telemetry/log.ts';
import type { RunResult } from './queue.ts';

/** Which VRF context has the routes, and where the networks are read. */
export interface StaticRoutesSettings {
  /** Absent: there are to be none, and those that are left from before are removed. */
  readonly source?: PodNetworkSource;
  readonly clusterName: string;
  readonly vrf: string;
  readonly cloud: string;
  readonly tenant: string;
}

/** What the lane works with. */
export interface StaticRoutesDeps {
  readonly settings: StaticRoutesSettings;
  readonly client: AviClient;
  readonly guard: GuardLimits;
  readonly logger: Logger;
}

/**
 * Puts our routes right, with one write, or none where they are.
 *
 * @param explained whether every disappearance of a node was observed; others are held when they are too many.
 * @throws AviError when the controller refuses. A change by somebody else meanwhile asks for another look.
 */
export async function reconcileStaticRoutes(
  cluster: Pick<Snapshot, 'nodes' | 'blockAffinities'>,
  explained: boolean,
  deps: StaticRoutesDeps,
): Promise<RunResult> {
  const { settings, client, guard, logger } = deps;
  const found = await findVrf(client, settings);
  if (!found) {
    logger.error('the VRF context is gone, and the static routes to pods with it', { vrf: settings.vrf });
    return 'retry';
  }
  const { vrf, tenant } = found;
  const networks = settings.source === undefined ? [] : podNetworks(cluster, settings.source);
  const { routes, held, taken } = planStaticRoutes(
    (vrf.static_routes ?? []) as readonly JsonObject[],
    staticRoutes(networks, settings.clusterName),
    { prefix: routeIdPrefix(settings.clusterName), explained, limits: guard },
  );
  if (held.length > 0) logger.warn('static routes to nodes that vanished unseen are kept: too many at once', { held });
  if (taken.length > 0) logger.warn('somebody else has static routes to the networks of our pods', { taken });
  if (!routes) return 'done';
  try {
    await client.request('PUT', `/api/vrfcontext/${String(vrf.uuid)}`, {
      tenant,
      body: { ...vrf, static_routes: routes },
    });
  } catch (error) {
    if (error instanceof AviError && error.status === 412) return 'retry';
    throw error;
  }
  logger.info('the static routes to pods are written', { vrf: settings.vrf, routes: routes.length });
  return 'done';
}

/** The VRF context and its tenant: in the tenant given, else in `admin`, whose VRF contexts all tenants share. */
export async function findVrf(
  client: AviClient,
  { vrf, cloud, tenant }: StaticRoutesSettings,
): Promise<{ readonly vrf: JsonObject; readonly tenant: string } | undefined> {
  const query = { name: vrf, 'cloud_ref.name': cloud };
  for (const owner of new Set([tenant, 'admin'])) {
    const found = (await client.list('/api/vrfcontext/', { tenant: owner, query })).find(({ name }) => name === vrf);
    if (found) return { vrf: found as JsonObject, tenant: owner };
  }
  return undefined;
}
