/** Servers of a pool from a Service's EndpointSlices (discovery/v1), for service type ClusterIP and headless Services. */
import { isIP } from 'node:net';
import { compareText, list, portNumber, text } from '../../values/read.ts';
import type { Endpoint } from '../result/routed-backend.ts';
import type { EndpointSlice, Service, ServicePort } from '../snapshot.ts';

/** An endpoint of a slice, as it is served. */
export type SliceEndpoint = NonNullable<EndpointSlice['endpoints']>[number];

/** Where the controller reaches an endpoint. */
export type Reached = Pick<Endpoint, 'address' | 'family' | 'port'>;

/** Another way than its own address to an endpoint, of which the port is given; undefined where there is none (yet). */
export type Reach = (slice: EndpointSlice, endpoint: SliceEndpoint, port: number) => Reached | undefined;

/** How an endpoint takes part: `draining` ones serve only while nothing is ready. */
type Readiness = 'ready' | 'draining' | 'unready';

/**
 * All endpoints behind a port of a Service, sorted by address and port, without duplicates. Ready ones are enabled;
 * while there is none, those that still serve although they terminate; all others are known but disabled.
 */
export function podEndpoints(
  service: Service,
  port: ServicePort,
  slices: readonly EndpointSlice[],
  reach: Reach = itself,
): readonly Endpoint[] {
  const publishNotReady = service.spec?.publishNotReadyAddresses === true;
  const found = slices.flatMap((slice) => sliceEndpoints(slice, port, publishNotReady, reach));
  const anyReady = found.some((entry) => entry.readiness === 'ready');
  const byServer = new Map<string, Endpoint>();
  for (const { endpoint, readiness } of found) {
    const enabled = readiness === 'ready' || (readiness === 'draining' && !anyReady);
    const key = `${endpoint.address} ${endpoint.port}`;
    const known = byServer.get(key);
    if (!known || (enabled && !known.enabled)) byServer.set(key, { ...endpoint, enabled });
  }
  return [...byServer.values()].sort(compareEndpoints);
}

/** Names of the nodes that have a ready endpoint of the Service. */
export function nodesWithReadyEndpoints(slices: readonly EndpointSlice[]): ReadonlySet<string> {
  const ready = slices
    .flatMap((slice) => list(slice.endpoints))
    .filter((endpoint) => readinessOf(endpoint, false) === 'ready');
  return new Set(ready.flatMap((endpoint) => endpoint.nodeName ?? []));
}

/** Order of servers in a pool. */
export function compareEndpoints(a: Endpoint, b: Endpoint): number {
  return compareText(a.address, b.address) || a.port - b.port;
}

/** The address with its family; undefined for what is no IP address. */
export function addressFamily(address: unknown): Endpoint['family'] | undefined {
  const version = typeof address === 'string' ? isIP(address) : 0;
  return version === 0 ? undefined : version === 4 ? 'V4' : 'V6';
}

/** "Consumers must handle … only the first" address: the others are alternatives of the same endpoint. */
function itself(_: EndpointSlice, endpoint: SliceEndpoint, port: number): Reached | undefined {
  const address = text(list(endpoint.addresses)[0]);
  const family = addressFamily(address);
  return address !== undefined && family ? { address, family, port } : undefined;
}

function sliceEndpoints(slice: EndpointSlice, port: ServicePort, publishNotReady: boolean, reach: Reach) {
  const number = slicePort(slice, port);
  if (number === undefined || slice.addressType === 'FQDN') return [];
  return list(slice.endpoints).flatMap((endpoint) => {
    const reached = reach(slice, endpoint, number);
    if (!reached) return [];
    const nodeName = text(endpoint.nodeName);
    const server = { ...reached, enabled: false, ...(nodeName === undefined ? {} : { nodeName }) };
    return [{ endpoint: server, readiness: readinessOf(endpoint, publishNotReady) }];
  });
}

/** The slice's port of the same name; slices made by hand may be unnamed and match by number. */
function slicePort(slice: EndpointSlice, port: ServicePort): number | undefined {
  const protocol = port.protocol ?? 'TCP';
  const ports = list(slice.ports).filter((entry) => (entry.protocol ?? 'TCP') === protocol);
  const named = ports.find((entry) => (entry.name ?? '') === (port.name ?? ''));
  const target = typeof port.targetPort === 'number' ? port.targetPort : port.port;
  if (named) return portNumber(named.port ?? target);
  return portNumber(ports.find((entry) => entry.port === target)?.port);
}

/** "nil should be interpreted as true" for ready; serving follows ready when it is absent. */
function readinessOf(endpoint: SliceEndpoint, publishNotReady: boolean): Readiness {
  const ready = endpoint.conditions?.ready ?? true;
  const serving = endpoint.conditions?.serving ?? ready;
  const terminating = endpoint.conditions?.terminating ?? false;
  if (ready || publishNotReady) return 'ready';
  return serving && terminating ? 'draining' : 'unready';
}
