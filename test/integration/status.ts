/** Statuses as the neighbours read them. */
import type { Rig } from './rig.ts';

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

export interface GatewayObject {
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly addresses?: readonly { readonly value: string }[];
    readonly listeners?: readonly { readonly name: string; readonly conditions: readonly Condition[] }[];
  };
}

export interface RouteParent {
  readonly parentRef: Readonly<Record<string, unknown>>;
  readonly controllerName: string;
  readonly conditions: readonly Condition[];
}

export interface RouteObject {
  readonly status?: { readonly parents?: readonly RouteParent[] };
}

/** `Status` or `Status Reason` by type: the reason where the status is not True. */
export function brief(conditions: readonly Condition[] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(
    conditions.map(({ type, status, reason }) => [type, status === 'True' ? status : `${status} ${reason}`]),
  );
}

const split = (key: string) => key.split('/') as [string, string];

export async function gatewayStatus(rig: Rig, key: string) {
  const [namespace, name] = split(key);
  const { status } = await rig.read<GatewayObject>('-n', namespace, 'gateway', name);
  return {
    conditions: brief(status?.conditions),
    addresses: (status?.addresses ?? []).map(({ value }) => value),
    listeners: Object.fromEntries((status?.listeners ?? []).map((entry) => [entry.name, brief(entry.conditions)])),
  };
}

export async function routeParents(rig: Rig, key: string, kind = 'httproute'): Promise<readonly RouteParent[]> {
  const [namespace, name] = split(key);
  const { status } = await rig.read<RouteObject>('-n', namespace, kind, name);
  return status?.parents ?? [];
}

/** Address of a Gateway that has exactly one. */
export async function addressOf(rig: Rig, key: string): Promise<string> {
  return rig.settles(async () => {
    const { addresses } = await gatewayStatus(rig, key);
    const [address] = addresses;
    if (address === undefined || addresses.length > 1)
      throw new Error(`Gateway ${key} has the addresses ${addresses.join()}`);
    return address;
  });
}
