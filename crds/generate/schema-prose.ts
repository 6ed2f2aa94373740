/** A JSON schema as read from a file. */
export type Schema = { [key: string]: unknown };

const schemaValued = new Set(['items', 'additionalProperties', 'not']);
const schemaListValued = new Set(['allOf', 'anyOf', 'oneOf']);
const schemaMapValued = new Set(['properties', 'definitions', 'patternProperties']);
const prose = new Set(['description', 'title', 'example', 'externalDocs']);

/** Whether a value is a plain object. */
export function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Copies a schema with its keys sorted and without prose, so that no upstream sentence gets into the repository and two
 * runs give the same bytes. `edit` sees each subschema's copy after its children, and may change it.
 */
export function withoutProse(schema: Schema, edit: (schema: Schema) => void = () => {}): Schema {
  const copy: Schema = {};
  for (const key of Object.keys(schema).sort()) {
    if (!prose.has(key)) copy[key] = copyKeyword(key, schema[key], edit);
  }
  edit(copy);
  return copy;
}

function copyKeyword(key: string, value: unknown, edit: (schema: Schema) => void): unknown {
  const child = (each: unknown) => (isObject(each) ? withoutProse(each, edit) : each);
  if (schemaValued.has(key)) return child(value);
  if (schemaListValued.has(key) && Array.isArray(value)) return value.map(child);
  // A property may itself be called `description` or `title`: the names of a map are never keywords.
  if (schemaMapValued.has(key) && isObject(value)) return mapValues(value, child);
  return value;
}

/** Applies a function to each value, keys in order. */
export function mapValues(object: Schema, change: (value: unknown, key: string) => unknown): Schema {
  return Object.fromEntries(
    Object.keys(object)
      .sort()
      .map((key) => [key, change(object[key], key)]),
  );
}
