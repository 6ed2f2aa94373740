/**
 * The roles that are shipped are the least that works: for each single permission in them an operator runs that has all
 * the others, and says by name what it misses. A permission that nobody misses would be one too many.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { extensionFolder } from '../../crds/generate/extensions.ts';
import { loadConfig } from '../../src/config.ts';
import { composeRun, type Running } from '../../src/main/run.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { silentLogger, type Logger } from '../../src/telemetry/log.ts';
import { gatewayClass } from '../cluster/apiserver/application.ts';
import type { Manifest } from '../cluster/tools/manifest.ts';
import { eventually } from '../cluster/eventually.ts';
import { startApiProxy, type ApiProxy } from '../cluster/tools/api-proxy.ts';
import { startControlPlane, type ControlPlane } from '../cluster/tools/control-plane.ts';
import { blockAffinityDefinition, everyKind } from './every-kind.ts';
import { complaint, nameOf, roleOf, shippedGrants, type Grant } from './grants.ts';

const minutes = 60_000;
jest.setTimeout(4 * minutes);

const grants = shippedGrants();
const isRead = ({ verb, group, resource }: Grant): boolean =>
  ['list', 'watch'].includes(verb) || group === 'apiextensions.k8s.io' || resource === 'leases';
const reads = grants.filter(isRead);
const writes = grants.filter((grant) => !isRead(grant));

/** The user who has every permission. */
const unlimited = 'rbac-all';
const userWithout = (grant: Grant): string => `rbac-without-${grants.indexOf(grant)}`;
const without = (missing: Grant): readonly Grant[] => grants.filter((grant) => grant !== missing);

let cluster: ControlPlane;
let simulator: Simulator;
let proxy: ApiProxy;
const running = new Set<Running>();
/** What the operator says that leads, and has every permission but the one that is tried. */
const leaderSaid: string[] = [];

const apply = (items: readonly Manifest[]): Promise<string> =>
  cluster.kubectl(
    ['apply', '--server-side', '--force-conflicts', '-f', '-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
  );

function recordingLogger(said: string[]): Logger {
  const say = (message: string, { error }: Readonly<Record<string, unknown>> = {}): void => {
    said.push(error instanceof Error ? `${message}: ${error.message}` : message);
  };
  const logger: Logger = { ...silentLogger(), info: say, warn: say, error: say, child: () => logger };
  return logger;
}

interface Kubeconfig {
  readonly clusters: readonly [{ readonly name: string }];
  readonly users: readonly [{ readonly name: string; readonly user: object }];
}

function writeFor(user: string, name: string, text: string): string {
  const path = join(cluster.folder, `${user}-${name}`);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** The administrator's, who acts as the user. */
function kubeconfigOf(user: string): string {
  const admin = JSON.parse(readFileSync(cluster.adminKubeconfigPath, 'utf8')) as Kubeconfig;
  const [{ name }] = admin.clusters;
  return writeFor(
    user,
    'kubeconfig',
    JSON.stringify({
      ...admin,
      // Without this the client takes no API server without TLS.
      clusters: [{ name, cluster: { server: proxy.url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: admin.users[0].name, user: { ...admin.users[0].user, as: user } }],
    }),
  );
}

/** An operator in this process as that user; what it says is added to `said`. */
async function run(user: string, leaseName: string, said: string[], settings: object = {}): Promise<Running> {
  const config = {
    clusterName: 'cluster1',
    controller: {
      addresses: [simulator.url],
      tls: { caFile: writeFor(user, 'ca.crt', simulator.ca) },
      credentialsDir: cluster.folder,
    },
    server: { listen: '127.0.0.1:0' },
    leaderElection: { leaseName, leaseNamespace: 'default', leaseSeconds: 20, renewSeconds: 18, retrySeconds: 1 },
    ...settings,
  };
  const file = writeFor(user, 'config.yaml', JSON.stringify(config));
  const choice = { kubeconfig: kubeconfigOf(user), logger: recordingLogger(said) };
  const operator = await composeRun(loadConfig({ file }), AbortSignal.timeout(minutes), choice);
  if (!operator) throw new Error(`${user}: the controller did not answer`);
  running.add(operator);
  return operator;
}

beforeAll(async () => {
  cluster = await startControlPlane([
    '--feature-gates=ClusterTrustBundle=true',
    '--runtime-config=certificates.k8s.io/v1beta1/clustertrustbundles=true',
  ]);
  simulator = await startSimulator({ dataPlane: false });
  proxy = await startApiProxy(cluster.server, cluster.ca);
  writeFileSync(join(cluster.folder, 'username'), simulator.username);
  writeFileSync(join(cluster.folder, 'password'), simulator.password);
  await cluster.kubectl(['apply', '--server-side', '-k', extensionFolder]);
  await apply([blockAffinityDefinition]);
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all']);
  await apply([
    ...roleOf(unlimited, grants),
    ...reads.flatMap((grant) => roleOf(userWithout(grant), without(grant))),
    gatewayClass,
    ...(await everyKind()),
  ]);
  await run(unlimited, 'leader', leaderSaid);
  await eventually(() => expect(leaderSaid.join('\n')).toContain('first sync is complete'), minutes);
}, 4 * minutes);

afterAll(async () => {
  await Promise.all([...running].map((operator) => operator.stop()));
  await proxy?.close();
  await simulator?.close();
  await cluster?.stop();
}, minutes);

describe('each permission of the shipped roles', () => {
  it('is enough with the others, and nothing is missed', async () => {
    const written = ['get', 'gateways,httproutes,tcproutes', '-o', 'jsonpath={.items[*].status}'];
    await eventually(async () => expect(await cluster.kubectl(written)).toContain('Programmed'));
    expect(leaderSaid.filter((line) => line.includes('forbidden'))).toEqual([]);
    expect([reads.length, writes.length].map((count) => count > 40)).toEqual([true, true]);
  });

  it('to read, and to lead, is missed by name', async () => {
    const silent: string[] = [];
    const waiting = [...reads];
    const next = async (): Promise<void> => {
      for (let missing = waiting.shift(); missing; missing = waiting.shift()) {
        if (!(await isMissed(missing))) silent.push(nameOf(missing));
      }
    };
    await Promise.all(Array.from({ length: 4 }, next));
    expect(silent).toEqual([]);
  });

  it('to write is missed by name', async () => {
    const silent: string[] = [];
    for (const grant of writes) {
      await apply(roleOf(unlimited, without(grant)));
      await untilRefused(grant);
      const { verb, group, resource } = grant;
      const plural = resource.replace('/status', '');
      // Nobody asks for an object before a write to it has met a newer one.
      if (verb === 'get')
        proxy.intercept((method, path) => (method === 'PATCH' && path.includes(`/${plural}/`) ? 409 : undefined));
      leaderSaid.length = 0;
      if (resource === 'events') await newEvent();
      else await disturb(`${plural}.${group}`, resource === plural && verb === 'patch');
      const complains = (): void => expect(leaderSaid.join('\n')).toContain(complaint(grant));
      await eventually(complains, 15_000).catch(() => silent.push(nameOf(grant)));
      proxy.intercept(() => undefined);
    }
    await apply(roleOf(unlimited, grants));
    expect(silent).toEqual([]);
  });
});

/** Whether an operator that lacks the permission says so. */
async function isMissed(missing: Grant): Promise<boolean> {
  const said: string[] = [];
  const user = userWithout(missing);
  const operator = await run(user, missing.resource === 'leases' ? user : 'leader', said, settingsFor(missing));
  const complains = (): void => expect(said.join('\n')).toContain(complaint(missing));
  const isSaid = await eventually(complains, 20_000).then(
    () => true,
    () => false,
  );
  running.delete(operator);
  await operator.stop();
  return isSaid;
}

/** The configuration under which a permission is needed. */
function settingsFor({ resource }: Grant): object {
  // Followers do not write; who needs to lead has nothing to do.
  if (resource === 'leases') return { clusterName: 'other', controllerName: 'example.com/none' };
  if (resource === 'pods') return { serviceType: 'NodePortLocal' };
  if (resource === 'blockaffinities') return { staticRoutes: { source: 'calico' } };
  return {};
}

/** The API server takes a changed role up a moment later. */
async function untilRefused({ verb, group, resource }: Grant): Promise<void> {
  const [plural = '', subresource] = resource.split('/');
  const flags = subresource === undefined ? [] : [`--subresource=${subresource}`];
  const ask = ['auth', 'can-i', verb, group ? `${plural}.${group}` : plural, `--as=${unlimited}`, '-A', ...flags];
  await eventually(async () => {
    const answer = await cluster.kubectl(ask).catch((error: { readonly stdout?: string }) => error.stdout ?? '');
    expect(answer.trim()).toBe('no');
  }, 10_000);
}

/** Somebody takes the statuses or the finalizers of all objects of a kind away. */
async function disturb(resource: string, finalizers: boolean): Promise<void> {
  const names = (await cluster.kubectl(['get', resource, '-o', 'name'])).trim().split('\n');
  expect(names[0]).not.toBe('');
  const patch = JSON.stringify(finalizers ? { metadata: { finalizers: null } } : { status: null });
  const flags = finalizers ? [] : ['--subresource=status'];
  for (const name of names) await cluster.kubectl(['patch', name, '--type=merge', '-p', patch, ...flags]);
}

/** Something to tell its user: a certificate that is not there. */
async function newEvent(): Promise<void> {
  const tls = { mode: 'Terminate', certificateRefs: [{ name: 'nowhere' }] };
  const listeners = [
    { name: 'https', port: 443, protocol: 'HTTPS', hostname: 'lost.example.test', tls },
    { name: 'http', port: 80, protocol: 'HTTP' },
  ];
  await apply([
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'lost', namespace: 'default' },
      spec: { gatewayClassName: 'avi-lb', listeners },
    },
  ]);
}
