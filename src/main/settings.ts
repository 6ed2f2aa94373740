/** What the pure core reads of the configuration and of the controller's site. */
import type { SiteFacts } from '../avi/preflight.ts';
import type { Config } from '../config.ts';
import type { RoutingSettings } from '../routing/settings.ts';
import type { TranslateSettings } from '../translate/settings.ts';

/** What the objects depend on and only the controller knows. */
export type Site = Pick<SiteFacts, 'cloudType' | 'dnsDomains'>;

/** A site about which nothing is known, for offline commands. */
export const OFFLINE_SITE: Site = { cloudType: 'CLOUD_NONE', dnsDomains: [] };

function domains(config: Config, site: Site): readonly string[] {
  return config.dnsDomains ?? site.dnsDomains;
}

/** The part of the configuration that the routing reads. */
export function routingSettings(config: Config, site: Site): RoutingSettings {
  return {
    controllerName: config.controllerName,
    ownership: config.ownership,
    serviceType: config.serviceType,
    extensionRef: config.extensionRef,
    ...(config.nodeSelector && { nodeSelector: config.nodeSelector }),
    defaultTenant: config.tenant,
    ...(config.namespaceTenants && { namespaceTenants: config.namespaceTenants }),
    dnsDomains: domains(config, site),
  };
}

/** The part of the configuration that the translation reads. */
export function translateSettings(config: Config, site: Site): TranslateSettings {
  return {
    clusterName: config.clusterName,
    cloud: config.cloud,
    cloudType: site.cloudType,
    seGroup: config.serviceEngineGroup,
    vrf: config.vrf,
    ...(config.nsxtT1LR !== undefined && { nsxtT1LR: config.nsxtT1LR }),
    ...(config.vpc !== undefined && { vpc: config.vpc }),
    vipType: config.vipType,
    vipNetworks: config.vipNetworks,
    nodeNetworks: config.nodeNetworks,
    enableRHI: config.enableRHI,
    enablePublicIP: config.enablePublicIP,
    dnsDomains: domains(config, site),
    trustChildOrder: config.translation.trustChildOrder,
  };
}
