/**
 * The generated structural schemas of the Gateway API's and the extensions' kinds, as the API server holds them.
 */
import { readFileSync } from 'node:fs';

/** OpenAPI v3 structural schema, the keywords that the Gateway API's CRDs use. */
export interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly default?: unknown;
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message?: string }[];
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly [keyword: string]: unknown;
}

/** One kind of the generated file. */
export interface KindSchema {
  readonly group: string;
  /** The version whose schema this is. */
  readonly version: string;
  /** All versions that the API server would serve. */
  readonly served: readonly string[];
  readonly plural: string;
  readonly scope: 'Namespaced' | 'Cluster';
  readonly schema: Schema;
}

let loaded: Readonly<Record<string, KindSchema>> | undefined;

/** Schemas by kind; read once. */
export function customSchemas(): Readonly<Record<string, KindSchema>> {
  loaded ??= { ...readKinds('gateway-api'), ...readKinds('extensions') };
  return loaded;
}

function readKinds(name: string): Readonly<Record<string, KindSchema>> {
  const file = new URL(`../../../generated/${name}.schema.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly kinds: Readonly<Record<string, KindSchema>> }).kinds;
}

/** A field that is not as it should be, by its path in the object. */
export interface FieldProblem {
  /** As `spec.listeners[0].hostname`; empty for the object itself. */
  readonly field: string;
  readonly message: string;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Appends a member's name or an index to a path. */
export function child(path: string, name: string | number): string {
  if (typeof name === 'number') return `${path}[${name}]`;
  return path ? `${path}.${name}` : name;
}
