import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import type { StoredObject } from '../../../src/simulator/store/types.ts';
import { startControlPlane, type ControlPlane } from '../tools/control-plane.ts';
import { application, endpointSlice, gateway, namespaces, route } from './application.ts';
import type { Manifest } from '../tools/manifest.ts';
import { startOperatorProcess, untilReady, type OperatorProcess } from './operator-process.ts';
import { installOperator, settles as settlesWith } from './replicas.ts';

// Waits end by themselves and say what they waited for; a busy machine may need long.
jest.setTimeout(60_000);

const minutes = 60_000;
const patience = 30_000;
const types = [
  'sslkeyandcertificate',
  'pool',
  'poolgroup',
  'httppolicyset',
  'vsdatascriptset',
  'vsvip',
  'virtualservice',
];

let cluster: ControlPlane;
let simulator: Simulator;
let kubeconfig: string;
const operators: OperatorProcess[] = [];

const start = async (name: string) => {
  const operator = await startOperatorProcess(cluster, kubeconfig, simulator, name);
  operators.push(operator);
  return operator;
};
const apply = (...items: readonly Manifest[]) =>
  cluster.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
const remove = (...items: readonly Manifest[]) =>
  cluster.kubectl(['delete', '--wait=false', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly observedGeneration?: number;
}

async function read<T>(...args: readonly string[]): Promise<T> {
  return JSON.parse(await cluster.kubectl(['get', ...args, '-o', 'json'])) as T;
}

/** `Type=Status` of conditions, sorted. */
const brief = (conditions: readonly Condition[] = []) =>
  conditions.map(({ type, status }) => `${type}=${status}`).sort();

interface GatewayObject {
  readonly metadata: { readonly generation: number };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly addresses?: readonly { readonly value: string }[];
    readonly listeners?: readonly {
      readonly name: string;
      readonly attachedRoutes: number;
      readonly conditions: readonly Condition[];
    }[];
  };
}

interface RouteObject {
  readonly status?: {
    readonly parents?: readonly { readonly controllerName: string; readonly conditions: readonly Condition[] }[];
  };
}

/** Objects that the operator made, without those that come with a controller. */
function ours(): readonly StoredObject[] {
  return types
    .flatMap((type) => simulator.store.list(type))
    .filter(({ body }) => JSON.stringify(body).includes('"clustername"'));
}

/** Those of one application. Names hold the hostname, or the Gateway's namespace and name. */
const oursOf = (name: string) =>
  ours().filter((object) =>
    new RegExp(`\\b${name}(-app|-certs)?\\b`).test(`${object.name} ${JSON.stringify(object.body.markers ?? '')}`),
  );

const pools = (name: string) => oursOf(name).filter(({ type }) => type === 'pool');

function servers(pool: StoredObject): readonly string[] {
  const list = (pool.body.servers ?? []) as readonly { readonly ip: { readonly addr: string } }[];
  return list.map(({ ip }) => ip.addr).sort();
}

/** Paths that child virtual services of an application match. */
function paths(name: string): readonly string[] {
  const children = oursOf(name).filter(({ body }) => body.vh_type !== undefined && body.type === 'VS_TYPE_VH_CHILD');
  return children.map(({ body }) => JSON.stringify(body.vh_matches));
}

/** Checks that an application is programmed and says so. */
async function programmed(name: string, path = '/shop', addresses: readonly string[] = ['10.244.1.21', '10.244.1.22']) {
  const object = await read<GatewayObject>('-n', name, 'gateway', 'gw');
  expect(brief(object.status?.conditions)).toEqual(['Accepted=True', 'Programmed=True']);
  expect(object.status?.conditions?.map(({ observedGeneration }) => observedGeneration)).toEqual(
    object.status?.conditions?.map(() => object.metadata.generation),
  );
  expect(object.status?.addresses).toHaveLength(1);
  expect(
    object.status?.listeners?.map(({ name: listener, attachedRoutes }) => `${listener} ${attachedRoutes}`).sort(),
  ).toEqual(['http 1', 'https 1']);
  const { status } = await read<RouteObject>('-n', `${name}-app`, 'httproute', 'shop');
  expect(status?.parents?.map(({ controllerName, conditions }) => [controllerName, ...brief(conditions)])).toEqual([
    ['ako.vmware.com/avi-lb', 'Accepted=True', 'Programmed=True', 'ResolvedRefs=True'],
  ]);
  expect(paths(name).join()).toContain(`"${path}"`);
  expect(new Set(pools(name).flatMap(servers))).toEqual(new Set(addresses));
  const vip = oursOf(name).find(({ type }) => type === 'vsvip');
  expect(JSON.stringify(vip?.body.vip)).toContain(object.status?.addresses?.[0]?.value);
  expect(oursOf(name).filter(({ type }) => type === 'sslkeyandcertificate')).toHaveLength(1);
}

/** Whether a replica says that it leads. */
const leads = async (operator: OperatorProcess) => /^avi_gateway_leader 1$/m.test(await operator.metrics());

const settles = (check: () => Promise<void> | void, limitMs = patience) => settlesWith(operators, check, limitMs);

beforeAll(async () => {
  cluster = await startControlPlane();
  simulator = await startSimulator({ dataPlane: false });
  kubeconfig = await installOperator(cluster);
}, 3 * minutes);

afterAll(async () => {
  await Promise.all(operators.map((operator) => operator.kill()));
  await simulator?.close();
  await cluster?.stop();
}, minutes);

describe('the operator under its own service account', () => {
  let first: OperatorProcess;

  it(
    'starts, takes its class and says which bundle is installed',
    async () => {
      first = await start('first');
      await untilReady(first);
      await settles(async () => {
        const { status } = await read<GatewayObject>('gatewayclass', 'avi-lb');
        expect(brief(status?.conditions)).toEqual(['Accepted=True', 'SupportedVersion=True']);
      });
    },
    2 * minutes,
  );

  it(
    'comes to the same end whatever the order of creation is',
    async () => {
      const names = ['order-a', 'order-b', 'order-c', 'order-d'];
      await apply(...names.flatMap(namespaces));
      await Promise.all(
        names.map(async (name, shift) => {
          const objects = await application(name);
          const order = shift % 2 === 0 ? objects : objects.toReversed();
          const turned = [...order.slice(shift), ...order.slice(0, shift)];
          for (const object of turned) await apply(object);
        }),
      );
      for (const name of names) await settles(() => programmed(name));
      const shapes = names.map((name) =>
        oursOf(name)
          .map(({ type }) => type)
          .sort()
          .join(),
      );
      expect(new Set(shapes).size).toBe(1);
    },
    2 * minutes,
  );

  it(
    'follows updates of routes, endpoints and certificates',
    async () => {
      const before = simulator.store.list('virtualservice').length;
      await apply(route('order-a', '/store'));
      await settles(() => programmed('order-a', '/store'));
      expect(paths('order-a').join()).not.toContain('"/shop"');
      expect(simulator.store.list('virtualservice')).toHaveLength(before);

      await apply(endpointSlice('order-a', ['10.244.1.31']));
      await settles(() => programmed('order-a', '/store', ['10.244.1.31']));

      const certificates = () => oursOf('order-b').filter(({ type }) => type === 'sslkeyandcertificate');
      const [old] = certificates();
      const renewed = (await application('order-b')).filter(({ kind }) => kind === 'Secret');
      await apply(...renewed);
      await settles(() => {
        const [now] = certificates();
        expect(JSON.stringify(now?.body.certificate)).not.toBe(JSON.stringify(old?.body.certificate));
      });
      await settles(() => programmed('order-b'));
    },
    2 * minutes,
  );

  it(
    'takes a certificate away with its grant, and serves it again with it',
    async () => {
      const grant = (await application('order-c')).filter(({ kind }) => kind === 'ReferenceGrant');
      await remove(...grant);
      await settles(async () => {
        const { status } = await read<GatewayObject>('-n', 'order-c', 'gateway', 'gw');
        const https = status?.listeners?.find(({ name }) => name === 'https');
        expect(https?.conditions.find(({ type }) => type === 'ResolvedRefs')).toMatchObject({
          status: 'False',
          reason: 'RefNotPermitted',
        });
        expect(oursOf('order-c').filter(({ type }) => type === 'sslkeyandcertificate')).toEqual([]);
      });
      await apply(...grant);
      await settles(() => programmed('order-c'));
    },
    2 * minutes,
  );

  it(
    'leaves classes and Gateways of others alone',
    async () => {
      const spec = { controllerName: 'example.com/other' };
      const other = {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'GatewayClass',
        metadata: { name: 'other' },
        spec,
      };
      await apply(other, ...namespaces('foreign'));
      await apply(
        ...(await application('foreign')).filter(({ kind }) => kind !== 'Gateway'),
        gateway('foreign', 'other'),
      );
      // Something that comes after it is done: then the foreign one has been seen too.
      await apply(...namespaces('witness'), ...(await application('witness')));
      await settles(() => programmed('witness'));
      expect(oursOf('foreign')).toEqual([]);
      const object = await read<GatewayObject>('-n', 'foreign', 'gateway', 'gw');
      expect(brief(object.status?.conditions)).toEqual(['Accepted=Unknown', 'Programmed=Unknown']);
      expect((await read<GatewayObject>('gatewayclass', 'other')).status?.conditions?.[0]?.status).toBe('Unknown');
      expect((await read<RouteObject>('-n', 'foreign-app', 'httproute', 'shop')).status?.parents ?? []).toEqual([]);
    },
    2 * minutes,
  );

  it(
    'has the truth after the API server was away while objects changed',
    async () => {
      await cluster.restartApiServer();
      await Promise.all([
        apply(route('order-b', '/after')),
        apply(endpointSlice('order-c', ['10.244.1.41'])),
        cluster.kubectl(['-n', 'order-d-app', 'delete', 'httproute', 'shop']),
      ]);
      await settles(() => programmed('order-b', '/after'), 60_000);
      await settles(() => programmed('order-c', '/shop', ['10.244.1.41']), 60_000);
      await settles(() => expect(pools('order-d')).toEqual([]), 60_000);
      await settles(async () => {
        const { status } = await read<GatewayObject>('-n', 'order-d', 'gateway', 'gw');
        expect(status?.listeners?.map(({ attachedRoutes }) => attachedRoutes)).toEqual([0, 0]);
      });
    },
    3 * minutes,
  );

  it(
    'has one leader of two replicas; the other takes over from a dead one, without a write',
    async () => {
      const second = await start('second');
      await untilReady(second);
      expect(await leads(second)).toBe(false);
      expect(await leads(first)).toBe(true);
      simulator.stats.reset();
      await first.kill();
      await settles(async () => expect(await leads(second)).toBe(true));
      await apply(endpointSlice('order-b', ['10.244.1.21', '10.244.1.51']));
      await settles(() => programmed('order-b', '/after', ['10.244.1.21', '10.244.1.51']));
      const writes = simulator.stats.read().writes.filter(({ type }) => type !== 'login');
      expect(writes.map(({ method, type }) => `${method} ${type}`)).toEqual(['PUT pool']);
      expect(await second.stop()).toBe(0);
    },
    3 * minutes,
  );

  it(
    'writes nothing when it starts again and nothing changed',
    async () => {
      const versions = async () =>
        cluster.kubectl(['get', 'gateways,httproutes', '-A', '-o', 'jsonpath={.items[*].metadata.resourceVersion}']);
      const before = await versions();
      simulator.stats.reset();
      const third = await start('third');
      await untilReady(third);
      await settles(async () => expect(await leads(third)).toBe(true));
      // A change that goes through: whatever the start wanted to write is written by then.
      await apply(endpointSlice('order-b', ['10.244.1.51', '10.244.1.52']));
      await settles(() => programmed('order-b', '/after', ['10.244.1.51', '10.244.1.52']));
      const writes = simulator.stats.read().writes.filter(({ type }) => type !== 'login');
      expect(writes.map(({ method, type }) => `${method} ${type}`)).toEqual(['PUT pool']);
      expect(await versions()).toBe(before);
    },
    2 * minutes,
  );

  it(
    'leaves nothing behind when everything is deleted',
    async () => {
      expect(ours().length).toBeGreaterThan(20);
      const finalizers = () =>
        cluster.kubectl(['get', 'gatewayclass', 'avi-lb', '-o', 'jsonpath={.metadata.finalizers}']);
      expect(await finalizers()).toContain('gateway-exists-finalizer.gateway.networking.k8s.io');
      const names = ['order-a', 'order-b', 'order-c', 'order-d', 'witness'];
      await cluster.kubectl([
        'delete',
        '--wait=false',
        'namespace',
        ...names.flatMap((name) => [name, `${name}-app`, `${name}-certs`]),
      ]);
      await settles(() => expect(ours().map(({ type, name }) => `${type} ${name}`)).toEqual([]), 60_000);
      await settles(async () => expect(await finalizers()).toBe(''));
    },
    2 * minutes,
  );
});
