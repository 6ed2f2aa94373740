import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { root } from '../../crds/generate/upstream.ts';

const run = promisify(execFile);
const minute = 60_000;

describe('the bundle', () => {
  // Outside the checkout, so that nothing of node_modules or of the sources can be found by accident.
  const folder = mkdtempSync(join(tmpdir(), 'avi-gateway-bundle-'));
  const bundle = join(folder, 'app', 'avi-gateway.mjs');
  const manifest = join(folder, 'gateway.yaml');

  beforeAll(async () => {
    await run(process.execPath, ['test/tools/bundle.ts', join(folder, 'app')], { cwd: root });
    const gateway = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'g', namespace: 'default' },
      spec: { gatewayClassName: 'avi-lb', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
    };
    const gatewayClass = {
      apiVersion: gateway.apiVersion,
      kind: 'GatewayClass',
      metadata: { name: 'avi-lb' },
      spec: { controllerName: 'ako.vmware.com/avi-lb' },
    };
    writeFileSync(manifest, [gatewayClass, gateway].map((each) => stringify(each)).join('---\n'));
  }, minute);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is one program, its parts and its data, without packages', () => {
    const files = readdirSync(join(folder, 'app')).filter((name) => !/^part-\w+\.mjs$/.test(name));
    expect(files.sort()).toEqual(['avi-gateway.mjs', 'generated', 'glue.wasm', 'package.json', 'sbom.cdx.json', 'src']);
  });

  it('says in CycloneDX what it is made of: every package that it depends on, as the lockfile has it', () => {
    const bill = JSON.parse(readFileSync(join(folder, 'app', 'sbom.cdx.json'), 'utf8')) as {
      readonly bomFormat: string;
      readonly metadata: { readonly component: { readonly name: string } };
      readonly components: readonly { readonly name: string; readonly version: string; readonly hashes?: unknown[] }[];
    };
    expect([bill.bomFormat, bill.metadata.component.name]).toEqual(['CycloneDX', 'avi-gateway-operator']);
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<Record<string, { readonly version?: string; readonly dependencies?: object }>>;
    };
    const direct = Object.keys(packages['']?.dependencies ?? {});
    const listed = new Map(bill.components.map(({ name, version }) => [name, version]));
    expect(direct.map((name) => [name, listed.get(name)])).toEqual(
      direct.map((name) => [name, packages[`node_modules/${name}`]?.version]),
    );
    expect(bill.components.every(({ hashes }) => hashes !== undefined)).toBe(true);
    expect([...listed.keys()]).not.toContain('jest');
  });

  it(
    'renders manifests with the schemas beside it, and prints nothing else',
    async () => {
      const { stdout, stderr } = await run(process.execPath, [bundle, 'render', '-f', manifest], { cwd: folder });
      const { aviObjects } = JSON.parse(stdout) as { aviObjects: { type: string; body: { name: string } }[] };
      expect(aviObjects.map(({ type, body }) => `${type} ${body.name}`)).toContain(
        'virtualservice ako-gw-cluster1--default-g-EVH',
      );
      expect(stderr).toBe('');
    },
    minute,
  );

  it(
    'starts the embedded controller',
    async () => {
      const simulator = spawn(process.execPath, [bundle, 'simulator', '--listen', '127.0.0.1:0'], { cwd: folder });
      try {
        const [first] = (await once(simulator.stdout, 'data')) as [Buffer];
        expect(first.toString()).toMatch(/127\.0\.0\.1:\d+/);
      } finally {
        const ended = once(simulator, 'exit');
        simulator.kill('SIGTERM');
        expect(await ended).toEqual([0, null]);
      }
    },
    minute,
  );
});
