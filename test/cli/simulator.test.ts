import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import got from 'got';
import { parsePortMap, simulatorCommand } from '../../src/cli/simulator.ts';
import { login } from '../simulator/client.ts';

const command = fileURLToPath(new URL('../../src/cli/simulator.ts', import.meta.url));
const program = `import(${JSON.stringify(command)}).then((module) => module.simulatorCommand().parseAsync())`;

describe('the simulator command', () => {
  let directory: string;
  let child: ChildProcess | undefined;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'simulator-cli-'));
  });
  afterEach(() => {
    child?.kill('SIGKILL');
    child = undefined;
    rmSync(directory, { recursive: true });
  });

  /** Starts the command and returns its first line. */
  async function start(...flags: readonly string[]): Promise<string> {
    const started = spawn(process.execPath, ['-e', program, '--', '--listen', '127.0.0.1:0', ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    return new Promise((resolve, reject) => {
      let output = '';
      let errors = '';
      started.stderr.on('data', (data: Buffer) => (errors += data.toString()));
      started.stdout.on('data', (data: Buffer) => {
        output += data.toString();
        if (output.includes('\n')) resolve(output.trim());
      });
      started.on('exit', (code) => reject(new Error(`exit ${code}: ${errors}`)));
    });
  }

  function ended(): Promise<number | null> {
    return new Promise((resolve) => child?.once('exit', resolve));
  }

  it('says in one line where everything is, works, and stops when it is told', async () => {
    const passwordFile = join(directory, 'password');
    const caFile = join(directory, 'ca.pem');
    const stateFile = join(directory, 'state.json');
    const line = await start(
      '--password-file',
      passwordFile,
      '--ca-out',
      caFile,
      '--state',
      stateFile,
      '--http',
      '--dns-domain',
      'example.com',
    );
    const match =
      /^Avi Controller \(simulated\) ready at (http:\/\/127\.0\.0\.1:\d+), user admin, password in (.+)$/.exec(line);
    expect(match?.[2]).toBe(passwordFile);
    expect(statSync(passwordFile).mode & 0o777).toBe(0o600);
    expect(readFileSync(caFile, 'utf8')).toContain('BEGIN CERTIFICATE');
    const client = await login({
      url: match?.[1] ?? '',
      username: 'admin',
      password: readFileSync(passwordFile, 'utf8'),
    });
    await client.create('pool', { name: 'p' });
    expect(line).not.toContain(readFileSync(passwordFile, 'utf8'));
    const exit = ended();
    child?.kill('SIGTERM');
    expect(await exit).toBe(0);
    expect(readFileSync(stateFile, 'utf8')).toContain('"name":"p"');
  }, 60_000);

  it('takes the password that the file has, and names the CA', async () => {
    const passwordFile = join(directory, 'password');
    writeFileSync(passwordFile, 'secret\n');
    const line = await start('--password-file', passwordFile);
    const [, url = '', caFile = ''] =
      /ready at (https:\/\/127\.0\.0\.1:\d+), CA (\S+ca\.pem), user admin/.exec(line) ?? [];
    const certificateAuthority = readFileSync(caFile, 'utf8');
    const logIn = (password: string) =>
      got.post(`${url}/login`, {
        json: { username: 'admin', password },
        https: { certificateAuthority },
        throwHttpErrors: false,
      });
    expect((await logIn('secret')).statusCode).toBe(200);
    expect((await logIn('other')).statusCode).toBe(401);
  }, 60_000);

  it.each([
    ['--vip-pool', 'nonsense', /vipPool/],
    ['--listen', 'nowhere', /listen/],
    ['--port-map', '80', /must be PORT=PORT/],
    ['--fault', '{"effect":{"kind":"explode"}}', /effect\.kind/],
    ['--fault', 'nonsense', /JSON/],
    ['--evh-order', 'shortest', /longest, random/],
    ['--latency-ms', 'soon', /must be a number from 0/],
  ])('%s %s is refused', async (flag, value, expected) => {
    const quiet = simulatorCommand()
      .exitOverride()
      .configureOutput({ writeErr: () => undefined });
    await expect(quiet.parseAsync([flag, value], { from: 'user' })).rejects.toThrow(expected);
  });

  it('has the flags of the design', () => {
    const flags = simulatorCommand().options.map((option) => option.long);
    expect(flags).toEqual(
      expect.arrayContaining([
        '--listen',
        '--vip-pool',
        '--port-map',
        '--state',
        '--latency-ms',
        '--program-delay-ms',
        '--evh-order',
      ]),
    );
  });
});

describe('a port map', () => {
  it('is read and checked', () => {
    expect(parsePortMap('80=8080, 443=8443')).toEqual({ 80: 8080, 443: 8443 });
    for (const wrong of ['', '80', '80=', '0=1', '80=70000', '80:8080'])
      expect(() => parsePortMap(wrong)).toThrow('must be PORT=PORT');
  });
});
