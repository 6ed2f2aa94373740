import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { discover } from '../../../src/cluster/discovery.ts';
import { kindsFor } from '../../../src/cluster/kinds.ts';
import { createTransport } from '../../../src/cluster/transport.ts';
import { eventually } from '../eventually.ts';
import { makePki } from '../tools/pki.ts';
import { gateway, group, startWatchedCluster, type WatchedCluster } from './watched-cluster.ts';

// Waits end by themselves and say what they waited for; a busy machine may need long.
jest.setTimeout(60_000);

const minutes = 60_000;
let watched: WatchedCluster;
let cluster: WatchedCluster['cluster'];
let kubeConfig: WatchedCluster['kubeConfig'];
let state: WatchedCluster['state'];
let marked: WatchedCluster['marked'];
let apply: WatchedCluster['apply'];

/** A route of the Gateway `gw` to the Service `web`. */
const web = {
  apiVersion: `${group}/v1`,
  kind: 'HTTPRoute',
  metadata: { name: 'web', namespace: 'default' },
  spec: { parentRefs: [{ name: 'gw' }], rules: [{ backendRefs: [{ name: 'web', port: 443 }] }] },
};

beforeAll(async () => {
  watched = await startWatchedCluster();
  ({ cluster, kubeConfig, state, marked, apply } = watched);
}, 3 * minutes);

afterAll(() => watched?.stop(), minutes);

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

    marked.length = 0;
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
      marked.length = 0;
      await cluster.kubectl(['delete', 'crd', name]);
      await eventually(() => expect(state.source(kind)).toBe('absent'), 20_000);

      await cluster.kubectl(['apply', '--server-side', '-f', '-'], cleaned(definition));
      await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', name]);
      await eventually(() => expect(state.synced(kind)).toBe(true), 20_000);
      await eventually(() => expect(state.get(kind, 'default/late')).toBeUndefined());
      marked.length = 0;
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
      marked.length = 0;
      await apply(bundle(caCertificate));
      await eventually(() => {
        const held = state.snapshot().clusterTrustBundles.get('roots')?.spec?.trustBundle;
        expect(held?.trim()).toBe(caCertificate.trim());
        expect(marked).toContain('default/gw');
      });
    }
    marked.length = 0;
    await cluster.kubectl(['delete', 'clustertrustbundle', 'roots']);
    await eventually(() => expect(state.snapshot().clusterTrustBundles.size).toBe(0));
    await eventually(() => expect(marked).toContain('default/gw'));
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
