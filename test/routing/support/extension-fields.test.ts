/** Every field of AKO's CRDs and of our own policies has a row in docs/policies.md and is asked for in a golden case. */
import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const crds = join(root, 'crds', 'extensions');
const golden = join(root, 'test', 'golden');

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

interface Definition {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly storage: boolean;
      readonly schema: { readonly openAPIV3Schema: { readonly properties: Readonly<Record<string, Schema>> } };
    }[];
  };
}

/** Paths below `spec` that hold a value or a list of values, as `paths[].tls.type`. */
function leaves({ properties, items }: Schema, path = ''): readonly string[] {
  if (properties) {
    return Object.entries(properties).flatMap(([name, child]) => leaves(child, path ? `${path}.${name}` : name));
  }
  return items?.properties ? leaves(items, `${path}[]`) : [path];
}

const kinds = readdirSync(crds)
  .filter((file) => file !== 'kustomization.yaml')
  .map((file) => parse(readFileSync(join(crds, file), 'utf8')) as Definition)
  .map(({ spec }) => {
    const schema = spec.versions.find(({ storage }) => storage)?.schema.openAPIV3Schema.properties.spec ?? {};
    return { kind: spec.names.kind, fields: leaves(schema) };
  });

const page = readFileSync(join(root, 'docs', 'policies.md'), 'utf8');
const sections = new Map(
  page
    .split(/^##+ /mu)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text]),
);
const titles: Readonly<Record<string, string>> = {
  HostRule: 'Rules by FQDN',
  HTTPRule: 'Rules by FQDN',
  SSORule: 'Rules by FQDN',
};

/** What the first column of the tables names. */
function rowsOf(kind: string): readonly string[] {
  const text = sections.get(titles[kind] ?? kind) ?? '';
  const cells = [...text.matchAll(/^\| (.*?) \|/gmu)].map(([, cell = '']) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/gu)].map(([, name = '']) => name));
}

/** Whether a row is of a field: by its path or its end, or of an object that the field is in. */
function isOf(row: string, field: string): boolean {
  const name = row.replace(/^spec\./u, '').replaceAll('[]', '');
  const path = `.${field.replaceAll('[]', '')}.`;
  if (name.endsWith('.*')) return path.includes(`.${name.slice(0, -1)}`);
  return path.includes(`.${name}.`);
}

/** Paths that objects of a kind have in golden cases whose input is well-formed. */
const asked = new Map<string, Set<string>>();
for (const name of readdirSync(golden)) {
  const file = join(golden, name, 'in.yaml');
  if (name.startsWith('m') || !existsSync(file)) continue;
  for (const document of parseAllDocuments(readFileSync(file, 'utf8'))) {
    const object = document.toJS() as { readonly kind?: string; readonly spec?: unknown } | null;
    if (!object?.kind) continue;
    const paths = asked.get(object.kind) ?? new Set<string>();
    asked.set(object.kind, paths);
    addPaths(object.spec, '', paths);
  }
}

function addPaths(value: unknown, path: string, paths: Set<string>): void {
  paths.add(path);
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') addPaths(item, `${path}[]`, paths);
  } else if (value !== null && typeof value === 'object') {
    for (const [name, item] of Object.entries(value)) addPaths(item, path ? `${path}.${name}` : name, paths);
  }
}

describe.each(kinds)('the fields of $kind', ({ kind, fields }) => {
  it('have a row each', () => {
    const rows = rowsOf(kind);
    expect(fields.length).toBeGreaterThan(0);
    expect(fields.filter((field) => !rows.some((row) => isOf(row, field)))).toEqual([]);
  });

  it('are asked for in a golden case each', () => {
    expect(fields.filter((field) => !asked.get(kind)?.has(field))).toEqual([]);
  });
});

it('are those of twelve kinds', () => {
  expect(kinds.map(({ kind }) => kind)).toHaveLength(12);
});
