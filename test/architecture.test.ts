import { describe, expect, it } from '@jest/globals';
import { root } from '../crds/generate/upstream.ts';
import { impurities, importCycles, parseSource, readSources, type SourceFile } from './tools/import-graph.ts';

/**
 * What each part of `src/` may import besides itself: parts, or single files of others. It follows the data flow of the
 * design: routing, translation, plan, apply, status; IO at the edges; the composition root on top.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  // Data structures and readers that know nothing of any subject.
  values: [],
  ownership: ['values'],
  routing: ['generated', 'ownership', 'values'],
  translate: ['generated', 'routing', 'values'],
  plan: ['generated', 'translate'],
  explain: ['routing', 'translate', 'values'],
  takeover: ['plan', 'translate'],
  avi: ['generated', 'plan', 'translate', 'src/routing/extensions/avi-settings.ts', 'values'],
  apply: ['avi', 'generated', 'plan', 'translate'],
  'status/update': [
    'src/routing/extensions/extension-kinds.ts',
    'src/routing/result/findings.ts',
    'src/routing/result/routed-route.ts',
  ],
  'status/compute': ['generated', 'routing', 'src/apply/outcome.ts', 'status/update', 'translate', 'values'],
  'status/write': ['cluster', 'generated', 'routing', 'status/compute', 'status/update', 'telemetry', 'values'],
  telemetry: ['src/avi/errors.ts', 'src/routing/result/findings.ts'],
  cluster: ['generated', 'routing', 'telemetry', 'values'],
  handlers: ['cluster', 'generated', 'routing', 'values'],
  // Sources bind what arrives to the handlers: from an API server, from a directory.
  sources: ['cluster', 'generated', 'handlers', 'routing', 'status/update', 'status/write', 'telemetry', 'config'],
  config: ['translate'],
  loop: [
    'apply',
    'avi',
    'cluster',
    'generated',
    'handlers',
    'ownership',
    'plan',
    'routing',
    'status/compute',
    'status/update',
    'status/write',
    'telemetry',
    'translate',
    'values',
  ],
  simulator: ['generated'],
};

/** Parts that may import everything below them. */
const composition = new Set(['main', 'cli']);

/** Parts without clock, network, environment and files. */
const pure = new Set([
  'values',
  'ownership',
  'routing',
  'translate',
  'plan',
  'explain',
  'takeover',
  'status/compute',
  'status/update',
]);

/** What pure code may import from outside: pure functions only. */
const pureModules = new Set(['ipaddr.js', 'node:crypto', 'node:net', 'node:tls', 'node:util', 're2js']);
const pureNames: Readonly<Record<string, RegExp>> = {
  'node:crypto': /^(createHash|hash|createPrivateKey|createPublicKey|X509Certificate|KeyObject)$/,
  'node:tls': /^rootCertificates$/,
  'node:util': /^isDeepStrictEqual$/,
  'node:net': /^(isIP|isIPv4|isIPv6|BlockList|SocketAddress)$/,
};

const partsOfFiles: Readonly<Record<string, string>> = {
  'src/main.ts': 'main',
  'src/config.ts': 'config',
  'src/operator.ts': 'sources',
  'src/status/update.ts': 'status/update',
};

function partOf(path: string): string {
  const known = partsOfFiles[path];
  if (known) return known;
  const [top = '', part = '', file = ''] = path.split('/');
  if (top !== 'src') return top;
  if (part === 'status') return file.startsWith('compute') ? 'status/compute' : 'status/write';
  return part;
}

/** The imports between the folders at the top of `src/`; a file that stands there beside its folder counts as of it. */
function folderImports(
  files: readonly Pick<SourceFile, 'path' | 'files'>[],
): readonly Pick<SourceFile, 'path' | 'files'>[] {
  const folderOf = (path: string) => (path.split('/')[1] ?? '').replace(/\.ts$/, '');
  return [...Map.groupBy(files, ({ path }) => folderOf(path))].map(([path, members]) => {
    const imported = members.flatMap((member) => member.files.filter((file) => file.startsWith('src/')).map(folderOf));
    return { path, files: [...new Set(imported)].filter((folder) => folder !== path) };
  });
}

function breaches(source: SourceFile): readonly string[] {
  const from = partOf(source.path);
  if (composition.has(from)) return [];
  const permitted = allowed[from] ?? [];
  return source.files
    .filter((path) => partOf(path) !== from && !permitted.includes(partOf(path)) && !permitted.includes(path))
    .map((path) => `${source.path} imports ${path}`);
}

/** Names that a file imports from a package, by package. */
function impureImports(source: SourceFile): readonly string[] {
  const modules = source.packages.filter((name) => !pureModules.has(name));
  const text = source.tree.text;
  const names = Object.entries(pureNames).flatMap(([module, permitted]) =>
    [...text.matchAll(new RegExp(`import\\s*(?:type\\s*)?\\{([^}]*)\\}\\s*from '${module}'`, 'g'))]
      .flatMap(([, list = '']) => list.split(','))
      .map(
        (name) =>
          name
            .replace(/^\s*type /, '')
            .trim()
            .split(' as ')[0] ?? '',
      )
      .filter((name) => name !== '' && !permitted.test(name)),
  );
  return [...modules, ...names].map((name) => `${source.path} imports ${name}`);
}

const sources = readSources(root);

describe('the architecture', () => {
  it('knows every part', () => {
    const parts = new Set(sources.map(({ path }) => partOf(path)));
    expect([...parts].filter((part) => !(part in allowed) && !composition.has(part))).toEqual([]);
    expect(sources.length).toBeGreaterThan(50);
  });

  it('lets imports point along the data flow only', () => {
    expect(sources.flatMap(breaches)).toEqual([]);
  });

  it('has no files that import one another in a circle', () => {
    expect(importCycles(sources)).toEqual([]);
  });

  it('has no folders that import one another in a circle', () => {
    expect(importCycles(folderImports(sources))).toEqual([]);
  });

  it('keeps the core free of clock, chance, environment and IO', () => {
    const core = sources.filter(({ path }) => pure.has(partOf(path)));
    expect(core.flatMap(impureImports)).toEqual([]);
    expect(core.flatMap((source) => impurities(source).map((found) => `${source.path}: ${found}`))).toEqual([]);
  });

  it('keeps the simulator ignorant of the Gateway API', () => {
    const simulator = sources.filter(({ path }) => partOf(path) === 'simulator');
    const outside = simulator.flatMap(({ files }) => files).filter((path) => !path.startsWith('src/simulator/'));
    expect(outside.filter((path) => !/^generated\/avi\b/.test(path))).toEqual([]);
    expect(simulator.filter(({ tree }) => tree.text.includes('gateway.networking')).map(({ path }) => path)).toEqual(
      [],
    );
  });
});

describe('the rules themselves', () => {
  const parse = (path: string, text: string) => parseSource(path, text);

  it('notice an import against the flow, of types too', () => {
    const source = parse('src/routing/x.ts', "import type { A } from '../plan/order.ts';");
    expect(breaches(source)).toEqual(['src/routing/x.ts imports src/plan/order.ts']);
    expect(breaches(parse('src/simulator/x.ts', "import { a } from '../routing/read.ts';"))).toHaveLength(1);
    expect(breaches(parse('src/cli/x.ts', "import { a } from '../routing/read.ts';"))).toEqual([]);
  });

  it('notice a circle, and name its files', () => {
    const files = { 'a.ts': ['b.ts'], 'b.ts': ['c.ts'], 'c.ts': ['a.ts'], 'd.ts': ['a.ts'] };
    const graph = Object.entries(files).map(([path, imported]) => ({ path, files: imported }));
    expect(importCycles(graph)).toEqual([['a.ts', 'b.ts', 'c.ts']]);
    expect(importCycles(graph.filter(({ path }) => path !== 'c.ts'))).toEqual([]);
  });

  it('notice a circle of folders, where no files are in one', () => {
    const files = [
      parse('src/a/x.ts', "import type { B } from '../b/x.ts';"),
      parse('src/b.ts', "import type { C } from './c/x.ts';"),
      parse('src/b/x.ts', "import { a } from './y.ts';"),
      parse('src/c/x.ts', "import { a } from '../a/y.ts';"),
    ];
    expect(importCycles(files)).toEqual([]);
    expect(importCycles(folderImports(files))).toEqual([['a', 'b', 'c']]);
    expect(importCycles(folderImports(files.slice(0, 3)))).toEqual([]);
  });

  it.each([
    'const now = Date.now();',
    'const now = new Date();',
    'const dice = Math.random();',
    'const key = process.env.KEY;',
    'setTimeout(() => {}, 1);',
    "console.log('x');",
  ])('notice %s', (text) => {
    expect(impurities(parse('src/routing/x.ts', text))).toHaveLength(1);
  });

  it('let values pass that are only named like globals', () => {
    const text = 'const at = new Date(text); const a = { process: 1 }; read(a.process); function f(fetch: string) {}';
    expect(impurities(parse('src/routing/x.ts', text))).toEqual([]);
  });

  it('notice chance from node:crypto and IO from other modules', () => {
    const text = "import { createHash, randomBytes } from 'node:crypto';\nimport { readFileSync } from 'node:fs';";
    expect(impureImports(parse('src/plan/x.ts', text))).toEqual([
      'src/plan/x.ts imports node:fs',
      'src/plan/x.ts imports randomBytes',
    ]);
  });
});
