/** Renders the golden cases; used by the test that compares and by the command that records. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/config.ts';
import { renderPaths } from '../../src/cli/render.ts';

export const goldenDirectory = fileURLToPath(new URL('.', import.meta.url));

/** Names of all cases. */
export const caseNames = readdirSync(goldenDirectory, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();

/** Contents of the two recorded files of a case. */
export interface Recording {
  readonly avi: string;
  readonly status: string;
}

/** Renders in.yaml of a case with its config.yaml, where there is one. */
export async function record(name: string): Promise<Recording> {
  const directory = join(goldenDirectory, name);
  const relative = (text: string) => text.replaceAll(join(directory, '/'), '');
  const file = join(directory, 'config.yaml');
  const config = loadConfig({ defaults: { clusterName: 'cluster1' }, ...(existsSync(file) && { file }) });
  const document = await renderPaths([join(directory, 'in.yaml')], config, { showSecrets: false }).catch(
    (error: Error) => ({ error: relative(error.message) }),
  );
  if ('error' in document) return { avi: '[]\n', status: stringify(document, { lineWidth: 0 }) };
  const { aviObjects, statuses, problems } = document;
  return {
    avi: `${JSON.stringify(aviObjects, null, 2)}\n`,
    status: relative(stringify({ statuses, problems }, { lineWidth: 0, aliasDuplicateObjects: false })),
  };
}
