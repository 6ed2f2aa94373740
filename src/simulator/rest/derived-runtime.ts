import { isObject, objects } from '../store/document.ts';
import type { OperState, RuntimeReader, StoredObject, StoreReader } from '../store/types.ts';

/** States as the configuration alone gives them: every enabled server counts as up. Used without a data plane. */
export function deriveRuntime(store: StoreReader): RuntimeReader {
  const pool: RuntimeReader['pool'] = (uuid) => {
    const object = store.get('pool', uuid);
    const servers = objects(object?.body['servers']).map((server) => serverOf(server, object));
    if (object?.body['enabled'] === false) return { state: 'OPER_DISABLED', servers };
    const up = servers.filter((server) => server.state === 'OPER_UP').length;
    return { state: up >= Math.max(1, Number(object?.body['min_servers_up'] ?? 0)) ? 'OPER_UP' : 'OPER_DOWN', servers };
  };
  const stateOf = (target: StoredObject | undefined): OperState => {
    if (!target) return 'OPER_UNAVAIL';
    return target.type === 'pool' ? pool(target.uuid).state : poolGroup(target.uuid).state;
  };
  const poolGroup: RuntimeReader['poolGroup'] = (uuid) => {
    const members = objects(store.get('poolgroup', uuid)?.body['members']);
    const up = members.some((member) => stateOf(store.resolve(member['pool_ref'])) === 'OPER_UP');
    return { state: up ? 'OPER_UP' : 'OPER_DOWN' };
  };
  return {
    pool,
    poolGroup,
    virtualService(uuid) {
      const object = store.get('virtualservice', uuid);
      if (!object) return { state: 'OPER_UNAVAIL', reason: [] };
      if (object.body['enabled'] === false) return { state: 'OPER_DISABLED', reason: ['Virtual service is disabled'] };
      const target = store.resolve(object.body['pool_group_ref'] ?? object.body['pool_ref']);
      if (target && stateOf(target) !== 'OPER_UP' && Number(object.body['min_pools_up'] ?? 0) > 0) {
        return { state: 'OPER_DOWN', reason: [`${target.name} is down`] };
      }
      return { state: 'OPER_UP', reason: [] };
    },
  };
}

function serverOf(
  server: Readonly<Record<string, unknown>>,
  pool: StoredObject | undefined,
): ReturnType<RuntimeReader['pool']>['servers'][number] {
  const enabled = server['enabled'] !== false;
  return {
    address: isObject(server['ip']) ? String(server['ip']['addr']) : '',
    port: Number(server['port'] ?? pool?.body['default_server_port'] ?? 80),
    enabled,
    state: enabled ? 'OPER_UP' : 'OPER_DISABLED',
  };
}
