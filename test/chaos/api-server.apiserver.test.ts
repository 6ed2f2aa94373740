/** What vanishes from a real API server without anybody having seen it go; and what the operator asks for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { confirmAnnotation } from '../../src/loop/held-event.ts';
import { application, endpointSlice, route } from '../cluster/apiserver/application.ts';
import { operatorNamespace, serviceAccount, type OperatorProcess } from '../cluster/apiserver/operator-process.ts';
import { nameOf, shippedGrants } from '../security/grants.ts';
import { startRig, type Rig } from './rig.ts';

const minutes = 60_000;
jest.setTimeout(4 * minutes);

const apps = ['chaos-a', 'chaos-b', 'chaos-c'] as const;
const lease = 'avi-gateway-operator';

let rig: Rig;
/** Takes the cluster back to the time before there were applications. */
let restore: () => Promise<void>;

beforeAll(async () => {
  rig = await startRig();
  restore = await rig.cluster.backUpEtcd();
  await rig.deploy(...apps);
  rig.ask(apps[0]);
}, 3 * minutes);

afterAll(() => rig?.close(), minutes);

describe('objects that vanish unseen', () => {
  const crds = ['gateways', 'httproutes', 'referencegrants'].map((plural) => `${plural}.gateway.networking.k8s.io`);
  let operator: OperatorProcess;
  let before: readonly string[];
  const gauge = async (): Promise<number> =>
    Number(/^avi_gateway_held_deletions (\d+)$/m.exec(await operator.metrics())?.[1]);

  it('are kept while their CRDs are away, held when these come back empty, and taken up without a write', async () => {
    operator = await rig.start('patient', { leaseSeconds: 40, renewSeconds: 38, retrySeconds: 1 });
    await rig.untilLeads(operator);
    await rig.settles(() => expect(rig.ours().filter((name) => name.startsWith('vsvip'))).toHaveLength(3));
    before = rig.ours();
    rig.forgetWrites();

    const definitions = await rig.cluster.kubectl(['get', 'crd', ...crds, '-o', 'json']);
    await rig.cluster.kubectl(['delete', 'crd', ...crds]);
    await rig.settles(() =>
      expect(operator.log().match(/"(Gateway|HTTPRoute|ReferenceGrant) is not served/g)).toHaveLength(3),
    );
    // What is still served is followed meanwhile.
    await rig.apply(endpointSlice('chaos-a', ['10.244.1.21', '10.244.1.22', '10.244.1.23']));
    await rig.settles(() => expect(rig.members()).toContain('10.244.1.23'));
    expect(rig.writes().map(({ method, type }) => `${method} ${type}`)).toEqual(['PUT pool']);
    rig.forgetWrites();

    await rig.cluster.kubectl(['apply', '--server-side', '-f', '-'], withoutState(definitions));
    await rig.cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', ...crds]);
    await rig.settles(async () => expect(await gauge()).toBe(before.length), 60_000);
    for (const app of apps) {
      const gone = ['Gateway', 'HTTPRoute', 'ReferenceGrant'];
      await rig.apply(...(await application(app)).filter(({ kind }) => gone.includes(kind)));
    }
    await rig.apply(...rig.servedRoute(apps[0]).filter(({ kind }) => kind === 'HTTPRoute'));
    await rig.settles(async () => expect(await gauge()).toBe(0));
    const programmed = ['get', 'httproutes', '-A', '-o', 'jsonpath={.items[*].status.parents[*].conditions[*].type}'];
    await rig.settles(async () => expect((await rig.cluster.kubectl(programmed)).match(/Programmed/g)).toHaveLength(4));
    expect(rig.ours()).toEqual(before);
    expect(rig.writes()).toEqual([]);
  });

  it('are kept on the controller after etcd was restored, until the plan is confirmed on the Lease', async () => {
    await restore();
    await rig.settles(async () => expect(await gauge()).toBe(before.length), 60_000);
    expect(rig.ours()).toEqual(before);

    const events = async (): Promise<string> =>
      rig.cluster.kubectl(['get', 'events', '-A', '-o', 'jsonpath={range .items[*]}{.reason} {.message}{"\\n"}{end}']);
    let hash: string | undefined;
    await rig.settles(async () => {
      hash = new RegExp(`^DeletionsHeld .*${confirmAnnotation}=([0-9a-f]{16})$`, 'm').exec(await events())?.[1];
      expect(hash).toBeDefined();
    });
    const annotate = (value: string): Promise<string> =>
      rig.cluster.kubectl([
        '-n',
        operatorNamespace,
        'annotate',
        '--overwrite',
        'lease',
        lease,
        `${confirmAnnotation}=${value}`,
      ]);
    await annotate('ffffffffffffffff');
    await sleep(2_500);
    expect(rig.ours()).toEqual(before);
    // With the confirmation it goes.
    await rig.noneFailed();
    await annotate(hash ?? '');
    await rig.settles(() => expect(rig.ours()).toEqual([]));
    await rig.settles(async () => expect(await gauge()).toBe(0));
    const left = await rig.cluster.kubectl([
      '-n',
      operatorNamespace,
      'get',
      'lease',
      lease,
      '-o',
      'jsonpath={.metadata.annotations}',
    ]);
    expect(left).not.toContain(confirmAnnotation);
  });

  it('leave nothing behind that hinders new ones', async () => {
    await rig.deploy(...apps);
    await rig.apply(...apps.map((app) => route(app, '/new')));
    await rig.settles(() => expect(rig.ours().filter((name) => name.startsWith('vsvip'))).toHaveLength(3));
  });
});

describe('secrets', () => {
  interface AuditEvent {
    readonly user: { readonly username: string };
    readonly objectRef?: { readonly resource: string };
    readonly requestURI: string;
  }

  it('are asked for one by one, those that are named and no other', () => {
    const account = `system:serviceaccount:${operatorNamespace}:${serviceAccount}`;
    const asked = readFileSync(join(rig.cluster.folder, 'audit.log'), 'utf8')
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as AuditEvent)
      .filter(({ user, objectRef }) => user.username === account && objectRef?.resource === 'secrets')
      .map(({ requestURI }) => new URL(requestURI, 'http://localhost'));
    const names = asked.map(({ pathname, searchParams }) => `${pathname} ${searchParams.get('fieldSelector')}`);
    expect([...new Set(names)].sort()).toEqual(
      apps.map((app) => `/api/v1/namespaces/${app}-certs/secrets metadata.name=tls`),
    );
  });

  it('are in no log, metric, debug page, status or Event', async () => {
    const operator = rig.operators.at(-1);
    if (!operator) throw new Error('no operator has run');
    const pages = await Promise.all(['engine', 'leader', 'config'].map((name) => operator.debug(name)));
    expect(pages[0]).toContain('chaos-a/gw');
    const kinds = 'gateways,httproutes,gatewayclasses,events,leases';
    const said = [
      ...pages,
      operator.log(),
      await operator.metrics(),
      await rig.cluster.kubectl(['get', kinds, '-A', '-o', 'yaml']),
    ].join('\n');
    const data = await rig.cluster.kubectl(['get', 'secrets', '-A', '-o', 'jsonpath={.items[*].data.tls\\.key}']);
    const keys = data.trim().split(' ');
    expect(keys).toHaveLength(apps.length);
    for (const encoded of keys) {
      expect(said).not.toContain(encoded.slice(0, 60));
      const [, line = ''] = Buffer.from(encoded, 'base64').toString().split('\n');
      expect(line.length).toBeGreaterThan(40);
      expect(said).not.toContain(line);
    }
    expect(said).not.toContain(rig.simulator.password);
  });
});

describe('permissions', () => {
  it('that are not granted are not asked for', () => {
    const used = rig.cluster.asked(`system:serviceaccount:${operatorNamespace}:${serviceAccount}`);
    const granted = shippedGrants().map(nameOf);
    expect(used.filter((one) => !granted.includes(one))).toEqual([]);
    expect(used).toEqual(
      expect.arrayContaining(['watch gateway.networking.k8s.io/gateways', 'create events.k8s.io/events']),
    );
  });
});

/** CRDs as they can be applied again. */
function withoutState(text: string): string {
  interface Definition {
    readonly metadata: { readonly name: string; readonly annotations: object };
    readonly [field: string]: unknown;
  }
  const { items } = JSON.parse(text) as { readonly items: readonly Definition[] };
  const bare = items.map(({ apiVersion, kind, metadata: { name, annotations }, spec }) => {
    return { apiVersion, kind, metadata: { name, annotations }, spec };
  });
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: bare });
}
