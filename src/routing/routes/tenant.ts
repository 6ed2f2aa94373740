/** The Avi tenant of a namespace's objects. */
import { record, splitKey, text } from '../../values/read.ts';
import type { RoutingEvent } from '../result/findings.ts';
import type { RoutingSettings } from '../settings.ts';
import type { Snapshot } from '../snapshot.ts';

const tenantAnnotation = 'ako.vmware.com/tenant-name';

/** The Avi tenant of what is in the namespace of an object (`namespace/name`). */
export function tenantOf(snapshot: Snapshot, key: string, settings: RoutingSettings): string {
  const wanted = wantedTenant(snapshot, key);
  return wanted && mayChoose(wanted, settings) ? wanted : settings.defaultTenant;
}

function wantedTenant(snapshot: Snapshot, key: string): string | undefined {
  const namespace = snapshot.namespaces.get(splitKey(key).namespace);
  return text(record(namespace?.metadata?.annotations)[tenantAnnotation]);
}

function mayChoose(tenant: string, { namespaceTenants, defaultTenant }: RoutingSettings): boolean {
  return namespaceTenants === undefined || tenant === defaultTenant || namespaceTenants.includes(tenant);
}

/** Says that a namespace asks for a tenant that the configuration does not let it choose. */
export function tenantEvents(snapshot: Snapshot, key: string, settings: RoutingSettings): readonly RoutingEvent[] {
  const wanted = wantedTenant(snapshot, key);
  if (!wanted || mayChoose(wanted, settings)) return [];
  const message =
    `The Namespace asks for the Avi tenant "${wanted}" by ${tenantAnnotation}, which namespaceTenants does not list; ` +
    `"${settings.defaultTenant}" is used`;
  const regarding = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', ...splitKey(key) };
  return [{ type: 'Warning', reason: 'TenantNotPermitted', message, regarding }];
}
