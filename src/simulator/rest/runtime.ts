import { objects } from '../store/document.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { OperState, RuntimeReader, StoredObject } from '../store/types.ts';

/** `oper_status` as inventory and runtime replies have it (avi-model.md 4.9). */
export function operStatus(state: OperState, changed: string, reason: readonly string[] = []): Record<string, unknown> {
  const micros = Number(changed);
  return {
    state,
    reason: [...reason],
    reason_code: state === 'OPER_UP' ? 1 : 0,
    reason_code_string: state === 'OPER_UP' ? 'SYSERR_SUCCESS' : '',
    last_changed_time: { secs: Math.floor(micros / 1_000_000), usecs: micros % 1_000_000 },
  };
}

/** Runtime of a virtual service with one summary per VIP. */
export function virtualServiceRuntime(
  store: ObjectStore,
  runtime: RuntimeReader,
  object: StoredObject,
): Record<string, unknown> {
  const { state, reason } = runtime.virtualService(object.uuid);
  const status = operStatus(state, object.lastModified, reason);
  const percent = state === 'OPER_UP' ? 100 : 0;
  return {
    oper_status: status,
    percent_ses_up: percent,
    vip_summary: vipsOf(store, object).map((vip) => ({
      vip_id: vip['vip_id'],
      ip_address: vip['ip_address'],
      ...(vip['ip6_address'] === undefined ? {} : { ip6_address: vip['ip6_address'] }),
      oper_status: status,
      percent_ses_up: percent,
      num_se_assigned: 1,
      num_se_requested: 1,
    })),
  };
}

/** Runtime of a pool: its state and how many servers are up. */
export function poolRuntime(runtime: RuntimeReader, object: StoredObject): Record<string, unknown> {
  const { state, servers } = runtime.pool(object.uuid);
  const enabled = servers.filter((server) => server.enabled).length;
  const up = servers.filter((server) => server.enabled && server.state === 'OPER_UP').length;
  return {
    oper_status: operStatus(state, object.lastModified),
    num_servers: servers.length,
    num_servers_enabled: enabled,
    num_servers_up: up,
    percent_servers_up_enabled: percent(up, enabled),
    percent_servers_up_total: percent(up, servers.length),
  };
}

/** Runtime of each server of a pool. */
export function serverRuntimes(runtime: RuntimeReader, object: StoredObject): readonly Record<string, unknown>[] {
  return runtime.pool(object.uuid).servers.map((server) => ({
    ip_addr: { addr: server.address, type: server.address.includes(':') ? 'V6' : 'V4' },
    port: server.port,
    is_local: false,
    oper_status: operStatus(server.state, object.lastModified),
  }));
}

/** Runtime of a pool group. */
export function poolGroupRuntime(runtime: RuntimeReader, object: StoredObject): Record<string, unknown> {
  return { oper_status: operStatus(runtime.poolGroup(object.uuid).state, object.lastModified) };
}

function vipsOf(store: ObjectStore, object: StoredObject): readonly Readonly<Record<string, unknown>>[] {
  const owner = object.body['type'] === 'VS_TYPE_VH_CHILD' ? store.resolve(object.body['vh_parent_vs_ref']) : object;
  return objects(store.resolve(owner?.body['vsvip_ref'])?.body['vip']);
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.floor((100 * part) / whole);
}
