/** Avi objects as a program of the embedded controller's data plane, without a controller: names are the uuids. */
import { compileVirtualService } from '../../../src/simulator/dataplane/program/compile.ts';
import type { ClientRequest } from '../../../src/simulator/dataplane/http/request.ts';
import { linkProgram, type Program } from '../../../src/simulator/dataplane/decide/virtual-host.ts';
import type { StoredObject, StoreReader } from '../../../src/simulator/store/types.ts';
import type { AviObject } from '../../../src/translate/desired.ts';
import type { ModelRequest } from './model.ts';

/** A store that holds the objects. */
export function storeOf(objects: readonly AviObject[]): StoreReader {
  const stored = new Map(
    objects.map(({ type, tenant, name, body }): [string, StoredObject] => [
      `${type}/${name}`,
      { type, tenant, name, uuid: name, lastModified: '0', body },
    ]),
  );
  return {
    get: (type, uuid) => stored.get(`${type}/${uuid}`),
    list: (type) => [...stored.values()].filter((object) => object.type === type),
    resolve: (ref) => {
      const [, type, name] = /^\/api\/([a-z]+)\/?\?name=(.*)$/.exec(String(ref)) ?? [];
      return stored.get(`${type}/${decodeURIComponent(name ?? '')}`);
    },
    subscribe: () => () => undefined,
  };
}

/** The parent with its children. */
export function programOf(store: StoreReader, evhOrder: Program['evhOrder']): Program {
  const compiled = store
    .list('virtualservice')
    .map((object) => compileVirtualService(object, store, { healthIntervalMs: 1000 }).program);
  const parent = compiled.find(({ kind }) => kind === 'parent')!;
  return linkProgram(
    parent,
    compiled.filter(({ kind }) => kind === 'child'),
    evhOrder,
  );
}

/** The request as the data plane reads it. */
export function clientRequest({ port, host, path, method, headers, query }: ModelRequest): ClientRequest {
  return {
    port,
    scheme: 'http',
    host,
    path,
    query: new URLSearchParams(query.map(([name, value]): [string, string] => [name, value])).toString(),
    method,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
  };
}
