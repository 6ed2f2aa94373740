/** The table of what is supported is complete, and speaks of fields that exist. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { supportByKind } from '../../../src/routing/support.ts';
import type { Feature } from '../../../src/routing/support/feature.ts';

interface Schema {
  readonly type?: string;
  readonly enum?: readonly (string | number)[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

/** A field without fields of its own, with the values that it may have where these are listed. */
interface Leaf {
  readonly path: string;
  readonly values: readonly string[];
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8'));
}

const { kinds } = readJson('generated/gateway-api.schema.json') as {
  readonly kinds: Readonly<Record<string, { readonly schema: Schema }>>;
};

function leavesOf(path: string, schema: Schema): readonly Leaf[] {
  if (schema.items) return leavesOf(`${path}[]`, schema.items);
  if (schema.properties) {
    return Object.entries(schema.properties).flatMap(([name, field]) =>
      leavesOf(path ? `${path}.${name}` : name, field),
    );
  }
  return [{ path, values: (schema.enum ?? []).map(String) }];
}

function fieldAt(path: string, schema: Schema): Schema | undefined {
  return path.split('.').reduce<Schema | undefined>((node, part) => {
    const field = node?.properties?.[part.replaceAll('[]', '')];
    return part.endsWith('[]') ? field?.items : field;
  }, schema);
}

const featuresOf = (kind: string): readonly Feature[] => Object.values(supportByKind[kind] ?? {});
const schemaOf = (kind: string): Schema => kinds[kind]?.schema ?? {};
const rows = Object.keys(supportByKind).flatMap((kind) => featuresOf(kind).map((row) => ({ kind, row })));
const ofCrds = rows.filter(({ kind }) => kind !== 'Service');

/** What there must be a row for. */
interface Unit {
  readonly path: string;
  readonly value?: string;
}

/** So many fields at most may stand under one row, or it says nothing of them. */
const mostFields = 8;

function contains(field: string, path: string): boolean {
  return path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[]`);
}

function isCovered(kind: string, path: string, value: string | undefined): boolean {
  const leaves = leavesOf('', schemaOf(kind));
  return featuresOf(kind).some(({ fields, values, when, sameAs }) => {
    if (when || (value !== undefined && values && !values.includes(value))) return false;
    const field = fields.find((one) => contains(one, path));
    if (field === undefined || field === 'spec') return false;
    if (sameAs) return isCovered(sameAs, path, value);
    return field === 'status' || leaves.filter((leaf) => contains(field, leaf.path)).length <= mostFields;
  });
}

describe('the table of what is supported', () => {
  it('has the kinds of the CRDs', () => {
    expect(
      Object.keys(supportByKind)
        .filter((kind) => kind !== 'Service')
        .sort(),
    ).toEqual(Object.keys(kinds).sort());
  });

  it.each(Object.keys(kinds))('has a row for every field and value of %s', (kind) => {
    const leaves = leavesOf('', schemaOf(kind)).filter(({ path }) => /^(spec|status)\b/.test(path));
    const units: readonly Unit[] = leaves.flatMap(({ path, values }) =>
      values.length > 0 && path.startsWith('spec') ? values.map((value) => ({ path, value })) : [{ path }],
    );
    expect(leaves.length).toBeGreaterThan(5);
    expect(units.filter(({ path, value }) => !isCovered(kind, path, value))).toEqual([]);
  });

  it('names only fields that the CRDs have, but for those of the experimental channel', () => {
    const named = ofCrds.flatMap(({ kind, row: { fields, experimental } }) =>
      fields
        .filter((field) => /^(spec|status)\b/.test(field))
        .map((field) => ({ kind, field, exists: fieldAt(field, schemaOf(kind)) !== undefined, experimental })),
    );
    expect(named.filter(({ exists, experimental }) => exists === (experimental === true))).toEqual([]);
  });

  it('names only values that the fields can have', () => {
    const wrong = ofCrds.flatMap(({ kind, row: { fields, values = [] } }) =>
      fields.flatMap((field) => {
        const known = (fieldAt(field, schemaOf(kind))?.enum ?? []).map(String);
        return known.length === 0
          ? []
          : values.filter((value) => !known.includes(value)).map((value) => ({ field, value }));
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('says of every row how, or why not', () => {
    const silent = rows.filter(
      ({ row: { avi, reason, sameAs, says, values } }) => !(avi ?? reason ?? sameAs ?? says ?? values),
    );
    expect(silent).toEqual([]);
    expect(rows.filter(({ row: { support, says, when } }) => support === 'no' && !says && !when)).toEqual([]);
  });
});

const aviNames: Readonly<Record<string, string>> = {
  applicationpersistenceprofile: 'ApplicationPersistenceProfile',
  applicationprofile: 'ApplicationProfile',
  httppolicyset: 'HTTPPolicySet',
  l4policyset: 'L4PolicySet',
  pkiprofile: 'PKIProfile',
  pool: 'Pool',
  poolgroup: 'PoolGroup',
  sslkeyandcertificate: 'SSLKeyAndCertificate',
  sslprofile: 'SSLProfile',
  virtualservice: 'VirtualService',
  vsdatascriptset: 'VSDataScriptSet',
  vsvip: 'VsVip',
};

function pathsOf(path: string, value: unknown): readonly string[] {
  if (Array.isArray(value)) return [path, ...value.flatMap((entry) => pathsOf(`${path}[]`, entry))];
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, field]) => pathsOf(`${path}.${name}`, field))];
}

describe('Avi objects and fields in the table', () => {
  const folder = new URL('../../golden/', import.meta.url);
  const cases = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const rendered = new Set(
    cases.flatMap(({ name }) => {
      const objects = readJson(`test/golden/${name}/avi.json`) as readonly { type: string; body: unknown }[];
      return objects.flatMap(({ type, body }) => pathsOf(aviNames[type] ?? type, body));
    }),
  );
  const types = Object.values(aviNames);
  const named = rows.flatMap(({ row: { avi = '' } }) => [...avi.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path));

  it('are many', () => {
    expect(named.length).toBeGreaterThan(60);
  });

  it('are such as golden cases render', () => {
    expect(named.filter((path) => !types.some((type) => path === type || path.startsWith(`${type}.`)))).toEqual([]);
    expect([...new Set(named)].filter((path) => !rendered.has(path))).toEqual([]);
  });
});
