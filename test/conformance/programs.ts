/** The programs that the rig needs beside the control plane: built once from the modules in tools/, kept in the cache. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../crds/generate/upstream.ts';

const flags = ['-trimpath', '-ldflags=-s -w'];

const builds = {
  /** The official suite. */
  suite: ['test', '-c', ...flags],
  /** The backend of the suite's manifests; static, since it runs in a root directory of its own. */
  echo: ['build', ...flags],
  /** Runs pods. */
  'pod-runner': ['build', ...flags],
} as const;

const packages = {
  suite: '.',
  echo: 'sigs.k8s.io/gateway-api/conformance/echo-basic',
  'pod-runner': '.',
} as const;

export type ProgramName = keyof typeof builds;

/**
 * Paths of the programs; builds what is absent.
 * @throws Error when a build fails; its output has been shown.
 */
export function buildPrograms(): Readonly<Record<ProgramName, string>> {
  return { suite: build('suite'), echo: build('echo'), 'pod-runner': build('pod-runner') };
}

function build(name: ProgramName): string {
  const source = join(root, 'test', 'conformance', 'tools', name);
  return buildProgram(`conformance-${name}`, source, [...builds[name], packages[name]]);
}

/**
 * Path of a program that `go` with these arguments makes from a folder's module; builds it unless the cache has it.
 * @param niceness of the build
 * @throws Error when the build fails; its output has been shown.
 */
export function buildProgram(name: string, source: string, args: readonly string[], niceness = 0): string {
  const path = join(cacheFolder(), `${name}-${version(source)}`);
  if (existsSync(path)) return path;
  mkdirSync(cacheFolder(), { recursive: true });
  process.stderr.write(`building ${name} (once; kept as ${path})\n`);
  // Into a second name first: an interrupted link must not leave something that looks finished.
  const partial = `${path}.partial`;
  const [verb = '', ...rest] = args;
  const { status, error } = spawnSync('nice', ['-n', `${niceness}`, 'go', verb, '-o', partial, ...rest], {
    cwd: source,
    // The toolchain that go.mod names, whatever the machine's default is.
    env: { ...process.env, GOTOOLCHAIN: 'auto', GOFLAGS: '-mod=readonly', CGO_ENABLED: '0' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error) throw new Error(`${name} cannot be built: ${error.message}; is Go installed?`, { cause: error });
  if (status !== 0) throw new Error(`${name} could not be built, see above`);
  renameSync(partial, path);
  return path;
}

/** Changes with the sources and with the versions of all modules. */
function version(source: string): string {
  const hash = createHash('sha256');
  for (const file of globSync(['**/*.go', 'go.mod', 'go.sum'], { cwd: source }).sort()) {
    hash.update(`${file}\0`).update(readFileSync(join(source, file)));
  }
  return hash.digest('hex').slice(0, 12);
}

function cacheFolder(): string {
  return process.env.CACHE ?? join(homedir(), '.cache', 'avi-gateway-operator');
}
