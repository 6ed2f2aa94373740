import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { AviClient } from '../avi/client.ts';
import type { Config } from '../config.ts';
import { connect } from '../main/controller.ts';
import { CommandFailure } from '../main/failure.ts';
import { OFFLINE_DEFAULTS, readConfig, withControllerFlags, type ControllerFlags } from './options.ts';
import type { Bench, BenchOptions, Ports } from './probe/bench.ts';
import { createWorkshop, deleteObject, findLeftovers } from './probe/objects.ts';
import { adviceOf, describeReport, withoutSite, type Report } from './probe/report.ts';
import { runProbe } from './probe/run-probe.ts';
import { packageVersion } from './version.ts';
import { untilSignal } from './signals.ts';

/** As a shell says of a program that SIGINT ended. */
const INTERRUPTED = 130;

interface Flags extends ControllerFlags {
  readonly vip?: string;
  readonly ports: Ports;
  readonly server?: Bench['server'];
  readonly patience: number;
  readonly flood?: number;
  readonly report?: string;
  readonly clean: boolean;
}

async function probe(flags: Flags): Promise<void> {
  const config = readConfig(flags, { defaults: OFFLINE_DEFAULTS, exitCode: 2 });
  const client = connect(config, 2);
  try {
    if (flags.clean) await clean(config, client);
    else await runAndReport(flags, config, client);
  } finally {
    await client.close();
  }
}

async function runAndReport(flags: Flags, config: Config, client: AviClient): Promise<void> {
  const { readSite } = await import('../main/site.ts');
  const site = await readSite(config, client);
  const signal = untilSignal();
  const { findings, left } = await runProbe(
    {
      client,
      config,
      site,
      signal,
      workshop: createWorkshop(client, config.tenant, randomBytes(3).toString('hex')),
      ports: flags.ports,
      patienceMs: flags.patience * 1000,
      ...(flags.vip !== undefined && { address: flags.vip }),
      ...(flags.server && { server: flags.server }),
      ...(flags.flood !== undefined && { flood: floodOf(flags.flood, config) }),
    },
    ({ id, result }) => process.stderr.write(`${id}: ${result}\n`),
  );
  const controllerVersion = (await client.version()) ?? 'unknown';
  const report: Report = { version: packageVersion(), controllerVersion, findings, advice: adviceOf(findings) };
  process.stdout.write(`${describeReport(report)}\n`);
  if (flags.report !== undefined)
    writeFileSync(flags.report, `${JSON.stringify(withoutSite(report, config), null, 2)}\n`);
  if (left.length > 0) {
    throw new CommandFailure(`not everything was removed; try probe --clean:\n${left.join('\n')}`, 2);
  }
  if (findings.some(({ result }) => result === 'does not hold')) process.exitCode = 1;
  if (signal.aborted) process.exitCode = INTERRUPTED;
}

/** Nothing is tried again, so that the refusal is seen. */
function floodOf(calls: number, config: Config): NonNullable<BenchOptions['flood']> {
  const retry = { attempts: 1, baseMs: 0, capMs: 0, longestRetryAfterMs: 0 };
  return { calls, connect: (concurrency) => connect(config, 2, { concurrency, retry }) };
}

async function clean(config: Config, client: AviClient): Promise<void> {
  const leftovers = await findLeftovers(client, config.tenant);
  for (const object of leftovers) {
    await deleteObject(client, config.tenant, object);
    process.stdout.write(`deleted ${object.type} ${object.name}\n`);
  }
  if (leftovers.length === 0) process.stdout.write('no probe left anything\n');
}

const defaultPorts: Ports = { http: 80, https: 443, http2: 8080, tls: 8443, l4: 9000 };

function parsePorts(text: string): Ports {
  const ports = text.split(',').map(Number);
  const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65535;
  const names = Object.keys(defaultPorts);
  if (ports.length !== names.length || !ports.every(isPort) || new Set(ports).size !== ports.length) {
    throw new InvalidArgumentError(`give five different ports, as ${Object.values(defaultPorts).join()}`);
  }
  const [http = 0, https = 0, http2 = 0, tls = 0, l4 = 0] = ports;
  return { http, https, http2, tls, l4 };
}

function parseServer(text: string): NonNullable<Bench['server']> {
  const found = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text);
  const address = found?.[1] ?? found?.[2] ?? '';
  if (isIP(address) === 0) throw new InvalidArgumentError('give an IP address, and a port after it where one is open');
  return { address, port: Number(found?.[3] ?? 0) };
}

function parseCalls(text: string): number {
  const calls = Number(text);
  if (!Number.isInteger(calls) || calls < 1 || calls > 5_000)
    throw new InvalidArgumentError('give a number from 1 to 5000');
  return calls;
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0)) throw new InvalidArgumentError('give a number of seconds');
  return seconds;
}

/** `probe`: checks what we take for granted of Avi, with throw-away objects. */
export function probeCommand(): Command {
  return withControllerFlags(
    new Command('probe')
      .description(
        'checks our unverified readings of Avi on a real controller with throw-away objects (docs/probe.md); exit 0, 1 when one does not hold, 2 error',
      )
      .option('--vip <address>', 'address for the throw-away VIP; else one is allocated from vipNetworks')
      .addOption(
        new Option('--ports <http,https,http2,tls,l4>', 'ports of the throw-away VIP')
          .argParser(parsePorts)
          .default(defaultPorts, Object.values(defaultPorts).join()),
      )
      .option(
        '--server <address[:port]>',
        'where Service Engines reach this machine; else servers are not checked',
        parseServer,
      )
      .option('--patience <seconds>', 'how long a write may take to be seen in traffic', parseSeconds, 60)
      .option('--flood <calls>', 'send so many reads at once, to see how too many are refused', parseCalls)
      .option('--report <file>', 'write the findings as JSON; nothing of the site is in it')
      .option('--clean', 'only delete what earlier probes left', false),
  ).action(async (flags: Flags) => {
    await probe(flags).catch((error: unknown) => {
      if (error instanceof CommandFailure) throw error;
      throw new CommandFailure((error as Error).message, 2, { cause: error });
    });
  });
}
