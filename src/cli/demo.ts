import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { loadConfig } from '../config.ts';
import type { Problem } from '../routing/result/findings.ts';
import { createAuthorities, PASSTHROUGH, startApplication } from './demo/application.ts';
import type { CheckResult } from './demo/check.ts';
import { isServing, runChecks } from './demo/checks.ts';
import { createWafPolicy } from './demo/checks-policies.ts';
import { choosePort } from './demo/ports.ts';
import type { Target } from './demo/requests.ts';
import { formatTree, readTopology } from './demo/topology.ts';
import { ALIAS, createWorkspace, GRPC, HOSTNAME, HOSTNAMES, SECURE, TEAM, type Workspace } from './demo/workspace.ts';
import { CommandFailure } from '../main/failure.ts';
import { describeProblem } from './render.ts';
import { untilSignal } from './signals.ts';
import { formatTable } from './table.ts';
import type { Standalone } from '../main.ts';

interface Flags {
  readonly once: boolean;
  readonly directory?: string;
}

const vipPool = '127.10.0.0/24';
/** The first address of the pool, which the demo's only Gateway gets; used to find free ports. */
const firstVip = '127.10.0.1';
const startLimitMs = 60_000;
const followIntervalMs = 2000;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The address that the controller allocated for the demo's Gateway; undefined while there is none. */
async function vipAddress(standalone: Standalone): Promise<string | undefined> {
  const [vip] = await standalone.client.list('/api/vsvip/', { tenant: '*' });
  const [entry] = (vip?.vip ?? []) as readonly { readonly ip_address?: { readonly addr?: string } }[];
  return entry?.ip_address?.addr;
}

/** Waits until every page is served as it should be; the checks afterwards say what is missing when it is not. */
async function waitUntilServing(standalone: Standalone, ports: Omit<Target, 'address'>): Promise<Target> {
  const end = Date.now() + startLimitMs;
  for (;;) {
    const address = await vipAddress(standalone);
    const target = address === undefined ? undefined : { ...ports, address };
    if (target && ((await isServing(target)) || Date.now() > end)) return target;
    if (Date.now() > end) throw new CommandFailure('the Gateway was not programmed within a minute', 1);
    await sleep(200);
  }
}

function tableOf(results: readonly CheckResult[]): string {
  const rows = results.map(({ what, expected, actual, ok }) => [
    ok ? 'ok' : 'FAILED',
    what,
    expected,
    ok ? '' : actual,
  ]);
  return formatTable([['', 'check', 'expected', 'actual, where it differs'], ...rows]);
}

/** One curl command that needs no entry in /etc/hosts and no root. */
function curl(url: string, target: Target, caFile: string, more = ''): string {
  const { hostname } = new URL(url);
  // The redirect leads from one port to another.
  const ports = hostname === PASSTHROUGH ? [target.tlsPort] : [target.httpPort, target.httpsPort];
  const resolve = ports.map((port) => `--resolve ${hostname}:${port}:${target.address}`).join(' ');
  return `curl --cacert ${caFile} ${resolve} ${more}${url}`;
}

function printGuide(target: Target, workspace: Workspace): void {
  const secure = (hostname: string, path: string) => `https://${hostname}:${target.httpsPort}${path}`;
  const plain = `http://${HOSTNAME}:${target.httpPort}/pink`;
  const through = `https://${PASSTHROUGH}:${target.tlsPort}/`;
  say('Open (with the names in your hosts file, and the CA trusted):\n');
  say(`  ${target.address} ${HOSTNAMES.join(' ')}\n`);
  for (const path of ['/', '/pink', '/blue', '/green', '/healthz']) say(`  ${secure(HOSTNAME, path)}`);
  for (const hostname of [ALIAS, SECURE, TEAM]) say(`  ${secure(hostname, '/')}`);
  say(`  ${through} (with the CA of the backends)`);
  say(`  ${plain} (redirects to HTTPS)\n`);
  say('Or from this machine, as it is:\n');
  say(`  ${curl(secure(HOSTNAME, '/pink'), target, workspace.caFile)}`);
  say(`  ${curl(secure(ALIAS, '/green'), target, workspace.caFile)}`);
  say(`  ${curl(plain, target, workspace.caFile, '-iL ')}`);
  say(`  ${curl(through, target, workspace.backendCaFile)}`);
  say(`  for i in $(seq 20); do ${curl(secure(HOSTNAME, '/blue'), target, workspace.caFile, '-s ')}; done\n`);
  say(
    `gRPC: ${GRPC}:${target.httpsPort}, method demo.Echo/Say; TCP and UDP echo: ${target.address}:${target.echoPort}\n`,
  );
  say(`Manifests: ${workspace.manifests}\nEdit them and watch; Ctrl-C ends.`);
}

/** Prints the tree again whenever it has changed, until the signal. */
async function follow(standalone: Standalone, first: string, signal: AbortSignal): Promise<void> {
  let printed = first;
  while (!signal.aborted) {
    await sleep(followIntervalMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const tree = formatTree(await readTopology(standalone.client));
    if (tree !== printed) say(`\n${tree}`);
    printed = tree;
  }
}

async function check(target: Target): Promise<void> {
  const results = await runChecks(target);
  say(tableOf(results));
  const failed = results.filter((result) => !result.ok).length;
  say(`\n${results.length - failed} of ${results.length} checks passed`);
  if (failed > 0) throw new CommandFailure(`${failed} checks failed`, 1);
}

async function runDemo(directory: string, flags: Flags): Promise<void> {
  const { composeStandalone } = await import('../main.ts');
  const ports = {
    httpPort: await choosePort(8080, firstVip),
    httpsPort: await choosePort(8443, firstVip),
    tlsPort: await choosePort(9443, firstVip),
    echoPort: await choosePort(7000, firstVip),
  };
  const { httpPort, httpsPort, tlsPort, echoPort } = ports;
  const authorities = await createAuthorities();
  const { backends, close } = await startApplication(authorities);
  const workspace = await createWorkspace(directory, backends, authorities, httpsPort);
  const config = loadConfig({ flags: { clusterName: 'demo', logLevel: 'error' } });
  const onProblems = (problems: readonly Problem[]) => problems.forEach((problem) => say(describeProblem(problem)));
  const standalone = await composeStandalone({
    config,
    paths: [workspace.manifests],
    simulator: { vipPool, portMap: { 80: httpPort, 443: httpsPort, 9443: tlsPort, 7000: echoPort } },
    onProblems,
  });
  try {
    const [ca, backendCa] = [authorities.clients.certificate, authorities.backends.certificate];
    await createWafPolicy(standalone.client);
    const target = await waitUntilServing(standalone, { ...ports, ca, backendCa, controller: standalone.client });
    const tree = formatTree(await readTopology(standalone.client));
    say(tree);
    if (flags.once) return await check(target);
    printGuide(target, workspace);
    await follow(standalone, tree, untilSignal());
  } finally {
    await standalone.stop();
    close();
  }
}

async function demo(flags: Flags): Promise<void> {
  const directory = flags.directory ?? (await mkdtemp(join(tmpdir(), 'avi-gateway-demo-')));
  try {
    await runDemo(directory, flags);
  } finally {
    if (flags.directory === undefined) await rm(directory, { recursive: true, force: true });
  }
}

/** `demo`: the sample application behind the embedded controller. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('the sample application behind the embedded controller; prints what to open')
    .option('--once', 'check every URL by real requests, print a table, exit 0 or 1', false)
    .option(
      '--directory <directory>',
      'where the manifests and the CA are written; kept at the end (default: a temporary one)',
    )
    .action(demo);
}
