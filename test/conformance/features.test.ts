import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { gatewayApiModule } from '../../crds/generate/upstream.ts';
import { support, supportedFeatures } from '../../src/routing/support.ts';
import type { Feature } from '../../src/routing/support/feature.ts';

/** Names of the features that the suite knows, without those of meshes. */
function featuresOfTheSuite(): ReadonlySet<string> {
  const folder = join(gatewayApiModule().folder, 'pkg', 'features');
  const sources = globSync('*.go', { cwd: folder }).map((file) => readFileSync(join(folder, file), 'utf8'));
  const names = sources.flatMap((source) => [...source.matchAll(/^\s*Support\w+\s+(?:FeatureName )?= "(\w+)"/gm)]);
  return new Set(names.map(([, name = '']) => name).filter((name) => !name.startsWith('Mesh')));
}

describe('claimed features', () => {
  const known = featuresOfTheSuite();
  const unknown = (names: readonly (string | undefined)[]) =>
    names.filter((name) => name !== undefined && !known.has(name));

  it('are features of the suite', () => {
    expect(known.size).toBeGreaterThan(50);
    expect(unknown(supportedFeatures.map(({ name }) => name))).toEqual([]);
  });

  it('and refused ones have the names of the suite in the table', () => {
    expect(unknown(Object.values<Feature>(support).map(({ name }) => name))).toEqual([]);
  });
});
