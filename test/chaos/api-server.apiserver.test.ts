/** Faults around a real API server: what vanishes from it unseen, and permissions that are missing. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { confirmAnnotation } from '../../src/loop/held-event.ts';
import { route } from '../cluster/apiserver/application.ts';
import { operatorNamespace, serviceAccount } from '../cluster/apiserver/operator-process.ts';
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
}, 3 * minutes);

afterAll(() => rig?.close(), minutes);

describe('objects that vanish unseen', () => {
  it('are kept on the controller after etcd was restored, until the plan is confirmed on the Lease', async () => {
    const operator = await rig.start('patient', { leaseSeconds: 40, renewSeconds: 38, retrySeconds: 1 });
    await rig.untilLeads(operator);
    const before = rig.ours();
    await restore();
    const gauge = async (): Promise<number> =>
      Number(/^avi_gateway_held_deletions (\d+)$/m.exec(await operator.metrics())?.[1]);
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
    const [operator] = rig.operators;
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
  const account = `system:serviceaccount:${operatorNamespace}:${serviceAccount}`;
  const roles = [
    ['clusterrole', 'avi-gateway-operator'],
    ['clusterrole', 'avi-gateway-operator-secrets'],
    ['role', 'avi-gateway-operator-leases'],
  ] as const;
  interface Rule {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
  }
  interface Role {
    readonly rules: readonly Rule[];
  }
  const role = async (index: number): Promise<Role> => {
    const [kind, name] = roles[index] ?? ['', ''];
    return JSON.parse(await rig.cluster.kubectl(['-n', operatorNamespace, 'get', kind, name, '-o', 'json'])) as Role;
  };
  const setRules = async (index: number, rules: readonly Rule[]): Promise<void> => {
    const [kind, name] = roles[index] ?? ['', ''];
    const patch = JSON.stringify([{ op: 'replace', path: '/rules', value: rules }]);
    await rig.cluster.kubectl(['-n', operatorNamespace, 'patch', kind, name, '--type=json', '-p', patch]);
  };
  const rulesNow = async (): Promise<readonly Rule[]> =>
    (await Promise.all(roles.map((_, index) => role(index)))).flatMap(({ rules }) => rules);
  /** `verb group/resource` of a rule. */
  const expand = ({ apiGroups, resources, verbs }: Rule): readonly string[] =>
    verbs.flatMap((verb) => apiGroups.flatMap((group) => resources.map((name) => `${verb} ${group}/${name}`)));
  /** Not served here; what is granted on them is what is granted on the Gateway API's. */
  const extensionGroups = ['ako.vmware.com', 'avi.gateway-operator.io'];
  const isInstalled = ({ apiGroups }: Rule): boolean =>
    !apiGroups.some((group) => extensionGroups.includes(group) || group === 'certificates.k8s.io');

  /** Takes verbs out of all rules, for as long as a replica needs to complain. */
  const without = async (
    verbs: readonly string[],
    complaints: (log: string) => void,
    election = true,
  ): Promise<void> => {
    const before = await Promise.all(roles.map((_, index) => role(index)));
    const touched = election ? [0, 1] : [2];
    for (const index of touched) {
      const rules = (before[index]?.rules ?? []).map((rule) => ({
        ...rule,
        verbs: rule.verbs.filter((verb) => !verbs.includes(verb)),
      }));
      await setRules(
        index,
        rules.filter((rule) => rule.verbs.length > 0),
      );
    }
    const operator = await rig.launch(`without-${verbs[0] ?? ''}`);
    try {
      await rig.apply(route('chaos-a', `/without-${verbs[0] ?? ''}`));
      await rig.settles(() => complaints(operator.log()), 60_000);
    } finally {
      await operator.kill();
      for (const index of touched) await setRules(index, before[index]?.rules ?? []);
    }
  };
  it('that are granted are used, and no other is asked for', async () => {
    await Promise.all(rig.operators.map((operator) => operator.kill()));
    const used = rig.cluster.asked(account);
    const rules = await rulesNow();
    // Not every kind of route has objects here: a verb counts for all resources of its rule.
    const unused = rules
      .filter(isInstalled)
      .flatMap((rule) =>
        rule.verbs
          .filter((verb) => !expand({ ...rule, verbs: [verb] }).some((one) => used.includes(one)))
          .map((verb) => `${verb} ${rule.apiGroups.join()}/${rule.resources.join()}`),
      );
    const all = rules.flatMap(expand);
    const foreign = used.filter((one) => !all.includes(one));
    expect({ unused, foreign }).toEqual({ unused: [], foreign: [] });
    const verbsOn = (group: string): readonly string[] =>
      rules.filter(({ apiGroups }) => apiGroups.includes(group)).map(({ verbs }) => verbs.join());
    const known = verbsOn('gateway.networking.k8s.io');
    for (const group of extensionGroups) expect(known).toEqual(expect.arrayContaining([...verbsOn(group)]));
  });

  it.each(['list', 'watch'])('to %s are missed by name', async (verb) => {
    const needed = (await rulesNow())
      .filter(isInstalled)
      .flatMap(expand)
      .filter((one) => one.startsWith(`${verb} `) && !/configmaps|secrets/.test(one));
    expect(needed.length).toBeGreaterThan(12);
    await without([verb], (log) => {
      for (const one of needed) {
        const [, group = '', resource = ''] = /^\w+ (.*)\/(.*)$/.exec(one) ?? [];
        expect(log).toContain(`cannot ${verb} resource \\"${resource}\\" in API group \\"${group}\\"`);
      }
    });
  });

  it('to write are missed by name', async () => {
    await without(['get', 'create', 'update', 'patch'], (log) => {
      expect(log).toMatch(/cannot (get|patch) resource \\"httproutes\/status\\"/);
      expect(log).toMatch(/cannot create resource \\"events\\"/);
    });
  });

  it('to lead are missed by name', async () => {
    await without(['get', 'create', 'update'], (log) => expect(log).toMatch(/cannot get resource \\"leases\\"/), false);
    await without(
      ['create', 'update'],
      (log) => expect(log).toMatch(/cannot (create|update) resource \\"leases\\"/),
      false,
    );
  });
});
