import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { configKeys, configSchema } from '../../src/config/schema.ts';

const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
const table = page.slice(page.indexOf('## Keys'), page.indexOf("## AKO's other keys"));
const rows = table
  .split('\n')
  .map((line) => /^\| `([^`]+)` \| ([^|]+) \|/.exec(line))
  .filter((row) => row !== null)
  .map(([, key = '', value = '']) => ({ key, value: value.trim() }));

function defaultOf(key: string): unknown {
  const values: unknown = configSchema.parse({ clusterName: 'c' });
  return key.split('.').reduce<unknown>((node, part) => (node as Record<string, unknown> | undefined)?.[part], values);
}

describe('docs/configuration.md', () => {
  it('has a row for each key, in the order of the schema, and no other', () => {
    expect(rows.map((row) => row.key)).toEqual(configKeys().map((key) => key.path));
  });

  it.each(rows.filter((row) => row.value.startsWith('`')).map((row) => [row.key, row.value]))(
    'states the default of %s',
    (key, value) => {
      const actual = defaultOf(key);
      expect(value).toBe(`\`${typeof actual === 'string' ? actual : JSON.stringify(actual)}\``);
    },
  );

  it('gives an example that is valid', () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    expect(configSchema.parse(parse(example))).toMatchObject({ clusterName: 'production-1' });
  });
});
