/** Checks D1 to D11: the operator beside external-dns. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OperatorProcess } from '../cluster/apiserver/operator-process.ts';
import { startDaemon } from '../cluster/tools/process.ts';
import { addresses } from '../conformance/network.ts';
import { startDns, type Change, type Dns } from './dns.ts';
import { gateway, inSet, listenerSet, namespace, route, routeOf, web } from './manifests.ts';
import { request } from './requests.ts';
import { startRig, type Rig } from './rig.ts';
import { addressOf, brief, gatewayStatus, routeParents } from './status.ts';

const minutes = 60_000;
const ours = 'ako.vmware.com/avi-lb';
const shared = { namespace: 'infra', name: 'gw' };
const listeners = [
  { name: 'http', hostname: '*.aclab.test' },
  { name: 'beta', hostname: '*.beta.test' },
  { name: 'own', hostname: 'own.gamma.test', from: 'Same' as const },
];

let rig: Rig;
let first: OperatorProcess;
let dns: Dns;
let vip: string;

const acceptance = async (key: string) =>
  (await routeParents(rig, key)).map(({ conditions }) => brief(conditions).Accepted);

/** external-dns has looked again after what was done before. */
async function nextLook(): Promise<void> {
  const name = `look-${dns.changes.length}.aclab.test`;
  await rig.apply(route(`dev/look-${dns.changes.length}`, [shared], [name]));
  await rig.settles(() => expect(dns.targets(name)).toEqual([vip]));
}

beforeAll(async () => {
  rig = await startRig();
  await rig.apply(...['infra', 'dev', 'other'].map(namespace), ...web('dev'), ...web('other'), ...web('infra'));
  [first, dns] = await Promise.all([rig.startOperator('first'), startDns(rig)]);
  await rig.apply(gateway('infra/gw', listeners));
  vip = await addressOf(rig, 'infra/gw');
}, 4 * minutes);

afterAll(() => rig?.close(), minutes);

describe('records', () => {
  it(
    'D1, D3: appear for an accepted route of another namespace, with its name in the registry',
    async () => {
      await rig.apply(route('dev/shop', [shared], ['shop.aclab.test']));
      await rig.settles(() => expect(dns.targets('shop.aclab.test')).toEqual([vip]));
      expect(dns.owner('shop.aclab.test')).toContain('external-dns/resource=httproute/dev/shop');
      await rig.settles(async () => expect(await request(vip, 'shop.aclab.test')).toMatchObject({ status: 200 }));
    },
    2 * minutes,
  );

  it(
    'D2: do not appear for a route that is refused, or whose Gateway lost the hostname',
    async () => {
      await rig.apply(
        route('other/refused', [{ ...shared, sectionName: 'own' }], ['own.gamma.test']),
        gateway('other/late', [{ name: 'http', hostname: 'lost.aclab.test' }]),
        route('other/lost', [{ namespace: 'other', name: 'late' }], ['lost.aclab.test']),
      );
      await rig.settles(async () => {
        expect(await acceptance('other/refused')).toEqual(['False NotAllowedByListeners']);
        expect((await gatewayStatus(rig, 'other/late')).listeners.http).toMatchObject({
          Accepted: 'False HostnameConflict',
        });
        expect(await acceptance('other/lost')).toEqual([expect.stringMatching(/^False /)]);
      });
      await nextLook();
      expect(dns.changes.filter(({ dnsName }) => /(own|lost)\./.test(dnsName))).toEqual([]);
    },
    2 * minutes,
  );

  it(
    'D2: go with a hostname that an older Gateway takes, and come back when it lets go',
    async () => {
      const name = 'taken.gamma.test';
      await rig.apply(
        gateway('other/young', [{ name: 'http', hostname: name }]),
        route('other/young', [{ namespace: 'other', name: 'young' }], [name]),
      );
      const young = await addressOf(rig, 'other/young');
      await rig.settles(() => expect(dns.targets(name)).toEqual([young]));

      await rig.apply(gateway('infra/gw', [...listeners, { name: 'taken', hostname: name }]));
      await rig.settles(async () =>
        expect(await acceptance('other/young')).toEqual([expect.stringMatching(/^False /)]),
      );
      await rig.settles(() => expect(dns.targets(name)).toBeUndefined());

      await rig.apply(gateway('infra/gw', listeners));
      await rig.settles(() => expect(dns.targets(name)).toEqual([young]));
    },
    2 * minutes,
  );

  it(
    'D4, D5: appear for parents by section and port, and in two domains',
    async () => {
      const parents = [
        { ...shared, sectionName: 'http' },
        { ...shared, sectionName: 'beta', port: 80 },
      ];
      await rig.apply(
        route('dev/two', parents, ['two.aclab.test', 'two.beta.test']),
        route('dev/port', [{ ...shared, port: 80 }], ['port.aclab.test']),
        route('dev/wrong', [{ ...shared, port: 81 }], ['wrong.aclab.test']),
      );
      await rig.settles(() => {
        for (const name of ['two.aclab.test', 'two.beta.test', 'port.aclab.test'])
          expect([name, dns.targets(name)]).toEqual([name, [vip]]);
      });
      const status = await routeParents(rig, 'dev/two');
      expect(status.map(({ parentRef }) => parentRef)).toEqual(
        parents.map((parent) => expect.objectContaining(parent)),
      );
      await nextLook();
      expect(dns.targets('wrong.aclab.test')).toBeUndefined();
    },
    2 * minutes,
  );

  it(
    'D1, D2: appear for routes of other kinds, and not for a GRPCRoute whose host an older HTTPRoute has',
    async () => {
      await rig.apply(
        routeOf('GRPCRoute', 'dev/calls', [shared], ['calls.aclab.test']),
        routeOf('GRPCRoute', 'dev/late', [shared], ['shop.aclab.test', 'late.aclab.test']),
        gateway('infra/tls', [{ name: 'tls', hostname: 'through.gamma.test', passthrough: true }]),
        routeOf('TLSRoute', 'dev/through', [{ namespace: 'infra', name: 'tls' }], ['through.gamma.test']),
      );
      await rig.settles(() => expect(dns.targets('calls.aclab.test')).toEqual([vip]));
      expect(dns.owner('calls.aclab.test')).toContain('external-dns/resource=grpcroute/dev/calls');
      const through = await addressOf(rig, 'infra/tls');
      await rig.settles(() => expect(dns.targets('through.gamma.test')).toEqual([through]));
      await rig.settles(async () => {
        const late = await routeParents(rig, 'dev/late', 'grpcroute');
        expect(late.map(({ conditions }) => brief(conditions).Accepted)).toEqual(['False HostnameConflict']);
      });
      await nextLook();
      expect(dns.targets('late.aclab.test')).toBeUndefined();
      expect(dns.owner('shop.aclab.test')).toContain('httproute/dev/shop');
      // It would have the host, and rightly keep its record, when the HTTPRoute goes.
      await rig.cluster.kubectl(['-n', 'dev', 'delete', 'grpcroute', 'late']);
    },
    2 * minutes,
  );

  it(
    'D10: appear for routes of a ListenerSet that the Gateway allows, and of no other',
    async () => {
      const sets = { namespace: 'infra', name: 'sets' };
      await rig.apply(
        gateway('infra/sets', [{ name: 'http', hostname: 'sets.gamma.test' }], { listenerSets: true }),
        listenerSet('dev/team', sets, [{ name: 'http', hostname: 'team.gamma.test' }]),
        route('dev/team', [inSet('dev/team')], ['team.gamma.test']),
        listenerSet('dev/uninvited', shared, [{ name: 'http', hostname: 'uninvited.gamma.test' }]),
        route('dev/uninvited', [inSet('dev/uninvited')], ['uninvited.gamma.test']),
      );
      const address = await addressOf(rig, 'infra/sets');
      await rig.settles(() => expect(dns.targets('team.gamma.test')).toEqual([address]));
      await rig.settles(async () => expect(await request(address, 'team.gamma.test')).toMatchObject({ status: 200 }));
      await rig.settles(async () =>
        expect(await acceptance('dev/uninvited')).toEqual([expect.stringMatching(/^False /)]),
      );
      await nextLook();
      expect(dns.targets('uninvited.gamma.test')).toBeUndefined();
    },
    2 * minutes,
  );

  it(
    'D6: are aliases where the Gateway names a target, and the alias is served',
    async () => {
      const annotations = { 'external-dns.kubernetes.io/target': 'app01-lab.gamma.test' };
      await rig.apply(
        gateway('infra/alias', [{ name: 'http', hostname: 'alias.gamma.test' }], { annotations }),
        route('dev/alias', [{ namespace: 'infra', name: 'alias' }], ['alias.gamma.test']),
      );
      await rig.settles(() => expect(dns.targets('alias.gamma.test', 'CNAME')).toEqual(['app01-lab.gamma.test']));
      const address = await addressOf(rig, 'infra/alias');
      await rig.settles(async () =>
        expect(await request(address, 'alias.gamma.test')).toMatchObject({
          status: 200,
          body: 'backend alias.gamma.test /',
        }),
      );
      expect(JSON.stringify(rig.ours('virtualservice', 'vsvip'))).not.toContain('app01-lab');
    },
    2 * minutes,
  );

  it(
    'D9: keep the addresses of another controller on the same route',
    async () => {
      const foreign = { namespace: 'dev', name: 'foreign' };
      const both = () => route('dev/both', [shared, foreign], ['both.aclab.test']);
      await rig.apply(
        {
          apiVersion: 'gateway.networking.k8s.io/v1',
          kind: 'GatewayClass',
          metadata: { name: 'foreign' },
          spec: { controllerName: 'example.com/other' },
        },
        gateway('dev/foreign', [{ name: 'http', hostname: '*.aclab.test' }], { className: 'foreign' }),
        both(),
      );
      await rig.settles(() => expect(dns.targets('both.aclab.test')).toEqual([vip]));
      await patchStatus(
        ['gateway', 'foreign'],
        [{ op: 'add', path: '/status/addresses', value: [{ type: 'IPAddress', value: '198.51.100.7' }] }],
      );
      const lastTransitionTime = '2026-01-01T00:00:00Z';
      const condition = { type: 'Accepted', status: 'True', reason: 'Accepted', message: '', lastTransitionTime };
      const entry = { parentRef: foreign, controllerName: 'example.com/other', conditions: [condition] };
      await patchStatus(['httproute', 'both'], [{ op: 'add', path: '/status/parents/-', value: entry }]);
      const two = [vip, '198.51.100.7'].sort();
      await rig.settles(() => expect(dns.targets('both.aclab.test')).toEqual(two));

      const mark = dns.changes.length;
      // Its own entry goes and comes; the other's stays.
      await rig.apply({ ...both(), spec: { ...(both().spec as object), parentRefs: [foreign] } });
      await rig.settles(() => expect(dns.targets('both.aclab.test')).toEqual(['198.51.100.7']));
      await rig.apply(both());
      await rig.settles(() => expect(dns.targets('both.aclab.test')).toEqual(two));
      expect((await routeParents(rig, 'dev/both')).map(({ controllerName }) => controllerName).sort()).toEqual([
        ours,
        'example.com/other',
      ]);
      expect(deletesSince(mark)).toEqual([]);
    },
    2 * minutes,
  );

  it(
    'D11: change once, without a gap, with a static address',
    async () => {
      const name = 'static.gamma.test';
      const at = (address: string) => gateway('infra/static', [{ name: 'http', hostname: name }], { address });
      await rig.apply(at('10.10.3.10'), route('dev/static', [{ namespace: 'infra', name: 'static' }], [name]));
      await rig.settles(() => expect(dns.targets(name)).toEqual(['10.10.3.10']));
      const seen = watchAddresses('infra', 'static');
      await rig.settles(() => expect(seen()).toEqual(['10.10.3.10']));
      const mark = dns.changes.length;
      await rig.apply(at('10.10.3.11'));
      await rig.settles(() => expect(dns.targets(name)).toEqual(['10.10.3.11']));
      await nextLook();
      const changes = dns.changes
        .slice(mark)
        .filter(({ dnsName, recordType }) => dnsName === name && recordType === 'A');
      expect(changes.map(({ action, targets }) => [action, ...targets])).toEqual([['update', '10.10.3.11']]);
      expect(seen()).toEqual(['10.10.3.10', '10.10.3.11']);
      await rig.settles(async () => expect(await request('10.10.3.11', name)).toMatchObject({ status: 200 }));
    },
    2 * minutes,
  );

  it(
    'D11: stay as they are when the new static address cannot be had',
    async () => {
      const name = 'stays.gamma.test';
      const at = (address: string) => gateway('infra/stays', [{ name: 'http', hostname: name }], { address });
      await rig.apply(at('10.10.3.20'), route('dev/stays', [{ namespace: 'infra', name: 'stays' }], [name]));
      await rig.settles(() => expect(dns.targets(name)).toEqual(['10.10.3.20']));
      const seen = watchAddresses('infra', 'stays');
      const mark = dns.changes.length;
      await rig.apply(at(addresses.unusableVip));
      await rig.settles(async () =>
        expect((await gatewayStatus(rig, 'infra/stays')).conditions.Programmed).toMatch(/^False/),
      );
      await nextLook();
      expect(deletesSince(mark)).toEqual([]);
      expect(seen()).toEqual(['10.10.3.20']);
      expect(await request('10.10.3.20', name)).toMatchObject({ status: 200 });
    },
    2 * minutes,
  );

  it(
    'D7: survive a killed leader, a restart and a minute of errors of the controller',
    async () => {
      const seen = watchAddresses('infra', 'gw');
      await rig.settles(() => expect(seen()).toEqual([vip]));
      const mark = dns.changes.length;
      const second = await rig.startOperator('second');
      await first.kill();
      await rig.settles(async () => expect(await second.metrics()).toMatch(/^avi_gateway_leader 1$/m), minutes);
      await nextLook();

      const outageEnds = Date.now() + minutes;
      rig.simulator.faults.add({ times: 0, effect: { kind: 'status', status: 503 } });
      rig.simulator.expireSessions();
      // Something that needs the controller while it is away.
      await rig.apply(route('dev/outage', [shared], ['outage.aclab.test']));
      await second.kill();
      const third = await rig.startOperator('third', { wait: false });
      await new Promise((resolve) => setTimeout(resolve, outageEnds - Date.now()));
      expect(seen()).toEqual([vip]);
      expect(deletesSince(mark)).toEqual([]);

      rig.simulator.faults.clear();
      await rig.settles(async () => expect(await third.ready()).toBe(true), minutes);
      await rig.settles(() => expect(dns.targets('outage.aclab.test')).toEqual([vip]), minutes);
      await rig.settles(async () => expect(await request(vip, 'outage.aclab.test')).toMatchObject({ status: 200 }));
      await nextLook();
      expect(deletesSince(mark)).toEqual([]);
      expect(seen()).toEqual([vip]);
    },
    5 * minutes,
  );

  it(
    'D8: go soon after the route, or the Gateway, is deleted',
    async () => {
      const deleted = async (name: string, kind: string, key: string) => {
        const [space = '', object = ''] = key.split('/');
        const from = Date.now();
        await rig.cluster.kubectl(['-n', space, 'delete', '--wait=false', kind, object]);
        await rig.settles(() => expect(dns.targets(name)).toBeUndefined());
        const change = dns.changes.find(
          ({ action, dnsName, time }) => action === 'delete' && dnsName === name && time >= from,
        );
        return (change?.time ?? Infinity) - from;
      };
      // An idle machine takes 1 to 2 s.
      expect(await deleted('shop.aclab.test', 'httproute', 'dev/shop')).toBeLessThan(10_000);
      expect(await deleted('static.gamma.test', 'gateway', 'infra/static')).toBeLessThan(10_000);
      expect(dns.targets('two.aclab.test')).toEqual([vip]);
    },
    2 * minutes,
  );
});

/** Names whose records were deleted from a place in the list of changes on. */
function deletesSince(mark: number): readonly string[] {
  const gone = ({ action, recordType }: Change) => action === 'delete' && recordType !== 'TXT';
  return dns.changes.filter((change, index) => index >= mark && gone(change)).map(({ dnsName }) => dnsName);
}

/** Follows the addresses of a Gateway; the result gives the distinct ones that it had one after the other. */
function watchAddresses(space: string, name: string): () => readonly string[] {
  const file = join(rig.cluster.folder, `${space}-${name}-addresses.log`);
  const template = 'jsonpath=[{.status.addresses[*].value}]{"\\n"}';
  const kubectl = process.env.KUBECTL ?? 'kubectl';
  const args = [`--kubeconfig=${rig.cluster.adminKubeconfigPath}`, '-n', space, 'get', 'gateway', name, '-w'];
  const daemon = startDaemon(`watch of ${name}`, [kubectl, ...args, '-o', template], file);
  rig.atEnd(() => daemon.kill());
  return () => {
    const values = daemon
      .log(100_000)
      .split('\n')
      .filter((line) => line !== '');
    return values.map((line) => line.slice(1, -1)).filter((value, index, all) => value !== all[index - 1]);
  };
}

async function patchStatus(object: readonly string[], operations: readonly object[]): Promise<void> {
  const patch = ['--subresource=status', '--type=json', '-p', JSON.stringify(operations)];
  await rig.cluster.kubectl(['-n', 'dev', 'patch', ...object, ...patch]);
}
