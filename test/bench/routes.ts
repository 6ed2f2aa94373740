/** Manifests of a size that is asked for: one Gateway, and as many routes, each with a Service of its own. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';

function address(index: number): string {
  return `10.244.${Math.floor(index / 250)}.${(index % 250) + 1}`;
}

function routeManifests(index: number): readonly object[] {
  const name = `app-${String(index).padStart(4, '0')}`;
  const metadata = { name, namespace: 'default' };
  return [
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ name: 'http', port: 80, targetPort: 8080 }] } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080 }],
      endpoints: [{ addresses: [address(index)], conditions: { ready: true } }],
    },
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata,
      spec: {
        parentRefs: [{ name: 'load' }],
        hostnames: [`${name}.load.example.test`],
        rules: [{ matches: [{ path: { value: '/' } }], backendRefs: [{ name, port: 80 }] }],
      },
    },
  ];
}

/** Writes the manifests of `routes` routes, a file a route, into a directory. */
export async function writeRoutes(directory: string, routes: number): Promise<void> {
  await mkdir(directory, { recursive: true });
  const gateway = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'load', namespace: 'default' },
    spec: { gatewayClassName: 'avi-lb', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
  };
  await writeFile(join(directory, 'gateway.yaml'), stringify(gateway));
  for (let index = 0; index < routes; index += 1) {
    const text = routeManifests(index)
      .map((object) => stringify(object))
      .join('---\n');
    await writeFile(join(directory, `route-${index}.yaml`), text);
  }
}
