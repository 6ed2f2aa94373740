/**
 * Structural validation: types, enums, patterns, limits, required fields, unique list keys.
 */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { RE2JS } from 're2js';
import { child, isRecord, type FieldProblem, type Schema } from './schema.ts';

const validators = new WeakMap<Schema, ValidateFunction>();

// The API server's patterns are RE2's, and the values are the users': linear time is needed, and `(?i)` works.
// Ajv shares compiled patterns by their text, so `toString` has to tell them apart.
const re2 = (pattern: string) => {
  const compiled = RE2JS.compile(pattern);
  return { test: (text: string) => compiled.matcher(text).find(), toString: () => pattern };
};
const regExp = Object.assign(re2, { code: 're2' });

const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false, code: { regExp } });

/** @returns what is wrong, in the order of the schema; empty when the value is valid. */
export function validateStructure(value: unknown, schema: Schema): readonly FieldProblem[] {
  let validate = validators.get(schema);
  if (!validate) {
    validate = ajv.compile(schema);
    validators.set(schema, validate);
  }
  const problems = validate(value) ? [] : (validate.errors ?? []).map(problemOf);
  return [...problems, ...duplicates(value, schema, '')];
}

function problemOf(error: ErrorObject): FieldProblem {
  const field = pathOf(error.instancePath);
  const params = error.params as Readonly<Record<string, unknown>>;
  if (error.keyword === 'required')
    return { field: child(field, String(params.missingProperty)), message: 'is required' };
  if (error.keyword === 'enum') {
    return { field, message: `must be one of ${(params.allowedValues as readonly unknown[]).join(', ')}` };
  }
  return { field, message: error.message ?? 'is not valid' };
}

/** `/spec/listeners/0/port` to `spec.listeners[0].port`. */
function pathOf(pointer: string): string {
  const names = pointer.split('/').slice(1);
  return names
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, name) => child(path, /^\d+$/.test(name) ? Number(name) : name), '');
}

/** Entries of keyed lists and of sets that occur twice. */
function duplicates(value: unknown, schema: Schema, path: string): readonly FieldProblem[] {
  if (Array.isArray(value)) {
    const inner = value.flatMap((item, index) =>
      schema.items ? duplicates(item, schema.items, child(path, index)) : [],
    );
    return [...repeated(value, schema, path), ...inner];
  }
  if (!isRecord(value)) return [];
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) =>
    Object.hasOwn(value, name) ? duplicates(value[name], member, child(path, name)) : [],
  );
}

function repeated(items: readonly unknown[], schema: Schema, path: string): readonly FieldProblem[] {
  const type = schema['x-kubernetes-list-type'];
  if (type !== 'map' && type !== 'set') return [];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const key = JSON.stringify(type === 'set' || !isRecord(item) ? item : keys.map((name) => item[name]));
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [
      {
        field: child(path, index),
        message: `repeats an earlier entry${type === 'map' ? ` with the same ${keys.join(', ')}` : ''}`,
      },
    ];
  });
}
