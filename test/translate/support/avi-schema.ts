/** Validation of bodies against the closed schemas of `generated/avi.schema.json`. */
import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { AviObject } from '../../../src/translate/desired.ts';

interface SchemaFile {
  readonly objects: Readonly<Record<string, string>>;
  readonly components: { readonly schemas: Readonly<Record<string, { readonly properties?: object }>> };
}

const file = JSON.parse(
  readFileSync(new URL('../../../generated/avi.schema.json', import.meta.url), 'utf8'),
) as SchemaFile;
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addKeyword({
  keyword: 'x-avi-range',
  validate: (
    [low, high]: readonly [number, number],
    value: unknown,
    parent?: { 'x-avi-special'?: readonly number[] },
  ) =>
    typeof value !== 'number' || (value >= low && value <= high) || (parent?.['x-avi-special'] ?? []).includes(value),
});
ajv.addSchema({
  $id: 'avi',
  components: {
    schemas: Object.fromEntries(
      Object.entries(file.components.schemas).map(([kind, schema]) => [
        kind,
        schema.properties ? { ...schema, additionalProperties: false } : schema,
      ]),
    ),
  },
});
const validators = new Map<string, ValidateFunction>();

/** What the schema has against the object's body; empty when nothing. */
export function schemaProblems({ type, name, body }: AviObject): readonly string[] {
  const kind = file.objects[type]!;
  const validate = validators.get(kind) ?? ajv.compile({ $ref: `avi#/components/schemas/${kind}` });
  validators.set(kind, validate);
  if (validate(body)) return [];
  return validate.errors!.map(
    (error) => `${type} ${name}${error.instancePath}: ${error.message} ${JSON.stringify(error.params)}`,
  );
}
