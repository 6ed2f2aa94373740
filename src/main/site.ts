/** What follows from the configuration and the controller, for every way to run the engine. */
import type { AviClient } from '../avi/client.ts';
import { describeRefusals, preflight } from '../avi/preflight.ts';
import { controllerSchema, identityOf, inventoryOf } from '../cli/controller.ts';
import { routingSettings, translateSettings, type Config, type SiteFacts } from '../config.ts';
import type { EngineDeps } from '../loop/engine.ts';
import type { Logger } from '../telemetry/log.ts';

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
    drift: { mode: config.drift.mode, intervalMs: config.drift.intervalSeconds * 1000 },
    guard: config.deletionGuard,
    parallel: config.concurrency,
  } satisfies Partial<EngineDeps>;
}
