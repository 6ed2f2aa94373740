/**
 * The CEL rules of the CRDs (`x-kubernetes-validations`), evaluated as the API server does: wherever the value that a
 * rule belongs to is present, after defaulting. Rules about a change (`oldSelf`) say nothing about one object.
 */
import { isIP } from 'node:net';
import { Environment, EvaluationError, ParseError } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';
import { child, isRecord, type FieldProblem, type Schema } from './schema.ts';

type SchemaRule = NonNullable<Schema['x-kubernetes-validations']>[number];
type Rule = (context: { readonly self: unknown }) => unknown;

const environment = new Environment({ homogeneousAggregateLiterals: false, enableOptionalTypes: true })
  .registerVariable('self', 'dyn')
  .registerFunction('isIP(string): bool', (text: string) => isIP(text) !== 0)
  // The library's own `matches` has JavaScript's syntax and running time; CEL's is RE2.
  .registerFunction('string.matchesRe2(string): bool', (text: string, pattern: string) =>
    RE2JS.compile(pattern).matcher(text).find(),
  );

/** Errors that come from the value and not from the library's limits. */
const valueErrors: ReadonlySet<string> = new Set([
  'no_such_key',
  'no_such_field',
  'index_out_of_range',
  'invalid_duration',
]);

const rules = new Map<string, Rule | undefined>();

/** CEL's reserved words, which a rule writes as `__word__` where a field has such a name. */
const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** Why a rule is not evaluated, or undefined when it is. */
export function whySkipped(rule: string): string | undefined {
  if (/\boldSelf\b/.test(rule)) return 'it compares with the object before the change';
  return compile(rule) ? undefined : 'the CEL library cannot evaluate it';
}

/** @returns one problem for each rule that does not hold. */
export function validateRules(value: unknown, schema: Schema): readonly FieldProblem[] {
  return walk(value, schema, '');
}

function walk(value: unknown, schema: Schema, path: string): readonly FieldProblem[] {
  const own = (schema['x-kubernetes-validations'] ?? []).flatMap((rule) => check(rule, value, schema, path));
  return [...own, ...members(value, schema).flatMap(([name, member, inner]) => walk(member, inner, child(path, name)))];
}

function check({ rule, message }: SchemaRule, value: unknown, schema: Schema, path: string): readonly FieldProblem[] {
  if (whySkipped(rule) !== undefined) return [];
  if (holds(compile(rule), toCel(value, schema))) return [];
  return [{ field: path, message: message ?? `must satisfy the rule: ${rule}` }];
}

/** A missing field fails the rule, as it does in the API server; a rule that the library cannot evaluate does not. */
function holds(rule: Rule | undefined, self: unknown): boolean {
  try {
    return rule?.({ self }) === true;
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return !valueErrors.has(error.code);
  }
}

function compile(text: string): Rule | undefined {
  if (!rules.has(text)) {
    let rule: Rule | undefined;
    try {
      const parsed = environment.parse(adapt(text));
      if (parsed.check().valid) rule = parsed as Rule;
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
    }
    rules.set(text, rule);
  }
  return rules.get(text);
}

/** Puts a rule as the library can evaluate it: its own `matches`, and `has` of a member of a list's item. */
function adapt(rule: string): string {
  return rule.replaceAll('.matches(', '.matchesRe2(').replaceAll(/\bhas\(([\w.]+\[\d+\])\.(\w+)\)/g, "('$2' in $1)");
}

/** The members of a value that have a schema. */
function members(value: unknown, schema: Schema): readonly (readonly [string | number, unknown, Schema])[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? value.map((item, index) => [index, item, items] as const) : [];
  }
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const inner = memberSchema(schema, name);
    return inner ? [[name, member, inner] as const] : [];
  });
}

function memberSchema(schema: Schema, name: string): Schema | undefined {
  if (schema.properties && Object.hasOwn(schema.properties, name)) return schema.properties[name];
  return isRecord(schema.additionalProperties) ? schema.additionalProperties : undefined;
}

/** JSON to CEL's values: integers are bigints, and fields with reserved names are escaped. */
function toCel(value: unknown, schema: Schema | undefined): unknown {
  if (typeof value === 'number') return schema?.type === 'integer' && Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map((item) => toCel(item, schema?.items));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const inner = schema ? memberSchema(schema, name) : undefined;
      return [reserved.has(name) && schema?.properties ? `__${name}__` : name, toCel(member, inner)];
    }),
  );
}
