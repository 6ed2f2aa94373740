/** The neighbours' programs: built once from the modules in tools/, kept in the cache. */
import { join } from 'node:path';
import { root } from '../../crds/generate/upstream.ts';
import { buildProgram } from '../conformance/programs.ts';

const tools = join(root, 'test', 'integration', 'tools');

const packages = {
  'external-dns': ['external-dns', '.'],
  'cert-manager': ['cert-manager', './controller'],
  acmesolver: ['cert-manager', './acmesolver'],
  pebble: ['pebble', 'github.com/letsencrypt/pebble/v2/cmd/pebble'],
  'pebble-challtestsrv': ['pebble', 'github.com/letsencrypt/pebble/v2/cmd/pebble-challtestsrv'],
} as const;

export type NeighbourName = keyof typeof packages;
export type Neighbours = Readonly<Record<NeighbourName, string>>;

/** Builds go beside other work. */
const niceness = 15;

/**
 * Paths of the programs; builds what is absent.
 * @throws Error when a build fails; its output has been shown.
 */
export function buildNeighbours(): Neighbours {
  const entries = Object.entries(packages).map(([name, [module, path]]) => {
    const args = ['build', '-trimpath', '-ldflags=-s -w', path];
    return [name, buildProgram(`neighbour-${name}`, join(tools, module), args, niceness)];
  });
  return Object.fromEntries(entries) as Neighbours;
}

/** Folder of the module that holds cert-manager's CRDs. */
export const certManagerModule = join(tools, 'cert-manager');
