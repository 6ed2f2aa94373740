import type { OperState, RuntimeReader, StoreReader } from '../../store/types.ts';
import { objects } from '../program/fields.ts';
import type { Listeners } from '../listeners.ts';
import type { Pools } from './pools.ts';
import type { VirtualServiceProgram } from '../program/program.ts';
import type { Programmer } from '../program/programmer.ts';
import { uuidOf } from '../program/resolve.ts';

interface VirtualServiceReport {
  readonly state: OperState;
  readonly reason: readonly string[];
}

/** Pools of a virtual service that are down make it go down when none of them is up. */
function poolProblems(program: VirtualServiceProgram, pools: Pools): readonly string[] {
  const all = [...program.pools.values()];
  const up = all.filter((pool) => pools.isUp(pool)).length;
  if (all.length === 0 || up >= Math.max(1, program.minPoolsUp)) return [];
  return all.filter((pool) => !pools.isUp(pool)).map((pool) => `Pool ${pool.name} is down`);
}

/** What inventory and runtime replies say of the data plane's state. */
export function createRuntimeReader(
  store: StoreReader,
  programmer: Programmer,
  pools: Pools,
  listeners: Listeners,
): RuntimeReader {
  const virtualService = (uuid: string): VirtualServiceReport => {
    const program = programmer.virtualService(uuid);
    if (!program) return { state: 'OPER_CREATING', reason: ['The virtual service is being programmed'] };
    if (!program.enabled) return { state: 'OPER_DISABLED', reason: ['The virtual service is disabled'] };
    if (!program.trafficEnabled) return { state: 'OPER_DISABLED', reason: ['Traffic is disabled'] };
    const reason = [...entranceProblems(program), ...poolProblems(program, pools)];
    return { state: reason.length === 0 ? 'OPER_UP' : 'OPER_DOWN', reason };
  };

  const entranceProblems = (program: VirtualServiceProgram): readonly string[] => {
    if (program.unservedType !== undefined)
      return [`Application profile type ${program.unservedType} is not simulated`];
    if (program.kind !== 'child') return listeners.problems(program.uuid);
    const parent = programmer.programOf(program.parentUuid ?? '')?.parent;
    if (!parent) return ['The parent virtual service is not programmed'];
    return parent.enabled ? listeners.problems(parent.uuid) : ['The parent virtual service is disabled'];
  };

  const poolGroup = (uuid: string): { readonly state: OperState } => {
    const members = objects(store.get('poolgroup', uuid)?.body, 'members').map(
      (member) => pools.report(uuidOf(member['pool_ref']) ?? '').state,
    );
    if (members.length === 0 || members.every((state) => state === 'OPER_UNUSED')) return { state: 'OPER_UNUSED' };
    return { state: members.includes('OPER_UP') ? 'OPER_UP' : 'OPER_DOWN' };
  };

  return { virtualService, pool: (uuid) => pools.report(uuid), poolGroup };
}
