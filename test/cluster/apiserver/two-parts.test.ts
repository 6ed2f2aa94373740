/** An installation in two parts (docs/scale.md): two operators with a GatewayClass each, on one cluster and one controller. */
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import type { StoredObject } from '../../../src/simulator/store/types.ts';
import { eventually } from '../eventually.ts';
import { startControlPlane, type ControlPlane } from '../tools/control-plane.ts';
import { application, endpointSlice, namespaces, route } from './application.ts';
import type { Manifest } from '../tools/manifest.ts';
import { startOperatorProcess, untilReady, type OperatorProcess, type PartSettings } from './operator-process.ts';
import { installOperator } from './replicas.ts';

jest.setTimeout(120_000);

const minutes = 60_000;
const secondClass: Manifest = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'GatewayClass',
  metadata: { name: 'second' },
  spec: { controllerName: 'example.com/second' },
};
/** What docs/scale.md says must differ. */
const secondPart: PartSettings = {
  clusterName: 'cluster2',
  controllerName: 'example.com/second',
  leaderElection: { leaseName: 'avi-gateway-operator-second' },
};

let cluster: ControlPlane;
let simulator: Simulator;
let kubeconfig: string;
const operators: OperatorProcess[] = [];
const nameOfUuid = new Map<string, string>();

async function start(name: string, part: PartSettings): Promise<OperatorProcess> {
  const operator = await startOperatorProcess(cluster, kubeconfig, simulator, name, undefined, part);
  operators.push(operator);
  await untilReady(operator);
  return operator;
}

const apply = (...items: readonly Manifest[]) =>
  cluster.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));

/** Objects of a part, as they are on the controller. */
function objectsOf(clusterName: string): readonly StoredObject[] {
  const types = ['sslkeyandcertificate', 'pool', 'poolgroup', 'httppolicyset', 'vsvip', 'virtualservice'];
  const found = types.flatMap((type) => simulator.store.list(type));
  return found.filter(({ name }) => name.startsWith(`ako-gw-${clusterName}--`));
}

const content = (clusterName: string) => objectsOf(clusterName).map(({ uuid, body }) => [uuid, JSON.stringify(body)]);
const children = (clusterName: string) =>
  objectsOf(clusterName).filter(({ body }) => body.type === 'VS_TYPE_VH_CHILD').length;

/** Whether all that is left is of one route of one backend. */
const isOneRoute = (clusterName: string): boolean =>
  ['pool', 'poolgroup'].every((type) => objectsOf(clusterName).filter((object) => object.type === type).length === 1);

/** The clusters whose objects each session wrote: one each, when nobody touches what is another's. */
function clustersBySession(): readonly (readonly string[])[] {
  const bySession = new Map<string, Set<string>>();
  for (const { session = '', path, body } of simulator.stats.read().writes) {
    if (!path.startsWith('/api/')) continue;
    const uuid = path.split('/').at(-1)?.split('?')[0] ?? '';
    const name = String((body as { readonly name?: unknown } | undefined)?.name ?? nameOfUuid.get(uuid) ?? uuid);
    const owner = /^ako-gw-([^-]+)--/.exec(name)?.[1] ?? name;
    bySession.set(session, (bySession.get(session) ?? new Set()).add(owner));
  }
  return [...bySession.values()].map((owners) => [...owners]);
}

interface Parents {
  readonly status?: {
    readonly parents?: readonly {
      readonly controllerName: string;
      readonly conditions: readonly { readonly type: string; readonly status: string }[];
    }[];
  };
}

async function programmedBy(name: string): Promise<readonly string[]> {
  const text = await cluster.kubectl(['-n', `${name}-app`, 'get', 'httproute', 'shop', '-o', 'json']);
  const { status } = JSON.parse(text) as Parents;
  return (status?.parents ?? [])
    .filter(({ conditions }) =>
      conditions.some((condition) => condition.type === 'Programmed' && condition.status === 'True'),
    )
    .map(({ controllerName }) => controllerName)
    .sort();
}

beforeAll(async () => {
  cluster = await startControlPlane();
  simulator = await startSimulator({ dataPlane: false });
  simulator.store.subscribe(({ object }) => nameOfUuid.set(object.uuid, object.name));
  kubeconfig = await installOperator(cluster);
  await apply(secondClass, ...namespaces('one'), ...namespaces('two'));
}, 3 * minutes);

afterAll(async () => {
  await Promise.all(operators.map((operator) => operator.kill()));
  await simulator?.close();
  await cluster?.stop();
}, minutes);

it('programs each Gateway by the part of its class, both leading, and a route of both by both', async () => {
  const [first, second] = await Promise.all([start('first', {}), start('second', secondPart)]);
  await apply(...(await application('one')), ...(await application('two', 'second')));
  await eventually(async () => {
    expect(await programmedBy('one')).toEqual(['ako.vmware.com/avi-lb']);
    expect(await programmedBy('two')).toEqual(['example.com/second']);
  }, minutes);
  for (const operator of [first, second]) expect(await operator.metrics()).toMatch(/^avi_gateway_leader 1$/m);

  const both = route('one', '/shop');
  const parentRefs = ['one', 'two'].map((namespace) => ({ name: 'gw', namespace }));
  await apply({ ...both, spec: { ...(both.spec as object), parentRefs } });
  await eventually(async () => {
    expect(await programmedBy('one')).toEqual(['ako.vmware.com/avi-lb', 'example.com/second']);
  }, minutes);
  expect([children('cluster1'), children('cluster2')].every((count) => count > 0)).toBe(true);
  expect(clustersBySession().toSorted()).toEqual([['cluster1'], ['cluster2']]);
});

it("leaves the other part's objects when its own Gateway goes, and when it is killed and starts again", async () => {
  await apply(route('one', '/shop'));
  await eventually(async () => expect(await programmedBy('one')).toEqual(['ako.vmware.com/avi-lb']), minutes);
  await eventually(() => expect([children('cluster2'), isOneRoute('cluster2')]).toEqual([1, true]), minutes);
  const before = content('cluster2');
  await cluster.kubectl(['-n', 'one', 'delete', 'gateway', 'gw']);
  await eventually(() => expect(objectsOf('cluster1')).toEqual([]), minutes);
  expect(content('cluster2')).toEqual(before);

  await operators[1]?.kill();
  simulator.stats.reset();
  await start('second-again', secondPart);
  // A change that goes through: whatever the start wanted to write is written by then.
  await apply(endpointSlice('two', ['10.244.1.91']));
  await eventually(() => expect(JSON.stringify(content('cluster2'))).toContain('10.244.1.91'), minutes);
  expect(simulator.stats.read().writes.map(({ method, type }) => `${method} ${type}`)).toEqual(
    expect.not.arrayContaining([expect.stringMatching(/^(POST|DELETE) (?!login)/)]),
  );
  expect(clustersBySession()).toEqual([['cluster2']]);
});
