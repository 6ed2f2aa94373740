/** The engine against the simulated controller, fed with Kubernetes objects by hand. */
import document from '../../generated/avi.schema.json' with { type: 'json' };
import type { Gateway, GatewayClass, HTTPRoute } from '../../generated/gateway-api.ts';
import { createAviClient, type AviClient, type AviClientOptions } from '../../src/avi/client.ts';
import { createInventory } from '../../src/avi/inventory.ts';
import { createClusterState, type ClusterState } from '../../src/cluster/state.ts';
import type { WatchedKind, WatchedObjects } from '../../src/cluster/kinds.ts';
import { createEngine, type Engine, type EngineDeps } from '../../src/loop/engine.ts';
import { ownIdentity } from '../../src/plan/inventory/identity.ts';
import { aviSchema } from '../../src/plan/content/schema.ts';
import { keyOf } from '../../src/routing/snapshot.ts';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/simulator.ts';
import type { StatusUpdate } from '../../src/status/update.ts';
import type { VipNetwork } from '../../src/translate/settings.ts';
import { silentLogger } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

export const controllerName = 'ako.vmware.com/avi-lb';

export function gatewayClass(name = 'avi-lb', controller = controllerName): GatewayClass {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GatewayClass',
    metadata: { name, generation: 1 },
    spec: { controllerName: controller },
  };
}

export function gateway(
  name: string,
  hostname?: string,
  more: { namespace?: string; created?: string; className?: string } = {},
): Gateway {
  const { namespace = 'default', created = '2026-01-01T00:00:00Z', className = 'avi-lb' } = more;
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name, namespace, generation: 1, creationTimestamp: created },
    spec: {
      gatewayClassName: className,
      listeners: [
        {
          name: 'http',
          port: 80,
          protocol: 'HTTP',
          ...(hostname !== undefined && { hostname }),
          allowedRoutes: { namespaces: { from: 'Same' } },
        },
      ],
    },
  };
}

/** A route to Services of the same names as the paths' backends. */
export function httpRoute(
  name: string,
  parents: readonly string[],
  paths: Readonly<Record<string, string>>,
  hostnames: readonly string[] = [],
): HTTPRoute {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name, namespace: 'default', generation: 1, creationTimestamp: '2026-01-02T00:00:00Z' },
    spec: {
      parentRefs: parents.map((parent) => ({ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: parent })),
      hostnames: [...hostnames],
      rules: Object.entries(paths).map(([path, service]) => ({
        matches: [{ path: { type: 'Exact', value: path } }],
        backendRefs: [{ group: '', kind: 'Service', name: service, port: 80, weight: 1 }],
      })),
    },
  };
}

export interface Harness {
  readonly simulator: Simulator;
  readonly state: ClusterState;
  readonly engine: Engine;
  readonly client: AviClient;
  readonly submitted: StatusUpdate[];
  /** `Kind/namespace/name true` or `false`, each time that a finalizer is decided. */
  readonly finalizers: string[];
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly held: string[];
  leader: boolean;
  put<K extends WatchedKind>(kind: K, ...objects: readonly WatchedObjects[K][]): void;
  /** A Service with these pod addresses. */
  service(name: string, addresses: readonly string[]): void;
  /** The latest status of an object. */
  status(kind: string, name: string): Readonly<Record<string, unknown>> | undefined;
  /** `type name` of our objects on the controller. */
  names(): readonly string[];
  /** `METHOD type` of the writes since the last call. */
  writes(): readonly string[];
  close(): Promise<void>;
}

export interface HarnessOptions {
  readonly simulator?: Simulator;
  readonly simulatorOptions?: SimulatorOptions;
  readonly deps?: Partial<EngineDeps>;
  readonly client?: Partial<AviClientOptions>;
  readonly state?: ClusterState;
  readonly leader?: boolean;
  readonly vipNetworks?: readonly VipNetwork[];
  /** Default `c1`. */
  readonly clusterName?: string;
  /** Of the GatewayClasses that are this engine's; default `controllerName`. */
  readonly controllerName?: string;
  /** As in the settings of the translation; true by default. */
  readonly trustChildOrder?: boolean;
}

/** Starts nothing in the engine: put objects, then call `engine.start()`. */
export async function createHarness(options: HarnessOptions = {}): Promise<Harness> {
  const simulator = options.simulator ?? (await startSimulator({ dataPlane: false, ...options.simulatorOptions }));
  const state = options.state ?? createClusterState([]);
  const metrics = createMetrics();
  const client = createAviClient({
    addresses: [simulator.url],
    credentials: () => ({ username: simulator.username, password: simulator.password }),
    tls: { ca: simulator.ca },
    onCall: (report) => metrics.apiCall(report),
    retry: { attempts: 4, baseMs: 1, capMs: 2, longestRetryAfterMs: 5_000 },
    ...options.client,
  });
  const clusterName = options.clusterName ?? 'c1';
  const identity = ownIdentity(clusterName);
  const submitted: StatusUpdate[] = [];
  const finalizers: string[] = [];
  let seen = 0;
  const harness = { leader: options.leader ?? true };
  /** As the API server would: the next status is computed from this one. */
  const write = (update: StatusUpdate): void => {
    submitted.push(update);
    const object = state.get(update.kind, keyOf(update.metadata));
    if (object) state.put(update.kind, { ...object, status: update.status } as WatchedObjects[typeof update.kind]);
  };
  const engine = createEngine({
    state,
    settings: {
      routing: {
        controllerName: options.controllerName ?? controllerName,
        ownership: { scope: 'Namespace', wildcards: 'exclusive' },
        serviceType: 'ClusterIP',
        defaultTenant: 'admin',
        dnsDomains: [],
      },
      translate: {
        clusterName,
        cloud: 'Default-Cloud',
        cloudType: 'CLOUD_NONE',
        seGroup: 'Default-Group',
        vrf: 'global',
        vipType: 'private',
        vipNetworks: options.vipNetworks ?? [{ networkName: 'net-vip', cidr: '127.10.0.0/24' }],
        nodeNetworks: [],
        enableRHI: false,
        enablePublicIP: false,
        dnsDomains: [],
        trustChildOrder: options.trustChildOrder ?? true,
      },
    },
    client,
    inventory: createInventory({ client, identity, tenants: ['*'], defaultTenant: 'admin' }),
    identity,
    schema: aviSchema(document),
    statuses: {
      submit: (updates) => updates.forEach(write),
      setClassInUse: () => undefined,
      setFinalizer: (kind, key, wanted) => void finalizers.push(`${kind}/${key} ${wanted}`),
    },
    events: { emit: () => undefined },
    logger: silentLogger(),
    metrics,
    isLeader: () => harness.leader,
    bundleVersion: () => 'v1.7.0',
    drift: { mode: 'off', intervalMs: 1_000_000 },
    guard: { percent: 30, minimum: 10 },
    random: () => 0.01,
    graceMs: 0,
    unseenSettleMs: 0,
    ...options.deps,
  });
  const ourPrefix = `ako-gw-${clusterName}--`;
  const mine = (): readonly string[] =>
    ['sslkeyandcertificate', 'pool', 'poolgroup', 'httppolicyset', 'vsdatascriptset', 'vsvip', 'virtualservice']
      .flatMap((type) => simulator.store.list(type))
      .filter((object) => object.name.startsWith(ourPrefix))
      .map((object) => `${object.type} ${object.name}`)
      .sort();
  return Object.assign(harness, {
    simulator,
    state,
    engine,
    client,
    submitted,
    finalizers,
    metrics,
    held: [],
    put: <K extends WatchedKind>(kind: K, ...objects: readonly WatchedObjects[K][]) => {
      for (const object of objects) state.put(kind, object);
    },
    service: (name: string, addresses: readonly string[]) => {
      const metadata = { name, namespace: 'default' };
      state.put('Service', {
        metadata,
        spec: { type: 'ClusterIP', clusterIP: '10.96.0.1', ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }] },
      });
      state.put('EndpointSlice', {
        metadata: { ...metadata, labels: { 'kubernetes.io/service-name': name } },
        addressType: 'IPv4',
        ports: [{ port: 8080, protocol: 'TCP' }],
        endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true, serving: true } })),
      });
    },
    status: (kind: string, name: string) =>
      submitted.findLast((update) => update.kind === kind && keyOf(update.metadata) === name)?.status,
    names: mine,
    writes: () => {
      const all = simulator.stats.read().writes.filter((write) => write.path !== '/logout');
      const fresh = all.slice(seen).map((write) => `${write.method} ${write.type}`);
      seen = all.length;
      return fresh;
    },
    close: async () => {
      await engine.stop();
      await client.close();
      if (!options.simulator) await simulator.close();
    },
  });
}

/** `type=status/reason` of conditions. */
export function conditions(status: Readonly<Record<string, unknown>> | undefined): readonly string[] {
  const list = (status?.conditions ?? []) as readonly { type: string; status: string; reason: string }[];
  return list.map(({ type, status: value, reason }) => `${type}=${value}/${reason}`);
}

/** What of ours is on a controller, without what differs from run to run. */
export function controllerContent(simulator: Simulator): string {
  const volatile = new Set(['uuid', 'url', '_last_modified', 'ip_address']);
  const objects = ['sslkeyandcertificate', 'pool', 'poolgroup', 'httppolicyset', 'vsvip', 'virtualservice']
    .flatMap((type) => simulator.store.list(type))
    .filter(({ name }) => name.startsWith('ako-gw-c1--'))
    .map(({ type, name, body }) => ({ type, name, body }))
    .sort((a, b) => (a.type + a.name < b.type + b.name ? -1 : 1));
  const withoutUuid = (text: string): string => text.replace(/-[0-9a-f]{8}-[0-9a-f-]{27}/g, '');
  return JSON.stringify(objects, (key, value: unknown) =>
    volatile.has(key) ? undefined : typeof value === 'string' ? withoutUuid(value) : value,
  );
}
