/**
 * The Kubernetes client without the kinds that the operator never sends or reads by it: with all of them it is half of the
 * bundle and a third of the operator's memory before it does anything.
 *
 * Objects of kinds that are left out pass through the client's serializer as they are, which it does with any kind that it
 * does not know; times in them stay text.
 */
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Plugin } from 'esbuild';

/** Kinds that are sent or read by the client's own types. Watches, statuses and custom resources are plain objects. */
const kinds = ['V1Lease', 'EventsV1Event', 'V1Status'];

/** What is imported from the package; the framework takes all that there is, of which it uses these. */
const exported = {
  framework: ['KubeConfig', 'CoreV1Api', 'ApiextensionsV1Api', 'Watch', 'loadYaml'],
  sources: [
    'ApiException',
    'AppsV1Api',
    'CoordinationV1Api',
    'CoreV1Api',
    'CustomObjectsApi',
    'EventsV1Api',
    'HttpMethod',
    'KubeConfig',
    'PatchStrategy',
    'RequestContext',
    'V1MicroTime',
    'setHeaderOptions',
  ],
};

const generated = /client-node[\\/]dist[\\/]gen[\\/]/;

export const usedKindsOfClient: Plugin = {
  name: 'used-kinds-of-client',
  setup: ({ onResolve, onLoad, resolve }) => {
    onResolve({ filter: /^@kubernetes\/client-node$/ }, async ({ importer, resolveDir, kind, pluginData }) => {
      if (pluginData === 'whole') return undefined;
      const user = importer.includes('@dot-i') ? 'framework' : 'sources';
      const { path } = await resolve('@kubernetes/client-node', {
        resolveDir,
        kind: 'import-statement',
        pluginData: 'whole',
      });
      return { path: user, namespace: 'client-node', pluginData: path, sideEffects: kind === 'require-call' };
    });
    onLoad({ filter: /.*/, namespace: 'client-node' }, ({ path, pluginData }) => {
      const whole = String(pluginData);
      const names = exported[path as keyof typeof exported].join(', ');
      return { contents: `export { ${names} } from ${JSON.stringify(whole)};`, resolveDir: dirname(whole) };
    });
    // Its generated files do nothing but define.
    onResolve({ filter: /^\.{1,2}\// }, async ({ path, importer, resolveDir, kind, pluginData }) => {
      if (!/client-node[\\/]dist[\\/]/.test(importer) || pluginData === 'resolved') return undefined;
      const found = await resolve(path, { importer, resolveDir, kind, pluginData: 'resolved' });
      return { path: found.path, sideEffects: !generated.test(found.path) };
    });
    onLoad({ filter: /client-node[\\/]dist[\\/]gen[\\/]models[\\/]ObjectSerializer\.js$/ }, ({ path }) => ({
      contents: withKinds(readFileSync(path, 'utf8'), withParts(dirname(path))),
      loader: 'js',
    }));
  },
};

/** The kinds and all that they are made of. */
function withParts(folder: string): ReadonlySet<string> {
  const found = new Set<string>();
  const pending = [...kinds];
  for (let kind = pending.pop(); kind !== undefined; kind = pending.pop()) {
    if (found.has(kind)) continue;
    found.add(kind);
    const source = readFileSync(join(folder, `${kind}.js`), 'utf8');
    for (const [, type = ''] of source.matchAll(/"type": "([^"]+)"/g)) {
      for (const [part] of type.matchAll(/\b(?:V\d|[A-Z]\w*V\d)\w*/g)) {
        if (part !== 'V1MicroTime') pending.push(part);
      }
    }
  }
  return found;
}

/** The serializer's source with these kinds only. */
function withKinds(source: string, wanted: ReadonlySet<string>): string {
  return source
    .split('\n')
    .filter((line) => {
      const file = /^(?:import|export) .* from '([^']+)';$/.exec(line)?.[1];
      const entry = /^ {4}"(\w+)": \w+,$/.exec(line)?.[1];
      const kind = file ? basename(file, '.js') : entry;
      return kind === undefined || wanted.has(kind);
    })
    .join('\n');
}
