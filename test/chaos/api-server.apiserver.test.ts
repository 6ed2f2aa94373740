/** Faults around a real API server: what vanishes from it unseen, and replicas that die, freeze and are replaced. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { root } from '../../crds/generate/upstream.ts';
import { confirmAnnotation } from '../../src/loop/held-event.ts';
import { startSimulator, type Simulator, type WriteRecord } from '../../src/simulator/simulator.ts';
import { application, endpointSlice, namespaces, route, type Manifest } from '../cluster/apiserver/application.ts';
import {
  operatorNamespace,
  serviceAccount,
  startOperatorProcess,
  untilReady,
  type OperatorProcess,
} from '../cluster/apiserver/operator-process.ts';
import { eventually } from '../cluster/eventually.ts';
import { startControlPlane, type ControlPlane } from '../cluster/tools/control-plane.ts';

const minutes = 60_000;
jest.setTimeout(4 * minutes);

const apps = ['chaos-a', 'chaos-b', 'chaos-c'] as const;
const types = ['sslkeyandcertificate', 'pool', 'poolgroup', 'httppolicyset', 'vsvip', 'virtualservice'];
const lease = 'avi-gateway-operator';
/** Short, so that a take-over takes seconds: lease 6 s, retry 1 s. */
const election = { leaseSeconds: 6, renewSeconds: 4, retrySeconds: 1 };
const takeOverMs = (6 + 1.2 * 1) * 1000;

let cluster: ControlPlane;
let simulator: Simulator;
/** Takes the cluster back to the time before there were applications. */
let restore: () => Promise<void>;
let kubeconfig: string;
const operators: OperatorProcess[] = [];

const start = async (name: string, timings = election): Promise<OperatorProcess> => {
  const operator = await startOperatorProcess(cluster, kubeconfig, simulator, name, timings);
  operators.push(operator);
  await untilReady(operator);
  return operator;
};
const apply = (...items: readonly Manifest[]): Promise<string> =>
  cluster.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
const ours = (): readonly string[] =>
  types
    .flatMap((type) => simulator.store.list(type))
    .filter(({ body }) => JSON.stringify(body).includes('"clustername"'))
    .map(({ type, name }) => `${type} ${name}`)
    .sort();
const writes = (): readonly WriteRecord[] =>
  simulator.stats.read().writes.filter(({ path }) => path.startsWith('/api/'));
const leads = async (operator: OperatorProcess): Promise<boolean> =>
  /^avi_gateway_leader 1$/m.test(await operator.metrics().catch(() => ''));
const members = (): string => JSON.stringify(simulator.store.list('pool').map(({ body }) => body.servers));

async function settles(check: () => Promise<void> | void, limitMs = 30_000): Promise<void> {
  await eventually(check, limitMs, 100).catch((error: unknown) => {
    const said = (operator: OperatorProcess): string =>
      operator
        .log()
        .split('\n')
        .filter((line) => !/"level":"debug"|CRD is not installed/.test(line))
        .map((line) => line.slice(0, 300))
        .slice(-40)
        .join('\n');
    const logs = operators.map((operator) => `--- ${operator.name}\n${said(operator)}`).join('\n');
    throw new Error(`${(error as Error).message}\n${logs}`, { cause: error });
  });
}

/** Waits until a replica leads, and says how long it took. */
async function untilLeads(operator: OperatorProcess): Promise<number> {
  const since = performance.now();
  await settles(async () => expect(await leads(operator)).toBe(true));
  return performance.now() - since;
}

beforeAll(async () => {
  cluster = await startControlPlane();
  simulator = await startSimulator({ dataPlane: false });
  await cluster.kubectl(['apply', '-k', join(root, 'kustomize/overlays/dev')]);
  await cluster.kubectl(['-n', operatorNamespace, 'scale', 'deployment', '--all', '--replicas=0']);
  kubeconfig = await cluster.serviceAccountKubeconfig(operatorNamespace, serviceAccount);
  restore = await cluster.backUpEtcd();
  await apply(...apps.flatMap(namespaces));
  for (const app of apps) await apply(...(await application(app)));
}, 3 * minutes);

afterAll(async () => {
  await Promise.all(operators.map((operator) => operator.kill()));
  await simulator?.close();
  await cluster?.stop();
}, minutes);

describe('two replicas', () => {
  let leader: OperatorProcess;
  let follower: OperatorProcess;
  /** A change goes through, and the writes since then are of one session and of these kinds. */
  const onlyChange = async (address: string): Promise<void> => {
    // Servers that stay among those that come: one write is enough.
    await apply(endpointSlice('chaos-a', ['10.244.1.21', '10.244.1.22', address]));
    await settles(() => expect(members()).toContain(address));
    expect(writes().map(({ method, type }) => `${method} ${type}`)).toEqual(['PUT pool']);
    simulator.stats.reset();
  };

  it('are both ready, and one leads', async () => {
    leader = await start('one');
    await untilLeads(leader);
    follower = await start('two');
    expect([await leads(leader), await leads(follower)]).toEqual([true, false]);
    await settles(() => expect(ours().filter((name) => name.startsWith('vsvip'))).toHaveLength(3));
    expect(new Set(writes().map(({ session }) => session)).size).toBe(1);
    simulator.stats.reset();
  });

  it('take over from a leader that is frozen; when it wakes it starts no write', async () => {
    const wake = leader.freeze();
    expect(await untilLeads(follower)).toBeLessThan(takeOverMs + 2_000);
    await onlyChange('10.244.1.61');
    // What it has not seen yet, it would write.
    await apply(endpointSlice('chaos-b', ['10.244.1.21', '10.244.1.22', '10.244.1.62']));
    await settles(() => expect(members()).toContain('10.244.1.62'));
    wake();
    await settles(() => expect(leader.ended()).toBe(true));
    expect(new Set(writes().map(({ session }) => session)).size).toBe(1);
    expect(writes().map(({ method, type }) => `${method} ${type}`)).toEqual(['PUT pool']);
    expect(leader.log()).toContain('the leadership is lost');
    simulator.stats.reset();
  });

  it('take over from a leader that is killed', async () => {
    const next = await start('three');
    await follower.kill();
    expect(await untilLeads(next)).toBeLessThan(takeOverMs + 2_000);
    await onlyChange('10.244.1.63');
    leader = next;
  });

  it('are replaced one after the other without a write, and at once when they end in order', async () => {
    const next = await start('four');
    const ending = leader.stop();
    expect(await untilLeads(next)).toBeLessThan(4_000);
    expect(await ending).toBe(0);
    await onlyChange('10.244.1.64');
    leader = next;
    await leader.stop();
  });
});

describe('objects that vanish unseen', () => {
  it('are kept on the controller after etcd was restored, until the plan is confirmed on the Lease', async () => {
    const operator = await start('patient', { leaseSeconds: 40, renewSeconds: 38, retrySeconds: 1 });
    await untilLeads(operator);
    const before = ours();
    await restore();
    const gauge = async (): Promise<number> =>
      Number(/^avi_gateway_held_deletions (\d+)$/m.exec(await operator.metrics())?.[1]);
    await settles(async () => expect(await gauge()).toBe(before.length), 60_000);
    expect(ours()).toEqual(before);

    const events = async (): Promise<string> =>
      cluster.kubectl(['get', 'events', '-A', '-o', 'jsonpath={range .items[*]}{.reason} {.message}{"\\n"}{end}']);
    let hash: string | undefined;
    await settles(async () => {
      hash = new RegExp(`^DeletionsHeld .*${confirmAnnotation}=([0-9a-f]{16})$`, 'm').exec(await events())?.[1];
      expect(hash).toBeDefined();
    });
    const annotate = (value: string): Promise<string> =>
      cluster.kubectl([
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
    expect(ours()).toEqual(before);
    await annotate(hash ?? '');
    await settles(() => expect(ours()).toEqual([]));
    await settles(async () => expect(await gauge()).toBe(0));
    const left = await cluster.kubectl([
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
    await apply(...apps.flatMap(namespaces));
    for (const app of apps) await apply(...(await application(app)), route(app, '/new'));
    await settles(() => expect(ours().filter((name) => name.startsWith('vsvip'))).toHaveLength(3));
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
    return JSON.parse(await cluster.kubectl(['-n', operatorNamespace, 'get', kind, name, '-o', 'json'])) as Role;
  };
  const setRules = async (index: number, rules: readonly Rule[]): Promise<void> => {
    const [kind, name] = roles[index] ?? ['', ''];
    const patch = JSON.stringify([{ op: 'replace', path: '/rules', value: rules }]);
    await cluster.kubectl(['-n', operatorNamespace, 'patch', kind, name, '--type=json', '-p', patch]);
  };
  const rulesNow = async (): Promise<readonly Rule[]> =>
    (await Promise.all(roles.map((_, index) => role(index)))).flatMap(({ rules }) => rules);
  /** `verb group/resource` of a rule. */
  const expand = ({ apiGroups, resources, verbs }: Rule): readonly string[] =>
    verbs.flatMap((verb) => apiGroups.flatMap((group) => resources.map((name) => `${verb} ${group}/${name}`)));
  /** The others are not served here; what is granted on AKO's kinds is what is granted on the Gateway API's. */
  const isInstalled = ({ apiGroups }: Rule): boolean =>
    !apiGroups.includes('ako.vmware.com') && !apiGroups.includes('certificates.k8s.io');

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
    const operator = await startOperatorProcess(cluster, kubeconfig, simulator, `without-${verbs[0] ?? ''}`, timings);
    operators.push(operator);
    try {
      await apply(route('chaos-a', `/without-${verbs[0] ?? ''}`));
      await settles(() => complaints(operator.log()), 60_000);
    } finally {
      await operator.kill();
      for (const index of touched) await setRules(index, before[index]?.rules ?? []);
    }
  };
  const timings = election;

  it('that are granted are used, and no other is asked for', async () => {
    await Promise.all(operators.map((operator) => operator.kill()));
    const used = cluster.asked(account);
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
    expect(verbsOn('ako.vmware.com')).toEqual(verbsOn('gateway.networking.k8s.io'));
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
