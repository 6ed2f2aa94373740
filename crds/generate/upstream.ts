import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** sha256, in hex, by file name. */
export type Digests = Readonly<Record<string, string>>;

/** One upstream: what was read and what was made of it. */
export interface Source {
  readonly version: string;
  readonly origin: string;
  readonly inputs: Digests;
  readonly outputs: Digests;
}

/** `crds/upstream.json`: versions and digests of everything that `generated/` was made of and by. */
export interface Upstream {
  readonly generator: { readonly packages: Readonly<Record<string, string>>; readonly files: Digests };
  readonly gatewayApi: Source;
  readonly avi: Source;
  readonly extensions: Source;
}

const here = dirname(fileURLToPath(import.meta.url));

/** Root of the repository. */
export const root = join(here, '..', '..');

/** Path of the record. */
export const upstreamFile = join(root, 'crds', 'upstream.json');

/** Reads the record. */
export function readUpstream(): Upstream {
  return JSON.parse(readFileSync(upstreamFile, 'utf8')) as Upstream;
}

/** sha256 of a text, in hex. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Digests of named files of a folder, sorted by name. */
export function digestFiles(folder: string, names: readonly string[]): Digests {
  return Object.fromEntries([...names].sort().map((name) => [name, digest(readFileSync(join(folder, name), 'utf8'))]));
}

/** The generator as it is now: its own files, and the packages that write the types. */
export function describeGenerator(): Upstream['generator'] {
  const versionOf = (name: string) =>
    (JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) as { version: string }).version;
  const packages = ['openapi-typescript', 'typescript', 'yaml'];
  return {
    packages: Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
    files: digestFiles(
      here,
      readdirSync(here).filter((name) => name.endsWith('.ts')),
    ),
  };
}

/**
 * Folder and version of the Gateway API module that crds/go.mod pins, from Go's module cache or its proxy.
 * Throws where `go` is missing or the module cannot be had.
 */
export function gatewayApiModule(): { readonly folder: string; readonly version: string } {
  const reply = execFileSync('go', ['mod', 'download', '-json', 'sigs.k8s.io/gateway-api'], {
    cwd: join(root, 'crds'),
    encoding: 'utf8',
    // The module may need a newer toolchain than the machine's default.
    env: { ...process.env, GOTOOLCHAIN: 'auto', GOFLAGS: '-mod=readonly' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { Dir, Version } = JSON.parse(reply) as { Dir: string; Version: string };
  return { folder: Dir, version: Version };
}

/** The folder with Avi's swagger: `AVI_SWAGGER_DIR`, by default beside the repository; undefined where there is none. */
export function aviSwaggerFolder(): string | undefined {
  const folder = process.env.AVI_SWAGGER_DIR ?? join(root, '..', 'shared', 'avi-swagger');
  return existsSync(join(folder, 'VirtualService.json')) ? folder : undefined;
}
