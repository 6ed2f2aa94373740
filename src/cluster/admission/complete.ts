import { child, isRecord, type FieldProblem, type Schema } from './schema.ts';

/**
 * What the API server does before validation: drops nulls, drops fields that the schema does not know, sets defaults.
 * `apiVersion`, `kind` and `metadata` of the object itself are left as they are.
 *
 * @param problems gets one entry for each unknown field.
 * @returns a new value; the input is not changed.
 */
export function complete(value: unknown, schema: Schema, path: string, problems: FieldProblem[]): unknown {
  if (Array.isArray(value)) {
    const items = schema.items;
    return items ? value.map((item, index) => complete(item, items, child(path, index), problems)) : value;
  }
  if (!isRecord(value)) return value;
  if (!schema.properties) return completeMap(value, schema, path, problems);
  return completeObject(value, schema.properties, path, problems);
}

function completeObject(
  value: Readonly<Record<string, unknown>>,
  properties: Readonly<Record<string, Schema>>,
  path: string,
  problems: FieldProblem[],
): unknown {
  const result: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    if (member === null || member === undefined) continue;
    const schema = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (!schema) problems.push({ field: child(path, name), message: 'is not a field of this kind and is ignored' });
    else if (path === '' && name === 'metadata') result[name] = member;
    else result[name] = complete(member, schema, child(path, name), problems);
  }
  for (const [name, schema] of Object.entries(properties)) {
    if (schema.default === undefined || Object.hasOwn(result, name)) continue;
    result[name] = complete(structuredClone(schema.default), schema, child(path, name), problems);
  }
  return result;
}

/** A map with arbitrary keys, as labels; an object without a schema is kept whole. */
function completeMap(
  value: Readonly<Record<string, unknown>>,
  schema: Schema,
  path: string,
  problems: FieldProblem[],
): unknown {
  const values = schema.additionalProperties;
  if (!isRecord(values)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(
    members.map(([name, member]) => [name, complete(member, values, child(path, name), problems)]),
  );
}
