import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

const entry = fileURLToPath(new URL('../../src/cli/avi-gateway.ts', import.meta.url));
const golden = (name: string) => fileURLToPath(new URL(`../golden/${name}/in.yaml`, import.meta.url));
const temporary = () => mkdtempSync(join(tmpdir(), 'avi-gateway-cli-'));

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function avi(...args: string[]): Promise<Ended> {
  const flags = ['--disable-warning=ExperimentalWarning', '--disable-warning=DEP0040', entry, ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, flags, { maxBuffer: 1e8, env: { PATH: process.env.PATH } }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err }),
    );
  });
}

describe('avi-gateway', () => {
  it('tells its version and the commands that there are', async () => {
    const [version, help] = await Promise.all([avi('--version'), avi('--help')]);
    expect(version.code).toBe(0);
    expect(version.out).toMatch(/^\d+\.\d+\.\d+\n$/);
    for (const command of [
      'run',
      'standalone',
      'demo',
      'render',
      'diff',
      'explain',
      'simulator',
      'adopt',
      'probe',
      'cleanup',
    ]) {
      expect(help.out).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
  });

  it.each([
    ['an unknown command', ['nonsense'], "unknown command 'nonsense'"],
    ['a missing flag', ['render'], '--filename'],
    ['an unknown flag', ['render', '-f', 'x', '--nonsense'], 'unknown option'],
  ])('ends with 2 for %s', async (_what, args, message) => {
    const { code, err } = await avi(...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});

describe('render', () => {
  it('prints the document, and the same one twice', async () => {
    const [first, second] = await Promise.all([
      avi('render', '-f', golden('02-http-https')),
      avi('render', '-f', golden('02-http-https')),
    ]);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(second.out).toBe(first.out);
    const document = JSON.parse(first.out) as { aviObjects: { type: string; body: { key?: string } }[] };
    expect(Object.keys(document)).toEqual(['aviObjects', 'statuses', 'problems']);
    expect(document.aviObjects.find(({ type }) => type === 'sslkeyandcertificate')?.body.key).toBe('<redacted>');
    expect(first.out).not.toContain('PRIVATE KEY');
  });

  it('prints YAML, other cluster names and keys when asked to', async () => {
    const { code, out } = await avi(
      'render',
      '-f',
      golden('02-http-https'),
      '-o',
      'yaml',
      '--cluster-name',
      'other',
      '--show-secrets',
    );
    expect(code).toBe(0);
    expect(out).toContain('PRIVATE KEY');
    const { aviObjects } = parse(out) as { aviObjects: { body: { name: string } }[] };
    expect(aviObjects.every(({ body }) => body.name.startsWith('ako-gw-other--'))).toBe(true);
  });

  it('ends with 1 and a line for each problem when something was refused', async () => {
    const { code, out, err } = await avi('render', '-f', golden('m10-schema-violations'));
    expect(code).toBe(1);
    const { problems } = JSON.parse(out) as { problems: unknown[] };
    expect(problems.length).toBeGreaterThanOrEqual(5);
    expect(err.trim().split('\n')).toHaveLength(problems.length);
  });

  it.each([
    ['a path that does not exist', () => '/nonexistent/manifests', 'no such file'],
    ['text that is not YAML', () => golden('m07-not-yaml'), 'not YAML'],
    ['an empty directory', temporary, 'no manifests'],
  ])('ends with 2 for %s', async (_what, path, message) => {
    const { code, err } = await avi('render', '-f', path());
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err).not.toContain('    at ');
  });

  it('ends with 1 for a class that is refused, and prints nothing that a terminal would act on', async () => {
    const file = join(temporary(), 'class.yaml');
    const refused = { group: 'a.b', kind: 'C', name: 'd' };
    const gatewayClass = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata: { name: 'mine' },
      spec: { controllerName: 'ako.vmware.com/avi-lb', parametersRef: refused },
    };
    const hostile = { apiVersion: 'v1\u001b[2J', kind: 'Thing\u0000', metadata: { name: 'a' } };
    writeFileSync(file, `${JSON.stringify(gatewayClass)}\n---\n${JSON.stringify(hostile)}\n`);
    const { code, err } = await avi('render', '-f', file);
    expect(code).toBe(1);
    expect(err).toContain('GatewayClass/mine: spec: InvalidParameters: spec.parametersRef');
    expect(err).toContain('\\u001b[2J');
    expect(err).not.toContain('\u0000');
    expect(err).not.toContain('\u001b');
  });

  it('ends with 2 and names the key of a configuration that cannot be used', async () => {
    const file = join(temporary(), 'config.yaml');
    writeFileSync(file, 'clusterName: c\nvipNetwork: []\n');
    const { code, err } = await avi('render', '-f', golden('01-http-basic'), '--config', file);
    expect(code).toBe(2);
    expect(err).toContain(`${file}: vipNetwork: unknown key`);
  });
});
