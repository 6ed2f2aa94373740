import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseFault, startSimulator, type Fault, type SimulatorOptions } from '../simulator/simulator.ts';
import { CommandFailure } from '../main/failure.ts';
import { collect } from './options.ts';
import { aborted, untilSignal } from './signals.ts';

interface SimulatorFlags {
  readonly listen: string;
  readonly username: string;
  readonly passwordFile?: string;
  readonly caOut?: string;
  readonly http?: boolean;
  readonly vipPool: string;
  readonly vipPool6?: string;
  readonly portMap?: Readonly<Record<number, number>>;
  readonly state?: string;
  readonly latencyMs: number;
  readonly programDelayMs: number;
  readonly evhOrder: 'longest' | 'random';
  readonly seed: number;
  readonly compat?: boolean;
  readonly dnsDomain?: readonly string[];
  readonly serverNetwork?: readonly string[];
  readonly fault?: readonly Fault[];
  readonly rateLimit?: number;
}

/** `simulator`: the embedded Avi Controller alone, until SIGINT or SIGTERM. */
export function simulatorCommand(): Command {
  return new Command('simulator')
    .description('run the embedded Avi Controller')
    .option('--listen <host:port>', 'address of the REST API; port 0 takes a free one', '127.0.0.1:9443')
    .option('--username <name>', 'user of the API', 'admin')
    .option('--password-file <file>', "the user's password; made when absent")
    .option('--ca-out <file>', "where to write the CA of the API's certificate, PEM")
    .option('--http', 'plain HTTP instead of TLS')
    .option('--vip-pool <cidr>', 'addresses of the VIP network', '127.10.0.0/24')
    .option('--vip-pool6 <cidr>', 'IPv6 addresses of the VIP network')
    .option(
      '--port-map <pairs>',
      'port of a virtual service = port that is really bound, as 80=8080,443=8443',
      parsePortMap,
    )
    .option('--state <file>', 'keep the objects in this file')
    .option('--latency-ms <n>', 'delay of each API call', parseNumber, 0)
    .option('--program-delay-ms <n>', 'upper bound of the delay before a write takes effect in traffic', parseNumber, 0)
    .addOption(evhOrderOption())
    .option('--rate-limit <n>', 'calls a second above which the answer is 429', parseNumber)
    .option('--fault <json>', 'a fault as docs/simulator.md has it; may be given several times', collectFault)
    .option('--seed <n>', 'seed of everything random', parseNumber, 1)
    .option('--compat', 'drop unknown fields in silence, as older controllers do, instead of refusing them')
    .option('--dns-domain <domain...>', 'domains of the DNS profile', collect)
    .option('--server-network <cidr...>', 'servers that may be contacted (default: loopback)', collect)
    .action(run);
}

function evhOrderOption(): Option {
  return new Option('--evh-order <order>', 'which of several matching children serves')
    .choices(['longest', 'random'])
    .default('longest');
}

async function run(flags: SimulatorFlags): Promise<void> {
  const stop = untilSignal();
  const directory = mkdtempSync(join(tmpdir(), 'avi-simulator-'));
  try {
    await serve(flags, credentialFiles(flags, directory), stop);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function serve(flags: SimulatorFlags, files: CredentialFiles, stop: AbortSignal): Promise<void> {
  const simulator = await startSimulator(optionsOf(flags, readPassword(files.password))).catch((error: unknown) => {
    throw new CommandFailure(`simulator: ${error instanceof Error ? error.message : String(error)}`, 2, {
      cause: error,
    });
  });
  writeFileSync(files.ca, simulator.ca);
  const trust = flags.http ? '' : `, CA ${files.ca}`;
  process.stdout.write(
    `Avi Controller (simulated) ready at ${simulator.url}${trust}, user ${flags.username}, password in ${files.password}\n`,
  );
  await aborted(stop);
  await simulator.close();
}

function optionsOf(flags: SimulatorFlags, password: string): SimulatorOptions {
  const { listen, username, vipPool, vipPool6, portMap, state, latencyMs, programDelayMs, evhOrder, seed } = flags;
  return {
    listen,
    username,
    password,
    vipPool,
    latencyMs,
    programDelayMs,
    evhOrder,
    seed,
    tls: !flags.http,
    validation: flags.compat ? 'compat' : 'strict',
    dnsDomains: flags.dnsDomain ?? [],
    log: (message) => void process.stderr.write(`${message}\n`),
    ...(vipPool6 !== undefined && { vipPool6 }),
    ...(portMap !== undefined && { portMap }),
    ...(flags.rateLimit !== undefined && { rateLimit: flags.rateLimit }),
    ...(flags.fault !== undefined && { faults: flags.fault }),
    ...(state !== undefined && { stateFile: state }),
    ...(flags.serverNetwork !== undefined && { serverNetworks: flags.serverNetwork }),
  };
}

interface CredentialFiles {
  readonly ca: string;
  readonly password: string;
}

/** Files that are not named live in a directory that goes when the command ends. */
function credentialFiles(flags: SimulatorFlags, directory: string): CredentialFiles {
  return { ca: flags.caOut ?? join(directory, 'ca.pem'), password: flags.passwordFile ?? join(directory, 'password') };
}

function readPassword(file: string): string {
  if (!existsSync(file)) {
    writeFileSync(file, randomBytes(12).toString('base64url'), { mode: 0o600 });
    chmodSync(file, 0o600);
  }
  const password = readFileSync(file, 'utf8').trim();
  if (password === '') throw new CommandFailure(`simulator: ${file} is empty, it must hold the password`, 2);
  return password;
}

function parseNumber(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number) || number < 0)
    throw new InvalidArgumentError('must be a number from 0');
  return number;
}

function collectFault(value: string, previous: readonly Fault[] | undefined): readonly Fault[] {
  try {
    return [...(previous ?? []), parseFault(JSON.parse(value))];
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

/** `80=8080,443=8443` as an object. */
export function parsePortMap(value: string): Readonly<Record<number, number>> {
  const ports: Record<number, number> = {};
  for (const pair of value.split(',')) {
    const match = /^\s*(\d{1,5})=(\d{1,5})\s*$/.exec(pair);
    const [from, to] = [Number(match?.[1]), Number(match?.[2])];
    if (!match || from < 1 || from > 65535 || to < 1 || to > 65535) {
      throw new InvalidArgumentError(`'${pair}' must be PORT=PORT, as 80=8080`);
    }
    ports[from] = to;
  }
  return ports;
}
