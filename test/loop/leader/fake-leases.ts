/** One Lease behind HTTP, with the API server's rules for resourceVersion and faults on demand. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { PooledKubeConfig } from '../../../src/cluster/kube-config.ts';

interface Lease {
  readonly metadata: {
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly holderIdentity?: string; readonly leaseTransitions?: number };
}

export interface FakeLeases {
  /** A client of its own, as another replica has. */
  kubeConfig(): PooledKubeConfig;
  lease(): Lease | undefined;
  /** Somebody else writes the lease. */
  take(identity: string): void;
  /** Somebody annotates the lease. */
  annotate(annotations: Readonly<Record<string, string>>): void;
  /** From now on calls of this client, or of all, get no answer. */
  hang(on: boolean): void;
  close(): Promise<void>;
}

export async function startFakeLeases(): Promise<FakeLeases> {
  let lease: Lease | undefined;
  let version = 0;
  let hanging = false;

  const store = (body: Lease) => {
    version += 1;
    lease = { ...body, metadata: { ...body.metadata, resourceVersion: String(version) } };
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    if (hanging) return;
    const reply = (code: number, value: unknown) => {
      response.writeHead(code, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value));
    };
    if (request.method === 'GET') return lease ? reply(200, lease) : reply(404, { kind: 'Status', code: 404 });
    const sent = JSON.parse(body) as Lease;
    const conflict =
      request.method === 'POST' ? lease : sent.metadata.resourceVersion !== lease?.metadata.resourceVersion;
    if (conflict) return reply(409, { kind: 'Status', code: 409 });
    store(sent);
    reply(request.method === 'POST' ? 201 : 200, lease);
  };

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    kubeConfig: () => {
      const config = new PooledKubeConfig();
      config.loadFromClusterAndUser(
        { name: 'fake', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
        { name: 'nobody' },
      );
      return config;
    },
    lease: () => lease,
    take: (holderIdentity) => store({ metadata: lease?.metadata ?? {}, spec: { ...lease?.spec, holderIdentity } }),
    annotate: (annotations) => store({ metadata: { ...lease?.metadata, annotations }, spec: { ...lease?.spec } }),
    hang: (on) => (hanging = on),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
