import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { identity, readManifests } from '../../src/cluster/manifests.ts';

// Waits end by themselves and say what they waited for; a busy machine may need long.
jest.setTimeout(60_000);

const now = '2026-01-01T00:00:00.000Z';
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'manifests-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function read(text: string) {
  writeFileSync(join(directory, 'in.yaml'), text);
  const { objects, problems } = await readManifests([directory], now);
  return { names: objects.map(identity), problems };
}

const namespace = (name: string) => `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name} }\n`;

describe('manifests', () => {
  it('reads several documents, skips empty ones, and counts them from one', async () => {
    const { names, problems } = await read(
      `---\n${namespace('a')}---\n\n---\n# nothing\n---\n- a list\n---\n${namespace('b')}`,
    );
    expect(names).toEqual(['Namespace/a', 'Namespace/b']);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.resource).toMatch(/^in\.yaml, document \d$/);
    expect(problems[0]?.message).toContain('is not a Kubernetes object');
  });

  it('names the file and the document of what is not YAML', async () => {
    const { names, problems } = await read(`${namespace('a')}---\na: b: c\n`);
    expect(names).toEqual([]);
    expect(problems[0]).toMatchObject({ resource: 'in.yaml' });
    expect(problems[0]?.message).toMatch(/^document 2 is not YAML: .* at line 5/);
  });

  it('refuses documents that blow up by aliases', async () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) => `l${level + 1}: &l${level + 1} [${Array(9).fill(`*l${level}`).join(', ')}]`,
    );
    const { problems } = await read(`l0: &l0 [x]\n${levels.join('\n')}\n`);
    expect(problems[0]?.message).toContain('is not YAML');
  });

  it('refuses the second object with the same name and says where the first is', async () => {
    const { names, problems } = await read(`${namespace('a')}---\n${namespace('a')}`);
    expect(names).toEqual(['Namespace/a']);
    expect(problems).toEqual([
      {
        resource: 'Namespace/a',
        field: 'metadata.name',
        message: 'is already defined in in.yaml, document 1 (in.yaml, document 2)',
      },
    ]);
  });

  it('takes Lists apart', async () => {
    const items = `apiVersion: v1\nkind: List\nitems:\n- { apiVersion: v1, kind: Namespace, metadata: { name: a } }\n- 5\n`;
    const { names, problems } = await read(items);
    expect(names).toEqual(['Namespace/a']);
    expect(problems[0]?.resource).toBe('in.yaml, item 2');
  });

  it('reads a mounted ConfigMap once, through its links', async () => {
    mkdirSync(join(directory, '..2026_01_01'));
    writeFileSync(join(directory, '..2026_01_01', 'in.yaml'), namespace('a'));
    symlinkSync('..2026_01_01', join(directory, '..data'));
    symlinkSync(join('..data', 'in.yaml'), join(directory, 'in.yaml'));
    const { objects, problems } = await readManifests([directory], now);
    expect([objects.map(identity), problems]).toEqual([['Namespace/a'], []]);
  });

  it('throws for a path that does not exist', async () => {
    await expect(readManifests([join(directory, 'missing')], now)).rejects.toThrow('no such file or directory');
  });
});
