/** An API server that is slow, that is killed, that sheds load by priority and fairness, and others who write the same statuses. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiException, CustomObjectsApi, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { loadKubeConfig, type PooledKubeConfig } from '../../src/cluster/kube-config.ts';
import { endpointSlice, route } from '../cluster/apiserver/application.ts';
import {
  operatorNamespace,
  serviceAccount,
  untilReady,
  type OperatorProcess,
} from '../cluster/apiserver/operator-process.ts';
import { startTcpProxy, type TcpProxy } from '../cluster/tools/tcp-proxy.ts';
import { startRig, type Rig } from './rig.ts';
import { shedding } from './shedding.ts';

const minutes = 60_000;
jest.setTimeout(4 * minutes);

/** Each call of the Lease takes seconds here, and the API server needs some to start again. */
const election = { leaseSeconds: 40, renewSeconds: 38, retrySeconds: 1 };
const user = `system:serviceaccount:${operatorNamespace}:${serviceAccount}`;

let rig: Rig;
let admin: PooledKubeConfig;
let network: TcpProxy;
let operator: OperatorProcess;

beforeAll(async () => {
  rig = await startRig(['--enable-priority-and-fairness=true']);
  admin = loadKubeConfig(rig.cluster.adminKubeconfigPath);
  network = await startTcpProxy(Number(new URL(rig.cluster.server).port));
  await rig.deploy('load-a', 'load-b');
  rig.ask('load-a');
}, 3 * minutes);

afterAll(async () => {
  await admin?.close();
  await rig?.close();
  await network?.close();
}, minutes);

interface Asked {
  readonly verb: string;
  readonly resource: string;
  readonly code: number;
}

/** What the operator has asked for so far, leader election excepted. */
function asked(): readonly Asked[] {
  interface AuditEvent {
    readonly verb: string;
    readonly user: { readonly username: string };
    readonly objectRef?: { readonly resource: string };
    readonly responseStatus?: { readonly code?: number };
  }
  return readFileSync(join(rig.cluster.folder, 'audit.log'), 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as AuditEvent)
    .filter((event) => event.user.username === user && event.objectRef?.resource !== 'leases')
    .map(({ verb, objectRef, responseStatus }) => ({
      verb,
      resource: objectRef?.resource ?? '',
      code: responseStatus?.code ?? 0,
    }));
}

interface Parent {
  readonly controllerName: string;
  readonly conditions: readonly {
    readonly type: string;
    readonly status: string;
    readonly observedGeneration: number;
  }[];
  readonly [field: string]: unknown;
}
interface Route {
  readonly metadata: { readonly generation: number; readonly resourceVersion: string };
  readonly status?: { readonly parents?: readonly Parent[] };
}
const address = (name: string) => ({
  group: 'gateway.networking.k8s.io',
  version: 'v1',
  plural: 'httproutes',
  namespace: `${name}-app`,
  name: 'shop',
});
const read = async (name: string): Promise<Route> => {
  const found: unknown = await admin.makeApiClient(CustomObjectsApi).getNamespacedCustomObject(address(name));
  return found as Route;
};
/** Our entry says that the route is programmed as it is now. */
async function isProgrammed(name: string): Promise<void> {
  const { metadata, status } = await read(name);
  const own = status?.parents?.find(({ controllerName }) => controllerName === 'ako.vmware.com/avi-lb');
  expect(own?.conditions.find(({ type }) => type === 'Programmed')).toMatchObject({
    status: 'True',
    observedGeneration: metadata.generation,
  });
}
const paths = (): string =>
  JSON.stringify(rig.simulator.store.list('virtualservice').map(({ body }) => body.vh_matches ?? []));

it('an API server whose answers take 1.5 s is followed, without more calls', async () => {
  network.delay(1_500);
  operator = await rig.launch('slow', election, rig.kubeconfigThrough(network.port));
  await untilReady(operator, 90_000);
  await rig.settles(() => isProgrammed('load-a'), 60_000);
  await rig.settles(() => isProgrammed('load-b'), 60_000);
  const before = asked().length;
  await rig.apply(endpointSlice('load-a', ['10.244.1.31']), route('load-b', '/slow'));
  await rig.settles(() => expect(rig.members()).toContain('10.244.1.31'), 60_000);
  await rig.settles(() => isProgrammed('load-b'), 60_000);
  expect(paths()).toContain('"/slow"');
  await rig.cluster.kubectl(['-n', 'load-b-app', 'delete', 'httproute', 'shop']);
  await rig.settles(() => expect(paths()).not.toContain('"/slow"'), 60_000);
  // Two statuses of the route and the Gateway each, and what the deletion asks.
  expect(asked().length - before).toBeLessThan(15);
  network.delay(0);
  await rig.apply(route('load-b', '/shop'));
  await rig.settles(() => isProgrammed('load-b'), 60_000);
});

it('an API server that is killed after changes that nobody could watch is listed anew, and nothing is missed', async () => {
  const gap = { ...route('load-b', '/gap'), metadata: { name: 'gap', namespace: 'load-b-app' } };
  const remove = (name: string): Promise<string> =>
    rig.cluster.kubectl(['-n', 'load-b-app', 'delete', 'httproute', name]);
  await rig.apply(route('load-b', '/before'));
  await rig.settles(() => isProgrammed('load-b'), 60_000);
  network.cut();
  await remove('shop');
  await rig.apply(gap, endpointSlice('load-b', ['10.244.1.36']), route('load-a', '/meanwhile'));
  expect(paths()).toContain('"/before"');
  // What it had in mind of the changes is gone with it.
  await rig.cluster.restartApiServer();
  const before = asked().length;
  network.mend();
  await rig.settles(() => expect(paths()).toContain('"/gap"'), 60_000);
  await rig.settles(() => isProgrammed('load-a'), 60_000);
  expect(paths()).toContain('"/meanwhile"');
  await rig.settles(() => expect(paths()).not.toContain('"/before"'), 60_000);
  await rig.settles(() => expect(rig.members()).toContain('10.244.1.36'));
  expect(asked().slice(before)).toContainEqual({ verb: 'list', resource: 'httproutes', code: 200 });
  await rig.apply(route('load-b', '/shop'));
  await remove('gap');
  await rig.settles(() => isProgrammed('load-b'), 60_000);
  await rig.settles(() => expect(paths()).not.toContain('"/gap"'));
});

it('an API server that sheds its load serves what is watched, and gets few calls until it takes them again', async () => {
  await rig.cluster.kubectl(['apply', '-f', '-'], shedding);
  const release = await occupy();
  await rig.apply(endpointSlice('load-b', ['10.244.1.32']), route('load-a', '/shed'));
  await rig.settles(() => expect(paths()).toContain('"/shed"'));
  await rig.settles(() => expect(rig.members()).toContain('10.244.1.32'));
  await rig.settles(() => expect(asked().some(({ code, verb }) => code === 429 && verb === 'patch')).toBe(true));
  const late = await rig.launch('late', election);
  const before = asked().length;
  const seconds = 8;
  await sleep(seconds * 1000);
  const shed = asked().slice(before);
  expect(new Set(shed.map(({ code }) => code))).toEqual(new Set([429]));
  expect(shed.length).toBeGreaterThan(seconds / 2);
  // "Retry-After: 1" for each of the kinds and statuses, at most.
  expect(shed.length).toBeLessThan(30 * seconds);
  expect(await late.ready()).toBe(false);
  expect(await operator.ready()).toBe(true);

  release();
  await rig.cluster.kubectl(['delete', 'flowschema', 'shed']);
  await untilReady(late);
  await rig.settles(() => isProgrammed('load-a'), 60_000);
  await late.kill();
});

it('others who write the same status at the same time lose nothing, and win nothing', async () => {
  const api = admin.makeApiClient(CustomObjectsApi);
  const entry = (count: number): Parent => ({
    parentRef: { name: 'gw', namespace: 'load-a' },
    controllerName: 'example.com/other',
    conditions: [
      {
        type: 'Accepted',
        status: 'True',
        reason: 'Accepted',
        message: `write ${count}`,
        lastTransitionTime: '2026-01-01T00:00:00Z',
        observedGeneration: 1,
      } as Parent['conditions'][number],
    ],
  });
  const write = async (parents: readonly Parent[], resourceVersion?: string): Promise<void> => {
    const body = { metadata: { resourceVersion }, status: { parents } };
    const header = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
    await api.patchNamespacedCustomObjectStatus({ ...address('load-a'), body }, header).catch((error: unknown) => {
      if (!(error instanceof ApiException && error.code === 409)) throw error;
    });
  };
  const patches = (): readonly Asked[] =>
    asked().filter(({ verb, resource }) => verb === 'patch' && resource === 'httproutes');

  let begun = patches().length;
  for (let count = 0; count < 100; count += 1) {
    const { metadata, status } = await read('load-a');
    const others = (status?.parents ?? []).filter(({ controllerName }) => controllerName !== 'example.com/other');
    if (count === 50) await rig.apply(route('load-a', '/conflict'));
    await write([...others, entry(count)], metadata.resourceVersion);
  }
  await rig.settles(() => isProgrammed('load-a'));
  const { status } = await read('load-a');
  expect(status?.parents?.map(({ controllerName }) => controllerName).sort()).toEqual([
    'ako.vmware.com/avi-lb',
    'example.com/other',
  ]);
  // One change: what it says, and again as often as the other was quicker.
  const ours = patches()
    .slice(begun)
    .map(({ code }) => code);
  expect(ours.filter((code) => code === 200).length).toBeLessThanOrEqual(3);
  expect(ours.length).toBeLessThanOrEqual(30);

  begun = patches().length;
  for (let count = 0; count < 40; count += 1) {
    // Without ours.
    await write([entry(count)]);
    await sleep(20);
  }
  await rig.settles(() => isProgrammed('load-a'));
  expect((await read('load-a')).status?.parents).toHaveLength(2);
  expect(patches().length - begun).toBeLessThanOrEqual(2 * 40 + 6);
});

it('no request failed meanwhile', () => rig.noneFailed());

/**
 * Takes the one place that a level without places still has: a call whose body does not come.
 * @returns what gives it back.
 */
async function occupy(): Promise<() => void> {
  const [{ user: token }] = (
    JSON.parse(readFileSync(rig.kubeconfig, 'utf8')) as {
      readonly users: readonly [{ readonly user: { token: string } }];
    }
  ).users;
  const headers = { authorization: `Bearer ${token.token}`, 'content-type': 'application/json' };
  const { server: target, ca } = rig.cluster;
  for (;;) {
    const path = '/apis/events.k8s.io/v1/namespaces/default/events';
    const request = httpsRequest(`${target}${path}`, {
      method: 'POST',
      headers: { ...headers, 'content-length': 100 },
      ca,
      agent: false,
    });
    const answered = once(request, 'response').then(() => true);
    answered.catch(() => undefined);
    request.flushHeaders();
    // Refused at once while another call has the place.
    if (!(await Promise.race([answered, sleep(1_000, false)]))) return () => void request.destroy();
    request.destroy();
  }
}
