import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ResourceMeta } from '@dot-i/k8s-operator';
import { ReliableOperator } from '../../src/cluster/framework.ts';
import { PooledKubeConfig } from '../../src/cluster/kube-config.ts';
import { kindsFor } from '../../src/cluster/kinds.ts';
import { createClusterState, type ClusterState } from '../../src/cluster/state.ts';
import { GatewayOperator } from '../../src/operator.ts';
import { silentLogger } from '../../src/telemetry/log.ts';
import { eventually } from '../cluster/eventually.ts';

// Waits end by themselves and say what they waited for; a busy machine may need long.
jest.setTimeout(60_000);

const gatewayPath = '/apis/gateway.networking.k8s.io/v1';
const controllerName = 'ako.vmware.com/avi-lb';

/** What the API server answers: an object by path, a status code, or nothing at all. Watches stay open. */
let answers: Record<string, unknown> = {};
let down = false;
let server: Server;
let watched: string[] = [];
let ended: string[] = [];
let operator: { stop(): void } | undefined;

const list = (...items: readonly object[]) => ({ metadata: { resourceVersion: '1' }, items });
const names = (...plurals: readonly string[]) => ({ resources: plurals.map((name) => ({ name, namespaced: true })) });
const item = (name: string, spec: object, namespace?: string) => ({
  metadata: { name, ...(namespace ? { namespace } : {}), uid: name, resourceVersion: '1' },
  spec,
});

beforeEach(async () => {
  down = false;
  watched = [];
  ended = [];
  answers = {
    [gatewayPath]: names('gatewayclasses', 'gateways', 'httproutes'),
    '/apis/gateway.networking.k8s.io/v1beta1': names('gatewayclasses', 'referencegrants'),
    '/apis/discovery.k8s.io/v1': names('endpointslices'),
    [`${gatewayPath}/gatewayclasses`]: list(item('avi-lb', { controllerName })),
    [`${gatewayPath}/gateways`]: list(
      item(
        'gw',
        { gatewayClassName: 'avi-lb', listeners: [{ name: 'l', tls: { certificateRefs: [{ name: 'tls' }] } }] },
        'infra',
      ),
    ),
    '/api/v1/namespaces/infra/secrets': list(),
  };
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://fake');
    if (down) {
      response.writeHead(503).end('{}');
      return;
    }
    if (url.searchParams.has('watch')) {
      watched.push(url.pathname);
      response.on('close', () => ended.push(url.pathname));
      response.writeHead(200).flushHeaders();
      return;
    }
    const answer = answers[url.pathname] ?? (url.searchParams.has('limit') ? list() : 404);
    response.writeHead(typeof answer === 'number' ? answer : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(typeof answer === 'number' ? { kind: 'Status', code: answer } : answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  operator?.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function kubeConfig(): PooledKubeConfig {
  const config = new PooledKubeConfig();
  const { port } = server.address() as AddressInfo;
  config.loadFromClusterAndUser(
    { name: 'fake', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
    { name: 'nobody' },
  );
  return config;
}

function start() {
  const state = createClusterState(kindsFor({ serviceType: 'ClusterIP' }));
  const seen = { started: 0, bundles: [] as (string | undefined)[], marked: [] as string[] };
  const made = new GatewayOperator({
    kubeConfig: kubeConfig(),
    logger: silentLogger(),
    state,
    marks: { mark: (gateways) => void seen.marked.push(...gateways), markClass: () => undefined },
    settings: { controllerName, serviceType: 'ClusterIP' },
    isOwnStatus: () => false,
    onStarted: () => void (seen.started += 1),
    onDiscovery: ({ bundleVersion }) => void seen.bundles.push(bundleVersion),
    timings: { backoffMs: [5, 20] },
    discoveryMs: 30,
  });
  operator = made;
  return { state, seen, operator: made };
}

const startedOnce = (seen: { readonly started: number }) => eventually(() => expect(seen.started).toBe(1));

describe('operator', () => {
  it('watches each kind in the version that is served, and starts once', async () => {
    const { state, seen, operator: made } = start();
    await made.start();
    await startedOnce(seen);
    expect(state.complete()).toBe(true);
    expect(seen.bundles).toEqual([undefined]);
    await eventually(() =>
      expect(watched.toSorted()).toEqual([
        '/api/v1/namespaces',
        '/api/v1/namespaces/infra/secrets',
        '/api/v1/nodes',
        '/api/v1/services',
        '/apis/discovery.k8s.io/v1/endpointslices',
        '/apis/gateway.networking.k8s.io/v1/gatewayclasses',
        '/apis/gateway.networking.k8s.io/v1/gateways',
        '/apis/gateway.networking.k8s.io/v1/httproutes',
        '/apis/gateway.networking.k8s.io/v1beta1/referencegrants',
      ]),
    );
  });

  it('waits for an API server that is not there yet', async () => {
    down = true;
    const { seen, operator: made } = start();
    const starting = made.start();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(seen.bundles).toEqual([]);
    down = false;
    await starting;
    await startedOnce(seen);
  });

  it('does not start, and marks no Gateway, before it is known whether its Secret exists', async () => {
    answers['/api/v1/namespaces/infra/secrets'] = 500;
    const { state, seen, operator: made } = start();
    await made.start();
    const others = (known: ClusterState) =>
      known.synced('Gateway') && known.synced('GatewayClass') && known.synced('Node');
    await eventually(() => expect(others(state)).toBe(true));
    expect(seen).toMatchObject({ started: 0, marked: [] });
    answers['/api/v1/namespaces/infra/secrets'] = list();
    await startedOnce(seen);
    expect(seen.marked).toEqual(['infra/gw']);
  });

  it('takes a Secret that it may not read for one that is not there', async () => {
    answers['/api/v1/namespaces/infra/secrets'] = 403;
    const { seen, operator: made } = start();
    await made.start();
    await startedOnce(seen);
    expect(seen.marked).toEqual(['infra/gw']);
  });

  it('starts without a CRD, is then not complete, and takes it up when it comes', async () => {
    answers[gatewayPath] = names('gatewayclasses', 'gateways');
    const { state, seen, operator: made } = start();
    await made.start();
    await startedOnce(seen);
    expect(state.source('HTTPRoute')).toBe('absent');
    expect(state.complete()).toBe(false);
    answers[gatewayPath] = names('gatewayclasses', 'gateways', 'httproutes');
    await eventually(() => expect(state.complete()).toBe(true));
    expect(seen.started).toBe(1);
  });

  it('finds out what went while a CRD was away', async () => {
    const route = (name: string) => item(name, { parentRefs: [{ name: 'gw' }] }, 'infra');
    answers[`${gatewayPath}/httproutes`] = list(route('stays'), route('goes'));
    const { state, seen, operator: made } = start();
    await made.start();
    await startedOnce(seen);
    answers[gatewayPath] = names('gatewayclasses', 'gateways');
    await eventually(() => expect(state.source('HTTPRoute')).toBe('absent'));
    expect([...state.snapshot().httpRoutes.keys()]).toEqual(['infra/stays', 'infra/goes']);
    answers[`${gatewayPath}/httproutes`] = list(route('stays'));
    answers[gatewayPath] = names('gatewayclasses', 'gateways', 'httproutes');
    await eventually(() => expect(state.complete()).toBe(true));
    expect([...state.snapshot().httpRoutes.keys()]).toEqual(['infra/stays']);
  });

  it('takes a CRD that is being deleted for one that is away, and keeps its objects', async () => {
    answers[`${gatewayPath}/httproutes`] = list(item('stays', { parentRefs: [{ name: 'gw' }] }, 'infra'));
    const { state, seen, operator: made } = start();
    await made.start();
    await startedOnce(seen);
    const [route, ...others] = names('httproutes', 'gatewayclasses', 'gateways').resources;
    answers[gatewayPath] = { resources: [{ ...route, verbs: ['delete', 'get', 'list', 'watch'] }, ...others] };
    await eventually(() => expect(state.source('HTTPRoute')).toBe('absent'));
    expect([...state.snapshot().httpRoutes.keys()]).toEqual(['infra/stays']);
  });

  it('does not take a discovery that fails for CRDs that went away', async () => {
    const { state, seen, operator: made } = start();
    await made.start();
    await startedOnce(seen);
    answers[gatewayPath] = 503;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(state.complete()).toBe(true);
    expect(seen.bundles).toHaveLength(1);
  });
});

/** Lets the tests call what the framework gives to subclasses. */
class Probe extends ReliableOperator {
  protected override async init(): Promise<void> {
    await this.watchResource('', 'v1', 'things', () => Promise.resolve());
  }
  calls(): readonly Promise<unknown>[] {
    return [
      this.setResourceStatus(),
      this.patchResourceStatus(),
      this.setResourceFinalizers(),
      this.registerCustomResourceDefinition(),
      this.handleResourceFinalizer(
        {
          meta: {} as ResourceMeta,
          type: 'ADDED' as never,
          object: { metadata: { name: 'x' } },
        },
        'f',
        () => Promise.resolve(),
      ),
    ];
  }
  uri(): string {
    return this.getCustomResourceApiUri('g', 'v1', 'things', 'ns');
  }
}

describe('the framework’s methods', () => {
  it('watch, tell the truth about addresses, and stop without ending the process', async () => {
    const probe = new Probe({ kubeConfig: kubeConfig(), logger: silentLogger() });
    operator = probe;
    await probe.start();
    await eventually(() => expect(watched).toEqual(['/api/v1/things']));
    expect(probe.uri()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/apis\/g\/v1\/namespaces\/ns\/things$/);
    probe.stop();
    await eventually(() => expect(ended).toContain('/api/v1/things'));
  });

  it('fail loudly where they would fail silently', async () => {
    const probe = new Probe({ kubeConfig: kubeConfig(), logger: silentLogger() });
    operator = probe;
    for (const call of probe.calls()) await expect(call).rejects.toThrow('of the framework does not work');
  });
});
