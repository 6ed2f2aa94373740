/** What follows from the configuration and the controller, for every way to run the engine. */
import type { AviClient } from '../avi/client.ts';
import { describeRefusals, preflight, type SiteFacts } from '../avi/preflight.ts';
import { controllerSchema, identityOf, inventoryOf } from './controller.ts';
import type { Config } from '../config.ts';
import type { EngineDeps } from '../loop/engine.ts';
import { akoUsers, isDedicatedName } from '../takeover/ako.ts';
import type { Logger } from '../telemetry/log.ts';
import { namePrefix } from '../translate/naming/names.ts';
import { routeIdPrefix } from '../translate/static-routes.ts';
import { routingSettings, translateSettings } from './settings.ts';

/**
 * What the controller says about the site; checks that it has what the configuration names.
 *
 * @throws Error with a line for each key that names something that does not exist.
 */
export async function readSite(config: Config, client: AviClient, logger?: Logger): Promise<SiteFacts> {
  const result = await preflight(client, config);
  if (!result.ok) throw new SiteRefusal(describeRefusals(result.refusals));
  for (const warning of result.warnings) logger?.warn(warning);
  return result.facts;
}

/**
 * Under `takeover: ako` a Gateway in AKO's dedicated mode would be made anew with another address, and the old one
 * deleted. That is only done by `adopt --recreate-dedicated`.
 *
 * @throws SiteRefusal that names what was found.
 */
export async function refuseDedicated(config: Config, client: AviClient): Promise<void> {
  if (config.takeover === 'none') return;
  const { clusterName, akoNamespace } = config;
  const query = { 'name.contains': namePrefix(clusterName), fields: 'name,created_by', page_size: '100' };
  const services = await client.list('/api/virtualservice/', { tenant: '*', query });
  const users = akoUsers(clusterName, akoNamespace);
  const dedicated = services
    .filter(({ name, created_by: user }) => isDedicatedName(clusterName, String(name)) && users.includes(String(user)))
    .map(({ name }) => String(name));
  if (dedicated.length === 0) return;
  throw new SiteRefusal(
    `takeover: AKO has Gateways in dedicated mode, which would get a new address: ${dedicated.join(', ')}. ` +
      'Run adopt --from-ako --recreate-dedicated, or set takeover: none',
  );
}

/** Also where routes are left over from a configuration that wanted them. */
function staticRoutesOf(config: Config, { routeIds = [] }: SiteFacts): Pick<EngineDeps, 'staticRoutes'> {
  const { clusterName, vrf, cloud, tenant, staticRoutes } = config;
  const { source } = staticRoutes;
  const wanted = source === 'none' ? {} : { source };
  const isLeftOver = routeIds.some((id) => id.startsWith(routeIdPrefix(clusterName)));
  return source === 'none' && !isLeftOver ? {} : { staticRoutes: { ...wanted, clusterName, vrf, cloud, tenant } };
}

/** The controller lacks what the configuration names; trying again does not help. */
export class SiteRefusal extends Error {
  constructor(reasons: string) {
    super(`the configuration does not fit the controller:\n${reasons}`);
  }
}

/** The part of the engine's needs that follows from the configuration and the controller. */
export function engineBasis(config: Config, site: SiteFacts, client: AviClient) {
  return {
    settings: { routing: routingSettings(config, site), translate: translateSettings(config, site) },
    client,
    inventory: inventoryOf(config, client),
    identity: identityOf(config),
    schema: controllerSchema(),
    drift: {
      mode: config.drift.mode,
      intervalMs: config.drift.intervalSeconds * 1000,
      reportTypes: config.drift.reportTypes,
    },
    graceMs: config.handOver.graceSeconds * 1000,
    healthMs: config.handOver.healthSeconds * 1000,
    guard: config.deletionGuard,
    ...staticRoutesOf(config, site),
    macro: config.apply.macro,
    parallel: config.concurrency,
  } satisfies Partial<EngineDeps>;
}
