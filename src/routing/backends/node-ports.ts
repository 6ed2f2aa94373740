/** Servers of a pool for service type NodePort: the nodes' addresses with the Service's node port. */
import { addressFamily, compareEndpoints, nodesWithReadyEndpoints } from './endpoints.ts';
import { list, portNumber } from '../../values/read.ts';
import type { Endpoint } from '../result/routed-backend.ts';
import type { RoutingSettings } from '../settings.ts';
import type { EndpointSlice, Node, Service, ServicePort, Snapshot } from '../snapshot.ts';

/** Sorted by address and port. Empty for a Service without node port (type ClusterIP). */
export function nodeEndpoints(
  service: Service,
  port: ServicePort,
  slices: readonly EndpointSlice[],
  nodes: Snapshot['nodes'],
  nodeSelector: RoutingSettings['nodeSelector'],
): readonly Endpoint[] {
  const number = portNumber(port.nodePort);
  if (number === undefined) return [];
  const family = addressFamily(service.spec?.clusterIP);
  // With the policy Local a node without endpoints drops the connection.
  const local = service.spec?.externalTrafficPolicy === 'Local' ? nodesWithReadyEndpoints(slices) : undefined;
  const endpoints: Endpoint[] = [];
  for (const [name, node] of nodes) {
    if (!isReady(node) || (local && !local.has(name)) || !isSelected(node, nodeSelector)) continue;
    const address = internalAddress(node, family);
    if (address) endpoints.push({ ...address, port: number, enabled: true, nodeName: name });
  }
  return endpoints.sort(compareEndpoints);
}

function isReady(node: Node): boolean {
  return list(node.status?.conditions).some((condition) => condition.type === 'Ready' && condition.status === 'True');
}

function isSelected(node: Node, selector: RoutingSettings['nodeSelector']): boolean {
  return !selector || node.metadata?.labels?.[selector.key] === selector.value;
}

/** The node's first InternalIP of the Service's family, else its first of any. */
function internalAddress(
  node: Node,
  wanted: Endpoint['family'] | undefined,
): Pick<Endpoint, 'address' | 'family'> | undefined {
  const addresses = list(node.status?.addresses).flatMap(({ type, address }) => {
    const family = type === 'InternalIP' ? addressFamily(address) : undefined;
    return family ? [{ address, family }] : [];
  });
  return addresses.find((entry) => entry.family === wanted) ?? addresses[0];
}
