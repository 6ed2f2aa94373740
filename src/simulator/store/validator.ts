import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Catalogue, ObjectType, SchemaNode } from './catalogue.ts';
import { refuseField } from './errors.ts';

/** Checks a request body against the closed schema of its type; throws the 400 that names the field. */
export type Validator = (type: ObjectType, body: Readonly<Record<string, unknown>>) => void;

/** Creates a validator. Schemas are compiled when a type is first written. */
export function createValidator(catalogue: Catalogue): Validator {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, ownProperties: true });
  ajv.addKeyword({ keyword: 'x-avi-range', validate: inRange, error: { message: 'is outside the allowed values' } });
  ajv.addSchema({ $id: 'avi', components: { schemas: closed(catalogue.schemas) } });
  const compiled = new Map<string, ValidateFunction>();
  return (type, body) => {
    let validate = compiled.get(type.kind);
    if (!validate) {
      validate = ajv.compile({ $ref: `avi#/components/schemas/${type.kind}` });
      compiled.set(type.kind, validate);
    }
    if (validate(body)) return;
    throw explain(validate.errors?.[0]);
  };
}

/** `x-avi-range: [low, high]` with `x-avi-special` values beside it ("Special values are 0 - Immediate"). */
function inRange(
  range: readonly [number, number],
  value: unknown,
  parent?: { readonly 'x-avi-special'?: readonly number[] },
): boolean {
  if (typeof value !== 'number') return true;
  return (value >= range[0] && value <= range[1]) || (parent?.['x-avi-special'] ?? []).includes(value);
}

function closed(schemas: Readonly<Record<string, SchemaNode>>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [kind, schema] of Object.entries(schemas)) {
    result[kind] = schema.properties ? { ...schema, additionalProperties: false } : schema;
  }
  return result;
}

function explain(error: ErrorObject | undefined): Error {
  if (!error) return refuseField('error', 'Invalid object.');
  const params = error.params as Readonly<Record<string, unknown>>;
  const extra = params['additionalProperty'] ?? params['missingProperty'];
  const segments = error.instancePath.split('/').slice(1);
  if (typeof extra === 'string') segments.push(extra);
  const path = segments
    .map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('');
  return refuseField(segments[0] ?? 'error', `${path || 'body'}: ${reason(error, params)}`);
}

function reason(error: ErrorObject, params: Readonly<Record<string, unknown>>): string {
  switch (error.keyword) {
    case 'required':
      return 'This field is required.';
    case 'additionalProperties':
      return 'Unknown field.';
    case 'enum':
      return `Not one of ${(params['allowedValues'] as readonly unknown[]).slice(0, 12).join(', ')}.`;
    default:
      return `Field check failed: ${error.message ?? error.keyword}.`;
  }
}
