import { accessSync, constants, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { root } from '../../../crds/generate/upstream.ts';

/** Path of a program of the control plane. Throws, saying how to get it, when there is none. */
export function program(name: string): string {
  const folders = [process.env.KUBEBUILDER_ASSETS, process.env.CONTROL_PLANE ?? builtFolder()];
  if (name === 'kubectl') folders.push(...(process.env.PATH ?? '').split(delimiter));
  const paths = folders.filter((folder) => folder !== undefined).map((folder) => join(folder, name));
  const found = paths.find(isExecutable);
  if (!found)
    throw new Error(`${name} not found; run \`make control-plane\` (looked in ${folders.slice(0, 2).join(', ')})`);
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where the Makefile builds by default. */
function builtFolder(): string {
  const pinned = readFileSync(join(root, 'test/cluster/tools/control-plane/go.mod'), 'utf8');
  const version = /^\tk8s\.io\/kubernetes (v[0-9.]+)/m.exec(pinned)?.[1] ?? 'unknown';
  return join(process.env.CACHE ?? join(homedir(), '.cache', 'avi-gateway-operator'), `control-plane-${version}`);
}
