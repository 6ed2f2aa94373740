import { readdirSync, readFileSync } from 'node:fs';
import { ApiException, CustomObjectsApi } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { admit } from '../../../src/cluster/admission.ts';
import { discover } from '../../../src/cluster/discovery.ts';
import { loadKubeConfig, type PooledKubeConfig } from '../../../src/cluster/kube-config.ts';
import { kindsFor } from '../../../src/cluster/kinds.ts';
import { createClusterState, type ClusterState } from '../../../src/cluster/state.ts';
import { createTransport } from '../../../src/cluster/transport.ts';
import { startLeaderElection, type LeaderElection } from '../../../src/loop/leader.ts';
import { GatewayOperator } from '../../../src/operator.ts';
import { keyOf } from '../../../src/routing/snapshot.ts';
import { classFinalizer, createStatusWriter } from '../../../src/status/write.ts';
import type { StatusUpdate } from '../../../src/status/update.ts';
import { createEvents } from '../../../src/telemetry/events.ts';
import { silentLogger } from '../../../src/telemetry/log.ts';
import { eventually } from '../eventually.ts';
import { startControlPlane, type ControlPlane } from '../tools/control-plane.ts';
import { makePki } from '../tools/pki.ts';

// Waits end by themselves and say what they waited for; a busy machine may need long.
jest.setTimeout(60_000);

const minutes = 60_000;
const group = 'gateway.networking.k8s.io';
const controllerName = 'ako.vmware.com/avi-lb';

let cluster: ControlPlane;
let kubeConfig: PooledKubeConfig;
let state: ClusterState;
let operator: GatewayOperator;
let marked: string[] = [];
const failures: string[] = [];

const gateway = (name: string, listener: object = {}) => ({
  apiVersion: `${group}/v1`,
  kind: 'Gateway',
  metadata: { name, namespace: 'default' },
  spec: { gatewayClassName: 'avi-lb', listeners: [{ name: 'http', port: 80, protocol: 'HTTP', ...listener }] },
});
/** A route of the Gateway `gw` to the Service `web`. */
const web = {
  apiVersion: `${group}/v1`,
  kind: 'HTTPRoute',
  metadata: { name: 'web', namespace: 'default' },
  spec: { parentRefs: [{ name: 'gw' }], rules: [{ backendRefs: [{ name: 'web', port: 443 }] }] },
};
const apply = (...objects: object[]) =>
  cluster.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));

beforeAll(async () => {
  cluster = await startControlPlane([
    '--feature-gates=ClusterTrustBundle=true',
    '--runtime-config=certificates.k8s.io/v1beta1/clustertrustbundles=true',
  ]);
  kubeConfig = loadKubeConfig(cluster.adminKubeconfigPath);
  state = createClusterState(kindsFor({ serviceType: 'ClusterIP' }));
  await apply({
    apiVersion: `${group}/v1`,
    kind: 'GatewayClass',
    metadata: { name: 'avi-lb' },
    spec: { controllerName },
  });
  const started = Promise.withResolvers<void>();
  operator = new GatewayOperator({
    kubeConfig,
    logger: silentLogger(),
    state,
    marks: { mark: (gateways) => void marked.push(...gateways), markClass: () => undefined },
    settings: { controllerName, serviceType: 'ClusterIP' },
    isOwnStatus: () => false,
    onStarted: started.resolve,
    discoveryMs: 300,
  });
  await operator.start();
  await started.promise;
}, 3 * minutes);

afterAll(async () => {
  operator?.stop();
  await kubeConfig?.close();
  await cluster?.stop();
}, minutes);

describe('watching a real API server', () => {
  it('discovers what is served and which bundle it is of', async () => {
    const { served, bundleVersion } = await discover(
      createTransport(kubeConfig),
      AbortSignal.timeout(10_000),
      kindsFor({ serviceType: 'ClusterIP' }),
    );
    expect([...served.values()].map(({ kind, version }) => `${kind} ${version}`).sort()).toEqual([
      'BackendTLSPolicy v1',
      'ClusterTrustBundle v1beta1',
      'ConfigMap v1',
      'EndpointSlice v1',
      'GRPCRoute v1',
      'Gateway v1',
      'GatewayClass v1',
      'HTTPRoute v1',
      'ListenerSet v1',
      'Namespace v1',
      'Node v1',
      'ReferenceGrant v1',
      'Secret v1',
      'Service v1',
      'TCPRoute v1',
      'TLSRoute v1',
      'UDPRoute v1',
    ]);
    expect(bundleVersion).toMatch(/^v1\.7\./);
    expect(state.complete()).toBe(true);
  });

  it('follows objects, and only the Secrets that Gateways name', async () => {
    const secret = (name: string) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: 'default' },
      stringData: { a: 'b' },
    });
    await apply(secret('named'), secret('unnamed'));
    await apply(gateway('gw', { port: 443, protocol: 'HTTPS', tls: { certificateRefs: [{ name: 'named' }] } }));
    await eventually(() => expect([...state.snapshot().secrets.keys()]).toEqual(['default/named']));
    await eventually(() => expect(marked).toContain('default/gw'));
    expect(state.get('Gateway', 'default/gw')?.metadata).not.toHaveProperty('managedFields');

    marked = [];
    await cluster.kubectl(['patch', 'secret', 'named', '--type=merge', '-p', '{"stringData":{"a":"c"}}']);
    await eventually(() => expect(marked).toContain('default/gw'));
    await apply(gateway('gw'));
    await eventually(() => expect(state.snapshot().secrets.size).toBe(0));
  });

  it(
    'has the truth after the API server was away while objects changed',
    async () => {
      await apply(gateway('stays'), gateway('goes'), gateway('changes'));
      await eventually(() => expect(state.get('Gateway', 'default/goes')).toBeDefined());
      await cluster.restartApiServer();
      await cluster.kubectl(['delete', 'gateway', 'goes']);
      await apply(gateway('changes', { port: 8080 }), gateway('comes'));
      await eventually(() => {
        expect([...state.snapshot().gateways.keys()].sort()).toEqual([
          'default/changes',
          'default/comes',
          'default/gw',
          'default/stays',
        ]);
        expect(state.get('Gateway', 'default/changes')?.spec.listeners[0]?.port).toBe(8080);
      }, 40_000);
    },
    2 * minutes,
  );

  it(
    'switches a kind off when its CRD goes and on when it comes',
    async () => {
      const name = `referencegrants.${group}`;
      const definition = await cluster.kubectl(['get', 'crd', name, '-o', 'json']);
      await cluster.kubectl(['delete', 'crd', name]);
      await eventually(() => expect(state.source('ReferenceGrant')).toBe('absent'));
      expect(state.started()).toBe(true);
      expect(state.complete()).toBe(false);
      await cluster.kubectl(['apply', '--server-side', '-f', '-'], cleaned(definition));
      await eventually(() => expect(state.complete()).toBe(true), 20_000);
    },
    minutes,
  );

  it.each([
    {
      kind: 'ListenerSet' as const,
      plural: 'listenersets',
      spec: {
        parentRef: { name: 'gw' },
        listeners: [{ name: 'more', port: 8080, protocol: 'HTTP' }],
      },
    },
    {
      kind: 'BackendTLSPolicy' as const,
      plural: 'backendtlspolicies',
      spec: {
        targetRefs: [{ group: '', kind: 'Service', name: 'web' }],
        validation: { hostname: 'web.example', wellKnownCACertificates: 'System' },
      },
    },
  ])(
    'does without $kind while its CRD is away, and takes its objects up again without a restart',
    async ({ kind, plural, spec }) => {
      await apply(gateway('gw'), web);
      const object = { apiVersion: `${group}/v1`, kind, metadata: { name: 'late', namespace: 'default' }, spec };
      await apply(object);
      await eventually(() => expect(state.get(kind, 'default/late')).toBeDefined());
      const name = `${plural}.${group}`;
      const definition = await cluster.kubectl(['get', 'crd', name, '-o', 'json']);
      marked = [];
      await cluster.kubectl(['delete', 'crd', name]);
      await eventually(() => expect(state.source(kind)).toBe('absent'), 20_000);

      await cluster.kubectl(['apply', '--server-side', '-f', '-'], cleaned(definition));
      await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', name]);
      await eventually(() => expect(state.synced(kind)).toBe(true), 20_000);
      await eventually(() => expect(state.get(kind, 'default/late')).toBeUndefined());
      marked = [];
      await apply(object);
      await eventually(() => expect(state.get(kind, 'default/late')?.spec).toMatchObject(spec));
      await eventually(() => expect(marked).toContain('default/gw'));
      await cluster.kubectl(['delete', plural, 'late']);
    },
    2 * minutes,
  );

  it('follows ClusterTrustBundles for the policies of backends that name them', async () => {
    const authorities = [await makePki(), await makePki()];
    const bundle = (trustBundle: string) => ({
      apiVersion: 'certificates.k8s.io/v1beta1',
      kind: 'ClusterTrustBundle',
      metadata: { name: 'roots' },
      spec: { trustBundle },
    });
    const caCertificateRefs = [{ group: 'certificates.k8s.io', kind: 'ClusterTrustBundle', name: 'roots' }];
    await apply(gateway('gw'), web, {
      apiVersion: `${group}/v1`,
      kind: 'BackendTLSPolicy',
      metadata: { name: 'trusting', namespace: 'default' },
      spec: {
        targetRefs: [{ group: '', kind: 'Service', name: 'web' }],
        validation: { hostname: 'web.example', caCertificateRefs },
      },
    });
    await eventually(() => expect(state.get('BackendTLSPolicy', 'default/trusting')).toBeDefined());
    for (const { caCertificate } of authorities) {
      marked = [];
      await apply(bundle(caCertificate));
      await eventually(() => {
        const held = state.snapshot().clusterTrustBundles.get('roots')?.spec?.trustBundle;
        expect(held?.trim()).toBe(caCertificate.trim());
        expect(marked).toContain('default/gw');
      });
    }
    marked = [];
    await cluster.kubectl(['delete', 'clustertrustbundle', 'roots']);
    await eventually(() => expect(state.snapshot().clusterTrustBundles.size).toBe(0));
    await eventually(() => expect(marked).toContain('default/gw'));
    // What follows creates objects of such names in a dry run.
    await cluster.kubectl(['delete', 'gateway,httproute,backendtlspolicy', '--all', '--namespace=default']);
  });
});

/** A CRD as it can be applied again. */
function cleaned(text: string): string {
  const { apiVersion, kind, metadata, spec } = JSON.parse(text) as {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: { readonly name: string; readonly annotations: Readonly<Record<string, string>> };
    readonly spec: unknown;
  };
  const { name, annotations } = metadata;
  return JSON.stringify({ apiVersion, kind, metadata: { name, annotations }, spec });
}

describe('writing to a real API server', () => {
  const condition = (type: string, message: string) => ({
    type,
    status: 'True',
    reason: 'Test',
    message,
    lastTransitionTime: '2026-01-01T00:00:00Z',
    observedGeneration: 1,
  });
  const update = (name: string, status: object): StatusUpdate => ({
    apiVersion: `${group}/v1`,
    kind: 'Gateway',
    metadata: { namespace: 'default', name },
    status: { ...status },
  });
  const statusOf = async (name: string) =>
    JSON.parse(await cluster.kubectl(['get', 'gateway', name, '-o', 'jsonpath={.status}'])) as Record<string, unknown>;
  const writer = () =>
    createStatusWriter({
      kubeConfig,
      state,
      controllerName,
      mayWrite: () => true,
      onFailure: (resource, error) => void failures.push(`${resource}: ${error.message}`),
    });

  beforeAll(async () => {
    await apply(gateway('status'));
    await eventually(() => expect(state.get('Gateway', 'default/status')).toBeDefined());
  });

  it('writes a status once, takes away what is gone, and knows its own', async () => {
    const statuses = writer();
    const first = { conditions: [condition('Accepted', 'one')], addresses: [{ type: 'IPAddress', value: '10.0.0.1' }] };
    statuses.submit([update('status', first)]);
    await statuses.idle();
    expect(await statusOf('status')).toMatchObject(first);
    await eventually(() =>
      expect(statuses.isOwn('Gateway', 'default/status', state.get('Gateway', 'default/status')?.status)).toBe(true),
    );
    const { resourceVersion } = state.get('Gateway', 'default/status')?.metadata as {
      readonly resourceVersion: string;
    };
    statuses.submit([update('status', first)]);
    await statuses.idle();
    const version = await cluster.kubectl(['get', 'gateway', 'status', '-o', 'jsonpath={.metadata.resourceVersion}']);
    expect(version).toBe(resourceVersion);

    statuses.submit([update('status', { conditions: [condition('Accepted', 'two')] })]);
    await statuses.idle();
    expect(await statusOf('status')).not.toHaveProperty('addresses');
    expect(failures).toEqual([]);
    statuses.stop();
  });

  it('keeps what others wrote, also when they were quicker', async () => {
    const statuses = writer();
    const foreign = {
      status: { conditions: [condition('Accepted', 'two'), condition('example.com/Seen', 'foreign')] },
    };
    const frozen = state.get('Gateway', 'default/status');
    await cluster.kubectl([
      'patch',
      'gateway',
      'status',
      '--subresource=status',
      '--type=merge',
      '-p',
      JSON.stringify(foreign),
    ]);
    // As if the watch were late.
    if (frozen) state.put('Gateway', frozen);
    statuses.submit([update('status', { conditions: [condition('Accepted', 'three')] })]);
    await statuses.idle();
    const { conditions } = (await statusOf('status')) as {
      readonly conditions: readonly { type: string; message: string }[];
    };
    expect(conditions.map(({ type, message }) => `${type} ${message}`).sort()).toEqual([
      'Accepted three',
      'example.com/Seen foreign',
    ]);
    expect(failures).toEqual([]);
    statuses.stop();
  });

  it('gives up on objects that are gone and on statuses that are refused', async () => {
    const statuses = writer();
    const gone = {
      ...gateway('gone'),
      metadata: { name: 'gone', namespace: 'default', uid: 'u', resourceVersion: '1' },
    };
    state.put('Gateway', gone as unknown as Parameters<typeof state.put<'Gateway'>>[1]);
    statuses.submit([
      update('gone', { conditions: [condition('Accepted', 'x')] }),
      update('status', { conditions: [{ type: 'Accepted' }] }),
    ]);
    await statuses.idle();
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatch(/^Gateway\/default\/status: 422 /);
    state.remove('Gateway', 'default/gone');
    failures.length = 0;
    statuses.stop();
  });

  it('keeps a class while it is in use', async () => {
    const statuses = writer();
    const finalizers = () =>
      cluster.kubectl(['get', 'gatewayclass', 'avi-lb', '-o', 'jsonpath={.metadata.finalizers}']);
    statuses.setClassInUse('avi-lb', true);
    await statuses.idle();
    expect(await finalizers()).toBe(`["${classFinalizer}"]`);
    statuses.setClassInUse('avi-lb', false);
    await statuses.idle();
    expect(await finalizers()).toBe('');
    statuses.stop();
  });

  it('tells users by Events, each thing once', async () => {
    const errors: Error[] = [];
    const events = createEvents({
      kubeConfig,
      controllerName,
      instance: 'test',
      uidOf: ({ namespace = '', name }) => state.get('Gateway', keyOf({ namespace, name }))?.metadata?.uid,
      mayWrite: () => true,
      onFailure: (error) => void errors.push(error),
    });
    const regarding = { apiVersion: `${group}/v1`, kind: 'Gateway', namespace: 'default', name: 'status' };
    const event = { type: 'Warning', reason: 'CertificateExpired', message: 'It is over', regarding } as const;
    events.emit([event, event]);
    events.emit([event]);
    await eventually(async () => {
      const described = await cluster.kubectl(['describe', 'gateway', 'status']);
      expect(described.match(/CertificateExpired.*It is over/g)).toHaveLength(1);
    }, 10_000);
    expect(errors).toEqual([]);
  });
});

describe('admission of files', () => {
  interface Document {
    readonly apiVersion?: string;
    readonly kind?: string;
    readonly metadata?: { readonly name: string; readonly namespace?: string };
  }

  it(
    'says the same as the API server: what is refused, and what defaults are set',
    async () => {
      const folder = new URL('../../golden/', import.meta.url);
      const cases = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
      const documents = cases
        .flatMap(({ name }) =>
          parseAllDocuments(readFileSync(new URL(`${name}/in.yaml`, folder), 'utf8'), { logLevel: 'silent' }),
        )
        .filter((document) => document.errors.length === 0)
        .map((document) => document.toJS() as Document | null)
        .filter((value) => value?.apiVersion?.startsWith(`${group}/`) === true && value.metadata !== undefined)
        .map((value) => value as Document);
      const served = documents.filter(({ kind }) =>
        ['GatewayClass', 'Gateway', 'HTTPRoute', 'ReferenceGrant'].includes(kind ?? ''),
      );
      expect(served.length).toBeGreaterThan(80);
      const namespaces = [...new Set(served.flatMap(({ metadata }) => metadata?.namespace ?? []))].filter(
        (name) => name !== 'default',
      );
      await apply(...namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })));

      const differences: string[] = [];
      for (const [index, value] of served.entries()) {
        const mine = admit(value, `document ${index}`, '2026-01-01T00:00:00Z');
        const theirs = await dryRun(value);
        const name = `${value.kind} ${value.metadata?.name.slice(0, 40)}`;
        if ((mine.admitted === undefined) !== (theirs === undefined)) {
          differences.push(`${name}: ${mine.admitted ? 'admitted' : JSON.stringify(mine.problems)} here only`);
        } else if (mine.admitted && theirs) {
          try {
            expect((mine.admitted.object as { readonly spec: unknown }).spec).toEqual(theirs.spec);
          } catch (error) {
            differences.push(`${name}: ${(error as Error).message}`);
          }
        }
      }
      expect(differences).toEqual([]);
    },
    3 * minutes,
  );

  /** The object as the API server would store it; undefined when it refuses it. */
  async function dryRun(value: Document): Promise<{ readonly spec: unknown } | undefined> {
    const { kind = '', metadata, apiVersion = '' } = value;
    const plural = `${kind.toLowerCase()}${kind === 'GatewayClass' ? 'es' : 's'}`;
    const address = { group, version: apiVersion.split('/')[1] ?? '', plural, body: value, dryRun: 'All' };
    const api = kubeConfig.makeApiClient(CustomObjectsApi);
    try {
      const created: unknown =
        kind === 'GatewayClass'
          ? await api.createClusterCustomObject(address)
          : await api.createNamespacedCustomObject({ ...address, namespace: metadata?.namespace ?? 'default' });
      return created as { readonly spec: unknown };
    } catch (error) {
      if (error instanceof ApiException && (error.code === 422 || error.code === 400)) return undefined;
      throw error;
    }
  }
});

describe('leader election by a real Lease', () => {
  const elections: LeaderElection[] = [];
  const elect = (identity: string, log: string[]) => {
    const election = startLeaderElection({
      kubeConfig,
      namespace: 'default',
      name: 'leader',
      identity,
      onStarted: () => void log.push(`${identity} leads`),
      onLost: () => void log.push(`${identity} lost`),
      timings: { leaseMs: 20_000, renewDeadlineMs: 15_000, retryMs: 200, callMs: 5_000 },
    });
    elections.push(election);
    return election;
  };
  afterAll(() => Promise.all(elections.map((election) => election.stop())));

  it('has one leader, and the next as soon as the lease is given back', async () => {
    const log: string[] = [];
    const first = elect('first', log);
    await eventually(() => expect(first.isLeader()).toBe(true));
    const second = elect('second', log);
    await eventually(() => expect(second.holder()).toBe('first'));
    expect(second.isLeader()).toBe(false);
    await first.stop();
    await eventually(() => expect(second.isLeader()).toBe(true), 10_000);
    expect(log).toEqual(['first leads', 'first lost', 'second leads']);
    const lease = await cluster.kubectl(['get', 'lease', 'leader', '-o', 'json']);
    expect(JSON.parse(lease)).toMatchObject({ spec: { holderIdentity: 'second', leaseTransitions: 1 } });
  });
});
