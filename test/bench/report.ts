/** A run's result as JSON and as a table. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { root } from '../../crds/generate/upstream.ts';
import type { Measurement } from './measure.ts';
import type { BenchOptions } from './options.ts';

/** Options that results from before they were there lack. */
type OlderLacks = 'macro' | 'replicas' | 'hourMinutes';

export interface Report {
  readonly date: string;
  readonly command: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGigabytes: number;
    /** Load averages of a minute before and after: above 0 before means that others used the machine too. */
    readonly loadBefore: number;
    readonly loadAfter: number;
  };
  readonly versions: Readonly<Record<string, string>>;
  readonly options: Omit<BenchOptions, 'profile' | 'output' | OlderLacks> & Partial<Pick<BenchOptions, OlderLacks>>;
  /** Seconds that the run took, set-up included; older results lack it. */
  readonly took?: number;
  readonly measurements: readonly Measurement[];
}

/** The machine as it is now; `loadBefore` was read when the run began. */
export function report(
  options: BenchOptions,
  loadBefore: number,
  took: number,
  measurements: readonly Measurement[],
): Report {
  const { profile: _profile, output: _output, ...rest } = options;
  const [first] = cpus();
  return {
    date: new Date().toISOString().slice(0, 16),
    command: commandOf(options),
    machine: {
      cpu: first?.model ?? 'unknown',
      cores: cpus().length,
      memoryGigabytes: Math.round(totalmem() / 2 ** 30),
      loadBefore: round(loadBefore),
      loadAfter: round(loadavg()[0] ?? 0),
    },
    versions: versions(),
    options: rest,
    took: round(took),
    measurements,
  };
}

function commandOf({ routes, latencyMs, concurrency, scenarios, replicas, macro }: BenchOptions): string {
  const more = `${replicas === 1 ? '' : ` REPLICAS=${replicas}`}${macro ? ' MACRO=1' : ''}`;
  return `make bench N=${routes} LATENCY=${latencyMs} CONCURRENCY=${concurrency}${more} SCENARIO=${scenarios.join(',')}`;
}

function versions(): Readonly<Record<string, string>> {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  const controlPlane = readFileSync(join(root, 'test/cluster/tools/control-plane/go.mod'), 'utf8');
  const kubernetes = /^\tk8s\.io\/kubernetes (\S+)/m.exec(controlPlane)?.[1] ?? 'unknown';
  return { commit, node: process.version, kubernetes };
}

const round = (value: number): number => Math.round(value * 100) / 100;
const milliseconds = (value: number | undefined): string => (value === undefined ? '–' : String(Math.round(value)));
const seconds = (value: number | undefined): string => (value ?? 0).toFixed(2);

const columns: readonly (readonly [string, (measured: Measurement) => string])[] = [
  ['what', ({ what }) => what],
  ['last write ms', ({ lastWriteMs }) => milliseconds(lastWriteMs)],
  ['last Accepted ms', ({ lastAcceptedMs }) => milliseconds(lastAcceptedMs)],
  ['limit ms (by)', ({ limit }) => `${Math.round(limit.ms)} (${limit.by})`],
  ['calls', ({ calls }) => String(calls)],
  ['writes', ({ writes }) => String(writes)],
  ['in flight', ({ inFlightMax }) => String(inFlightMax)],
  ['reconciles', ({ reconciles }) => String(reconciles)],
  ['status writes route + Gateway', (one) => `${one.routeStatusWrites} + ${one.gatewayStatusWrites}`],
  ['CPU s operator', ({ cpu }) => seconds(cpu.operator)],
  ['controller', ({ cpu }) => seconds(cpu.controller)],
  ['API server', ({ cpu }) => seconds((cpu['kube-apiserver'] ?? 0) + (cpu.etcd ?? 0))],
  [
    'further',
    ({ figures = {} }) =>
      Object.entries(figures)
        .map(([name, value]) => `${name} ${round(value)}`)
        .join(', '),
  ],
];

/** Markdown. */
export function table({ date, command, machine, versions: made, measurements }: Report): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const calls = measurements.map(({ what, byCall }) => {
    const counts = Object.entries(byCall).map(([call, count]) => `${call} ${count}`);
    return `- ${what}: ${counts.join(', ') || 'none'}`;
  });
  return [
    `\`${command}\` on ${date}: ${machine.cores} cores (${machine.cpu}), ${machine.memoryGigabytes} GB; load average before ` +
      `${machine.loadBefore}, after ${machine.loadAfter}; commit ${made.commit}, Node ${made.node}, Kubernetes ${made.kubernetes}.`,
    '',
    row(columns.map(([title]) => title)),
    row(columns.map(() => '---')),
    ...measurements.map((measured) => row(columns.map(([, cell]) => cell(measured)))),
    '',
    'Calls by method and type:',
    '',
    ...calls,
    '',
  ].join('\n');
}
