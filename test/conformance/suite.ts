import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../crds/generate/upstream.ts';
import { addresses } from './network.ts';
import { gatewayClass } from './operator.ts';
import type { ConformanceOptions } from './options.ts';

/** Names of the suite's waits that a failing test runs into. */
const waits = [
  'GatewayMustHaveAddress',
  'GatewayMustHaveCondition',
  'GatewayStatusMustHaveListeners',
  'GatewayListenersMustHaveConditions',
  'HTTPRouteMustHaveCondition',
  'HTTPRouteMustNotHaveParents',
  'RouteMustHaveParents',
  'NamespacesMustBeReady',
  'LatestObservedGenerationSet',
  'MaxTimeToConsistency',
  'DefaultTestTimeout',
];

/** Ends a run that hangs. A run takes a few minutes. */
const limit = '60m';

/** Runs the suite; true when it ended well. Its output goes to `suite.log`, results to `results.jsonl` and `report.yaml`. */
export async function runSuite(
  program: string,
  folder: string,
  kubeconfig: string,
  options: ConformanceOptions,
  stop: AbortSignal,
): Promise<boolean> {
  const output = openSync(join(folder, 'suite.log'), 'w');
  const child = spawn(program, flagsOf(folder, options), {
    cwd: folder,
    env: { ...process.env, KUBECONFIG: kubeconfig },
    stdio: ['ignore', output, output],
    signal: stop,
  });
  closeSync(output);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0 && !existsSync(join(folder, 'report.yaml')))
    process.stderr.write(lastLines(join(folder, 'suite.log')));
  return code === 0;
}

function lastLines(file: string): string {
  return `the suite ended early:\n${readFileSync(file, 'utf8').split('\n').slice(-20).join('\n')}`;
}

function flagsOf(folder: string, options: ConformanceOptions): readonly string[] {
  const { profiles, run, features, childOrder, waitSeconds } = options;
  const overrides = waits.map((wait) => `${wait}:${waitSeconds}`).join(';');
  return [
    '-test.v',
    '-test.run=TestConformance',
    `-test.timeout=${limit}`,
    `--gateway-class=${gatewayClass}`,
    `--conformance-profiles=${profiles.join(',')}`,
    ...(run === undefined ? [] : [`--run-test=${run}`]),
    ...(features === undefined ? [] : [`--supported-features=${features.join(',')}`]),
    ...(waitSeconds === undefined ? [] : [`--timeout-config-overrides=${overrides}`]),
    `--usable-address=${addresses.usableVip}`,
    `--unusable-address=${addresses.unusableVip}`,
    // Everything is thrown away with the rig.
    '--cleanup-base-resources=false',
    `--results-output=${join(folder, 'results.jsonl')}`,
    `--report-output=${join(folder, 'report.yaml')}`,
    `--mode=${childOrder === 'longest' ? 'default' : 'untrusted-child-order'}`,
    '--organization=avi-gateway-operator',
    '--project=avi-gateway-operator',
    '--url=https://avi-gateway-operator.example',
    `--version=${version()}`,
    '--contact=MAINTAINERS',
  ];
}

/** The package's version and, where there is one, the commit. */
function version(): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  try {
    const git = ['describe', '--always', '--dirty'];
    const commit = execFileSync('git', git, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return `v${version}-${commit.trim()}`;
  } catch {
    return `v${version}`;
  }
}
