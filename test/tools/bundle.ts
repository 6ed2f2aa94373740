/**
 * Bundles the command line into `dist/`, which needs nothing but Node 24: `avi-gateway.mjs` and beside it its parts and the data files
 * that it reads, under their paths in the repository. `npm run build` runs it.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Plugin, build } from 'esbuild';
import { usedKindsOfClient } from './bundle-client-node.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const target = process.argv[2] ?? join(root, 'dist');

/** A source file finds data relative to itself; in the bundle it still does, because `dist/` is laid out as the repository. */
const placeInRepository: Plugin = {
  name: 'place-in-repository',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
      const place = `new URL(${JSON.stringify(relative(root, path))}, import.meta.url).href`;
      const contents = readFileSync(path, 'utf8');
      return { contents: contents.replaceAll(/import\.meta\.url/g, place), loader: 'ts', resolveDir: dirname(path) };
    });
  },
};

/** Files that are read at run time: the schemas, the package's version, the demo's manifests, the Lua engine. */
function dataFiles(): readonly { readonly from: string; readonly to: string }[] {
  const inSources = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
  const schemas = readdirSync(join(root, 'generated')).filter((name) => name.endsWith('.schema.json'));
  const paths = ['package.json', ...schemas.map((name) => join('generated', name)), ...inSources];
  const lua = join(dirname(createRequire(import.meta.url).resolve('wasmoon')), 'glue.wasm');
  return [...paths.map((path) => ({ from: join(root, path), to: path })), { from: lua, to: basename(lua) }];
}

/** What the bundle is made of, in CycloneDX, from the lockfile. */
function softwareBillOfMaterials(): string {
  const flags = [
    '--sbom-format=cyclonedx',
    '--sbom-type=application',
    '--package-lock-only',
    '--omit=dev',
    '--omit=optional',
  ];
  const made = execFileSync('npm', ['sbom', ...flags], { cwd: root, encoding: 'utf8', stdio: 'pipe' });
  const bill = JSON.parse(made) as { readonly metadata: { readonly component: { name: string } } };
  // npm takes the name of the folder.
  bill.metadata.component.name = 'avi-gateway-operator';
  return `${JSON.stringify(bill, null, 2)}\n`;
}

rmSync(target, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { 'avi-gateway': 'src/cli/avi-gateway.ts' },
  outdir: target,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  // What one command needs and another does not is in files of its own.
  splitting: true,
  chunkNames: 'part-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node24',
  keepNames: false,
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  plugins: [usedKindsOfClient, placeInRepository],
  // CommonJS packages in the bundle still use what CommonJS gives them.
  banner: {
    js: [
      "import{createRequire as __cr}from'node:module'",
      "import{fileURLToPath as __fp}from'node:url'",
      'const require=__cr(import.meta.url),__filename=__fp(import.meta.url),__dirname=__fp(new URL(".",import.meta.url));',
    ].join(';'),
  },
});
for (const { from, to } of dataFiles()) cpSync(from, join(target, to));
writeFileSync(join(target, 'sbom.cdx.json'), softwareBillOfMaterials());
