import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { root } from '../../crds/generate/upstream.ts';
import type { Manifest } from '../cluster/tools/manifest.ts';
import { program } from '../cluster/tools/program.ts';

/** What `kubectl kustomize` makes of a folder of `kustomize/`. */
export function buildKustomization(folder: string): readonly Manifest[] {
  const text = execFileSync(program('kubectl'), ['kustomize', join(root, 'kustomize', folder)], { encoding: 'utf8' });
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

/** What `kubectl kustomize` makes of the base with a component. */
export function buildWithComponent(component: string): readonly Manifest[] {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(root, '.cache', 'kustomize-'));
  try {
    writeFileSync(
      join(folder, 'kustomization.yaml'),
      stringify({ resources: ['../../kustomize/base'], components: [`../../kustomize/components/${component}`] }),
    );
    return buildKustomization(relative(join(root, 'kustomize'), folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The one manifest of a kind and, where given, a name. */
export function pick(manifests: readonly Manifest[], kind: string, name?: string): Manifest {
  const found = manifests.filter((each) => each.kind === kind && (name === undefined || each.metadata.name === name));
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} manifests of kind ${kind} ${name ?? ''}`);
  return found[0];
}
