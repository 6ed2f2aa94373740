import { compileVirtualService } from '../../../../src/simulator/dataplane/program/compile.ts';
import type { EvhOrder, VirtualServiceProgram } from '../../../../src/simulator/dataplane/program/program.ts';
import type { ClientRequest } from '../../../../src/simulator/dataplane/http/request.ts';
import { linkProgram, type Program } from '../../../../src/simulator/dataplane/decide/virtual-host.ts';
import type { StoreReader } from '../../../../src/simulator/store/types.ts';

/** Compiles one virtual service of a store. */
export function compileNamed(store: StoreReader, name: string): VirtualServiceProgram {
  const stored = store.list('virtualservice').find((object) => object.name === name);
  if (!stored) throw new Error(`no virtual service ${name}`);
  return compileVirtualService(stored, store, { healthIntervalMs: 1000 }).program;
}

/** Links the parent of that name with all children in the store. */
export function programOf(store: StoreReader, parent: string, evhOrder: EvhOrder = 'longest'): Program {
  const all = store.list('virtualservice').map((object) => compileNamed(store, object.name));
  const children = all.filter((program) => program.kind === 'child');
  return linkProgram(compileNamed(store, parent), children, evhOrder);
}

/** A plain GET, with what the test changes. */
export function request(changes: Partial<ClientRequest> = {}): ClientRequest {
  return {
    port: 80,
    scheme: 'http',
    host: 'app.test',
    path: '/',
    query: '',
    method: 'GET',
    headers: {},
    clientIp: '127.0.0.1',
    ...changes,
  };
}
