/** What is served all the time while a real API server and replicas of the operator are broken. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Manifest } from '../cluster/tools/manifest.ts';

const group = 'gateway.networking.k8s.io';

/** The one path goes to a pod, the other is answered by the data plane. */
export const paths = { pod: '/served', redirect: '/moved' } as const;

export interface Pod {
  readonly address: string;
  readonly port: number;
  readonly close: () => void;
}

/** API servers take no loopback address for an endpoint. @returns undefined on a machine that has no other. */
export async function startPod(): Promise<Pod | undefined> {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const address = own.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  if (address === undefined) return undefined;
  const server = createServer((_request, response) => void response.end('served')).listen(0, address);
  await once(server, 'listening');
  return {
    address,
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A route of the Gateway of an application, as `application()` makes it, with a pod of its own. */
export function servedRoute(application: string, pod: Pick<Pod, 'address' | 'port'> | undefined): readonly Manifest[] {
  const metadata = { name: 'served', namespace: `${application}-app` };
  const match = (value: string): object => ({ matches: [{ path: { type: 'Exact', value } }] });
  const requestRedirect = { path: { type: 'ReplaceFullPath', replaceFullPath: '/there' }, statusCode: 302 };
  const rules = [{ ...match(paths.redirect), filters: [{ type: 'RequestRedirect', requestRedirect }] }];
  const route = (...all: readonly object[]): Manifest => ({
    apiVersion: `${group}/v1`,
    kind: 'HTTPRoute',
    metadata,
    spec: { parentRefs: [{ name: 'gw', namespace: application }], rules: all },
  });
  if (!pod) return [route(...rules)];
  const { address, port } = pod;
  return [
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: 80, targetPort: port }] } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': metadata.name } },
      addressType: 'IPv4',
      ports: [{ name: '', port, protocol: 'TCP' }],
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
    },
    route(...rules, { ...match(paths.pod), backendRefs: [{ name: 'served', port: 80 }] }),
  ];
}
