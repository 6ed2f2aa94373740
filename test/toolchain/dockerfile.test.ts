import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from '../../crds/generate/upstream.ts';

const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Instruction {
  readonly name: string;
  readonly flags: readonly string[];
  readonly words: readonly string[];
}

/** Instructions by build stage; continuation lines joined. */
function stages(text: string): readonly (readonly Instruction[])[] {
  const lines = text
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const found: Instruction[][] = [];
  for (const line of lines) {
    const [name = '', ...rest] = line.trim().split(/\s+/);
    if (name === 'FROM') found.push([]);
    const isFlag = (word: string) => word.startsWith('--');
    found.at(-1)?.push({ name, flags: rest.filter(isFlag), words: rest.filter((word) => !isFlag(word)) });
  }
  return found;
}

const [build = [], image = []] = stages(read('Dockerfile'));
const copies = (stage: readonly Instruction[]) => stage.filter(({ name }) => name === 'COPY');
const sources = copies(build).flatMap(({ words }) => words.slice(0, -1));
const scripts = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts;

/** The build context: everything is left out but what a line with `!` names. */
const context = read('.dockerignore')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1));

describe('the Dockerfile', () => {
  it('copies paths that exist and that the build context has', () => {
    expect(sources.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const inContext = (path: string) => context.some((each) => path === each || path.startsWith(`${each}/`));
    expect(sources.filter((path) => !inContext(path))).toEqual([]);
    expect(context.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('copies what its npm script runs, and a folder to a folder of its name', () => {
    const script = /^node (\S+)$/.exec(scripts.build ?? '')?.[1] ?? '';
    expect(build.filter(({ name }) => name === 'RUN').map(({ words }) => words.join(' '))).toContain('npm run build');
    expect(sources).toContain(script);
    for (const { words } of copies(build)) {
      const [path = '', target] = words;
      if (words.length === 2 && statSync(join(root, path)).isDirectory()) expect(target).toBe(path);
    }
  });

  it('takes from the build where the bundle is written to, and starts that bundle', () => {
    const bundle = read('test/tools/bundle.ts');
    expect(bundle).toContain("entryPoints: { 'avi-gateway': 'src/cli/avi-gateway.ts' }");
    expect(bundle).toContain("join(root, 'dist')");
    const workdir = build.find(({ name }) => name === 'WORKDIR')?.words[0];
    expect(copies(image)).toEqual([
      { name: 'COPY', flags: ['--from=build', '--chown=0:0'], words: [`${workdir}/dist/`, '/app/'] },
    ]);
    const entrypoint = JSON.parse(image.find(({ name }) => name === 'ENTRYPOINT')?.words.join(' ') ?? '[]') as string[];
    expect(entrypoint[0]).toBe('/nodejs/bin/node');
    expect(entrypoint.at(-1)).toBe('/app/avi-gateway.mjs');
  });

  it('runs as the user that the Deployment names', () => {
    expect(image.find(({ name }) => name === 'USER')?.words).toEqual(['65532:65532']);
    expect(read('kustomize/base/deployment.yaml')).toContain('runAsUser: 65532');
  });

  it('builds with the major version of Node that the tests run on', () => {
    const [major] = process.versions.node.split('.');
    const defaults = Object.fromEntries(
      [...read('Dockerfile').matchAll(/^ARG (\w+)=(\S+)$/gm)].map(([, name = '', value = '']) => [name, value]),
    );
    expect([build[0]?.words[0], image[0]?.words[0]]).toEqual(['${BUILD_IMAGE}', '${BASE_IMAGE}']);
    expect(defaults.BUILD_IMAGE).toMatch(new RegExp(`^node:${major}-`));
    expect(defaults.BASE_IMAGE).toContain(`nodejs${major}-`);
  });
});
