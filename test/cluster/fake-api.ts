/**
 * A small API server over HTTP for one collection: pages, watches with bookmarks, compaction, and faults on demand.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Transport } from '../../src/cluster/list-watch.ts';

interface FakeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly managedFields: readonly unknown[];
  };
  readonly value: string;
}

interface FakeEvent {
  readonly version: number;
  readonly type: string;
  readonly object: FakeObject;
}

export interface FakeApi {
  readonly transport: Transport;
  put(name: string, value: string): void;
  remove(name: string): void;
  /** Ends all watches, cleanly or by cutting the connection. */
  cut(how: 'end' | 'destroy'): void;
  /** Forgets the history, so that versions before now are Gone. */
  compact(): void;
  bookmark(): void;
  /** Takes it back to an earlier state, versions included, as a restored backup does; its watches are cut. */
  restore(names: readonly string[], to: number): void;
  /** Answers the next request of a kind with this. */
  failNext(kind: 'list' | 'watch', status: number, headers?: Readonly<Record<string, string>>): void;
  /** Sends a line to all watches. */
  send(line: object): void;
  /** Queries of the requests so far, oldest first. */
  readonly requests: readonly URLSearchParams[];
  watches(): number;
  close(): Promise<void>;
}

export async function startFakeApi(): Promise<FakeApi> {
  const objects = new Map<string, FakeObject>();
  const history: FakeEvent[] = [];
  const requests: URLSearchParams[] = [];
  const open = new Set<ServerResponse>();
  const failures: { readonly kind: string; readonly status: number; readonly headers: Record<string, string> }[] = [];
  let version = 100;
  let oldest = 0;
  let uids = 0;

  const record = (type: string, object: FakeObject) => {
    history.push({ version, type, object });
    write({ type, object });
  };
  const write = (line: object) => {
    for (const response of open) response.write(`${JSON.stringify(line)}\n`);
  };
  const list = (query: URLSearchParams, response: ServerResponse) => {
    const start = Number(query.get('continue') ?? 0);
    const end = start + Number(query.get('limit') ?? 500);
    const all = [...objects.values()];
    const rest = end < all.length ? { continue: String(end) } : {};
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ metadata: { resourceVersion: String(version), ...rest }, items: all.slice(start, end) }),
    );
  };
  const watch = (query: URLSearchParams, response: ServerResponse) => {
    const from = Number(query.get('resourceVersion'));
    if (from < oldest) {
      response.writeHead(200);
      response.end(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old' } })}\n`);
      return;
    }
    response.writeHead(200);
    response.flushHeaders();
    for (const event of history.filter((entry) => entry.version > from)) {
      response.write(`${JSON.stringify({ type: event.type, object: event.object })}\n`);
    }
    open.add(response);
    response.on('close', () => open.delete(response));
  };
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    const query = new URL(request.url ?? '/', 'http://fake').searchParams;
    const kind = query.has('watch') ? 'watch' : 'list';
    requests.push(query);
    const index = failures.findIndex((failure) => failure.kind === kind);
    const [failure] = index < 0 ? [] : failures.splice(index, 1);
    if (failure) {
      response.writeHead(failure.status, failure.headers);
      response.end(JSON.stringify({ kind: 'Status', message: 'as told' }));
      return;
    }
    if (kind === 'list') list(query, response);
    else watch(query, response);
  };

  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    transport: (path, query, signal) =>
      fetch(`http://127.0.0.1:${port}${path}?${new URLSearchParams(query).toString()}`, { signal }),
    put: (name, value) => {
      version += 1;
      const before = objects.get(name);
      const uid = before?.metadata.uid ?? `uid-${(uids += 1)}`;
      const metadata = { name, namespace: 'ns', uid, resourceVersion: String(version), managedFields: [{}] };
      const object = { metadata, value };
      objects.set(name, object);
      record(before ? 'MODIFIED' : 'ADDED', object);
    },
    remove: (name) => {
      const before = objects.get(name);
      if (!before) return;
      version += 1;
      objects.delete(name);
      record('DELETED', { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } });
    },
    cut: (how) => {
      for (const response of open) {
        if (how === 'end') response.end();
        else response.destroy();
      }
      open.clear();
    },
    compact: () => {
      version += 1;
      oldest = version;
      history.length = 0;
    },
    bookmark: () => {
      version += 1;
      write({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(version) } } });
    },
    restore: (names, to) => {
      for (const name of [...objects.keys()]) if (!names.includes(name)) objects.delete(name);
      version = to;
      oldest = 0;
      history.length = 0;
      for (const response of open) response.end();
      open.clear();
    },
    failNext: (kind, status, headers = {}) => void failures.push({ kind, status, headers: { ...headers } }),
    send: write,
    requests,
    watches: () => open.size,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
