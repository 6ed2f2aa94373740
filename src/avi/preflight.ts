/** Looks at start whether the controller has what the configuration names, before anything is written. */
import type { JsonObject } from '../translate/desired.ts';
import type { NodeNetwork, VipNetwork } from '../translate/settings.ts';
import type { AviClient } from './client.ts';
import { AviError } from './errors.ts';

/** The part of the configuration that is looked up; the field names are the configuration's. */
export interface PreflightSettings {
  readonly controller: { readonly apiVersion: string };
  readonly cloud: string;
  readonly tenant: string;
  readonly serviceEngineGroup: string;
  readonly vrf: string;
  readonly nsxtT1LR?: string | undefined;
  readonly vpc?: string | undefined;
  readonly vipNetworks: readonly VipNetwork[];
  readonly nodeNetworks: readonly NodeNetwork[];
}

/** What is only known by asking the controller. */
export interface SiteFacts {
  /** `vtype` of the cloud, as `CLOUD_NSXT`. */
  readonly cloudType: string;
  /** Domains of the cloud's DNS profile; empty when it has none. */
  readonly dnsDomains: readonly string[];
  /** `route_id` of the VRF context's static routes; absent where there is no VRF. */
  readonly routeIds?: readonly string[];
  /** Version of the controller, as `30.2.1`. */
  readonly version: string;
}

/** Something that the configuration names and the controller does not have. */
export interface PreflightRefusal {
  /** Key of the configuration, as `vipNetworks[0].networkName`. */
  readonly key: string;
  readonly message: string;
}

export type PreflightResult =
  | { readonly ok: true; readonly facts: SiteFacts; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly refusals: readonly PreflightRefusal[] };

/** Clouds in which the cloud itself allocates addresses, so that no IPAM profile is needed (ako-facts.md section 3.2). */
const cloudsWithOwnIpam: ReadonlySet<string> = new Set(['CLOUD_AWS', 'CLOUD_AZURE', 'CLOUD_GCP', 'CLOUD_OPENSTACK']);

/** @throws AviError when the controller cannot be asked; a refusal is no error. */
export async function preflight(client: AviClient, settings: PreflightSettings): Promise<PreflightResult> {
  const look = lookUp(client, settings.tenant);
  const [version, tenant, cloud] = await Promise.all([
    client.version(),
    look('tenant', settings.tenant, {}),
    look('cloud', settings.cloud, {}),
  ]);
  const refusals = [
    ...versionRefusals(version, settings),
    ...missing(tenant, 'tenant', `there is no tenant "${settings.tenant}", or this user may not see it`),
    ...missing(cloud, 'cloud', `there is no cloud "${settings.cloud}"`),
  ];
  if (!cloud) return { ok: false, refusals };

  const [inCloud, networks, profiles] = await Promise.all([
    cloudObjects(look, settings),
    networkRefusals(client, look, settings),
    readProfiles(client, cloud, settings),
  ]);
  const found = [...refusals, ...inCloud.refusals, ...networks, ...profiles.refusals];
  if (found.length > 0) return { ok: false, refusals: found };
  const facts = {
    cloudType: text(cloud.vtype) ?? 'CLOUD_NONE',
    dnsDomains: profiles.dnsDomains,
    version: version ?? 'unknown',
    ...(inCloud.routeIds && { routeIds: inCloud.routeIds }),
  };
  const noDomains = `cloud "${settings.cloud}" has no DNS profile: hostnames are published without looking at domains`;
  return { ok: true, facts, warnings: cloud.dns_provider_ref === undefined ? [noDomains] : [] };
}

/** One line a refusal, naming the key. */
export function describeRefusals(refusals: readonly PreflightRefusal[]): string {
  return refusals.map(({ key, message }) => `${key}: ${message}`).join('\n');
}

type LookUp = (type: string, name: string, query: Readonly<Record<string, string>>) => Promise<JsonObject | undefined>;

/** Looks in the tenant, then in `admin`, which holds what all tenants share. */
function lookUp(client: AviClient, tenant: string): LookUp {
  return async (type, name, query) => {
    for (const owner of new Set([tenant, 'admin'])) {
      const found = await listIn(client, type, owner, { name, ...query });
      const match = found.find((body) => body.name === name);
      if (match) return match as JsonObject;
    }
    return undefined;
  };
}

/** What a user may not see does not exist for it. */
async function listIn(client: AviClient, type: string, tenant: string, query: Readonly<Record<string, string>>) {
  try {
    return await client.list(`/api/${type}/`, { tenant, query: { include_name: 'true', ...query } });
  } catch (error) {
    if (error instanceof AviError && (error.kind === 'forbidden' || error.kind === 'notFound')) return [];
    throw error;
  }
}

function missing(found: unknown, key: string, message: string): readonly PreflightRefusal[] {
  return found === undefined ? [{ key, message: `${message} on the controller` }] : [];
}

function versionRefusals(version: string | undefined, settings: PreflightSettings): readonly PreflightRefusal[] {
  const wanted = settings.controller.apiVersion;
  if (version === undefined || compareVersions(version, wanted) >= 0) return [];
  const message = `the controller has version ${version}, and API version ${wanted} needs at least that`;
  return [{ key: 'controller.apiVersion', message }];
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(/[.-]/).slice(0, 3).map(Number));
  for (let index = 0; index < 3; index += 1) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0 && !Number.isNaN(difference)) return difference;
  }
  return 0;
}

async function cloudObjects(
  look: LookUp,
  settings: PreflightSettings,
): Promise<Pick<SiteFacts, 'routeIds'> & { readonly refusals: readonly PreflightRefusal[] }> {
  const inCloud = { 'cloud_ref.name': settings.cloud };
  const usesVrf = settings.nsxtT1LR === undefined && settings.vpc === undefined;
  const [group, vrf] = await Promise.all([
    look('serviceenginegroup', settings.serviceEngineGroup, inCloud),
    usesVrf ? look('vrfcontext', settings.vrf, inCloud) : undefined,
  ]);
  const where = `in cloud "${settings.cloud}"`;
  const refusals = [
    ...missing(
      group,
      'serviceEngineGroup',
      `there is no service engine group "${settings.serviceEngineGroup}" ${where}`,
    ),
    ...(usesVrf ? missing(vrf, 'vrf', `there is no VRF context "${settings.vrf}" ${where}`) : []),
  ];
  const routes = (vrf?.static_routes ?? []) as readonly JsonObject[];
  return { refusals, ...(usesVrf && { routeIds: routes.map(({ route_id: id }) => String(id)) }) };
}

async function networkRefusals(
  client: AviClient,
  look: LookUp,
  settings: PreflightSettings,
): Promise<readonly PreflightRefusal[]> {
  const lists = [
    ['vipNetworks', settings.vipNetworks],
    ['nodeNetworks', settings.nodeNetworks],
  ] as const;
  const checks = lists.flatMap(([key, networks]) =>
    networks.map((network, index) => checkNetwork(client, look, settings, `${key}[${index}]`, network)),
  );
  return (await Promise.all(checks)).flat();
}

async function checkNetwork(
  client: AviClient,
  look: LookUp,
  settings: PreflightSettings,
  key: string,
  network: { readonly networkName?: string | undefined; readonly networkUUID?: string | undefined },
): Promise<readonly PreflightRefusal[]> {
  const { networkName, networkUUID } = network;
  const where = `in cloud "${settings.cloud}"`;
  if (networkName !== undefined) {
    const found = await look('network', networkName, { 'cloud_ref.name': settings.cloud });
    return missing(found, `${key}.networkName`, `there is no network "${networkName}" ${where}`);
  }
  if (networkUUID === undefined) return [];
  const match = await byUuid(client, 'network', networkUUID, settings.tenant);
  return missing(match, `${key}.networkUUID`, `there is no network with uuid "${networkUUID}" ${where}`);
}

async function readProfiles(
  client: AviClient,
  cloud: JsonObject,
  settings: PreflightSettings,
): Promise<{ readonly refusals: readonly PreflightRefusal[]; readonly dnsDomains: readonly string[] }> {
  const [ipam, dns] = await Promise.all([
    readRef(client, cloud.ipam_provider_ref, settings.tenant),
    readRef(client, cloud.dns_provider_ref, settings.tenant),
  ]);
  const name = `cloud "${settings.cloud}"`;
  const refusals: PreflightRefusal[] = [];
  const needsIpam = !cloudsWithOwnIpam.has(text(cloud.vtype) ?? '') && settings.vpc === undefined;
  if (cloud.ipam_provider_ref === undefined && needsIpam) {
    refusals.push({ key: 'cloud', message: `${name} has no IPAM profile, so no address can be allocated` });
  } else if (cloud.ipam_provider_ref !== undefined && !ipam) {
    refusals.push({ key: 'cloud', message: `the IPAM profile of ${name} cannot be read` });
  }
  if (cloud.dns_provider_ref !== undefined && !dns) {
    refusals.push({ key: 'cloud', message: `the DNS profile of ${name} cannot be read` });
  }
  return { refusals, dnsDomains: dns ? domainsOf(dns) : [] };
}

async function readRef(client: AviClient, ref: unknown, tenant: string): Promise<JsonObject | undefined> {
  if (typeof ref !== 'string') return undefined;
  const uuid = ref.slice(ref.indexOf('/api/')).split('#')[0]?.split('/').at(-1) ?? '';
  return byUuid(client, 'ipamdnsproviderprofile', uuid, tenant);
}

async function byUuid(client: AviClient, type: string, uuid: string, tenant: string): Promise<JsonObject | undefined> {
  for (const owner of new Set([tenant, 'admin'])) {
    const found = await listIn(client, type, owner, { 'uuid.in': uuid });
    const match = found.find((body) => body.uuid === uuid);
    if (match) return match as JsonObject;
  }
  return undefined;
}

/** Domains of a DNS profile: `dns_service_domain[].domain_name` of the internal one, `usable_domains` of the others. */
function domainsOf(profile: JsonObject): readonly string[] {
  const parts = Object.values(profile).filter(isObject);
  const names = parts.flatMap((part) => [
    ...list(part.dns_service_domain).map((domain) => (isObject(domain) ? text(domain.domain_name) : undefined)),
    ...list(part.usable_domains).map(text),
  ]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
