/**
 * The difference between a body as we would send it and the object as the controller returned it, by content.
 *
 * A PUT replaces the whole object, so a field that we do not send goes back to its default. Equal therefore means: each
 * field that we send has our value, and each that we do not send has its default or belongs to the controller.
 */
import { createHash } from 'node:crypto';
import { ssoSecretFields, type AviType, type Json, type JsonObject } from '../../translate/desired.ts';
import type { FieldChange } from '../operation.ts';
import { isRefField, parseRef, sameRef, type NameOfUuid } from '../refs.ts';
import type { AviSchema, SchemaNode } from './schema.ts';
import { pairElements } from './sets.ts';

/** Top-level fields that the controller does not return. A certificate with the same PEM has the same key. */
const neverReturned: ReadonlySet<string> = new Set(['key', 'key_passphrase', 'key_base64']);

/** Fields whose text is never shown. */
const secretField = /passphrase|password|secret|token/i;

/** Fields that the controller writes by itself. */
const controllerOwned: ReadonlySet<string> = new Set([
  'uuid',
  'url',
  '_last_modified',
  'configpb_attributes',
  'tenant_ref',
  'cloud_ref',
  'vrf_context_ref',
  'vrf_ref',
  'se_group_ref',
  'analytics_profile_ref',
  'discovered_networks',
  'key_params',
  'version_introduced',
]);

/** Objects inside which the controller adds what it parsed or allocated: only what we send is compared there. */
const controllerFilled: ReadonlySet<string> = new Set([
  'certificate',
  'vip',
  'ca_certs',
  // Names of cookies, and keys for them.
  'oauth_vs_config',
  'saml_sp_config',
]);

interface Context {
  readonly schema: AviSchema;
  readonly nameOf: NameOfUuid;
  readonly type: AviType;
  readonly changes: FieldChange[];
}

/**
 * @param desired the body that would be sent, refs by name.
 * @param current the body as returned, refs with uuid and `#name`.
 * @returns one entry a field that differs; empty when a PUT would change nothing.
 */
export function diffObject(
  type: AviType,
  desired: JsonObject,
  current: JsonObject,
  schema: AviSchema,
  nameOf: NameOfUuid = () => undefined,
): readonly FieldChange[] {
  const context: Context = { schema, nameOf, type, changes: [] };
  diffFields(context, '', desired, current, schema.object(type), false);
  return context.changes;
}

function diffFields(
  context: Context,
  path: string,
  desired: JsonObject,
  current: JsonObject,
  node: SchemaNode | undefined,
  filled: boolean,
): void {
  for (const [name, value] of Object.entries(desired)) {
    if (isNeverReturned(path, name) || (controllerOwned.has(name) && !(name in current))) continue;
    diffValue(context, join(path, name), name, value, current[name], context.schema.property(node, name), filled);
  }
  if (filled) return;
  for (const [name, value] of Object.entries(current)) {
    if (name in desired || controllerOwned.has(name) || isNeverReturned(path, name)) continue;
    const property = context.schema.property(node, name);
    if (isLeftToController(context, name, value, current, property, node)) continue;
    report(context, join(path, name), name, undefined, value);
  }
}

function diffValue(
  context: Context,
  path: string,
  name: string,
  desired: Json,
  current: Json | undefined,
  node: SchemaNode | undefined,
  filled: boolean,
): void {
  if (current === undefined) {
    if (!isDefault(desired, node)) report(context, path, name, desired, undefined);
  } else if (isList(desired) && isList(current)) {
    diffLists(context, path, name, desired, current, node, filled);
  } else if (isObject(desired) && isObject(current)) {
    diffFields(context, path, desired, current, node, filled || controllerFilled.has(name));
  } else if (!sameScalar(context, name, desired, current)) {
    report(context, path, name, desired, current);
  }
}

function diffLists(
  context: Context,
  path: string,
  name: string,
  desired: readonly Json[],
  current: readonly Json[],
  node: SchemaNode | undefined,
  filled: boolean,
): void {
  for (const pair of pairElements(name, desired, current)) {
    const at = `${path}[${pair.at}]`;
    if (pair.desired === undefined || pair.current === undefined) {
      report(context, at, name, pair.desired, pair.current);
    } else {
      diffValue(context, at, name, pair.desired, pair.current, context.schema.items(node), filled);
    }
  }
}

/** Whether a field that we do not send holds what the controller puts there on its own. */
function isLeftToController(
  context: Context,
  name: string,
  value: Json,
  owner: JsonObject,
  property: SchemaNode | undefined,
  ownerNode: SchemaNode | undefined,
): boolean {
  if (property === undefined && ownerNode !== undefined) return true; // run-time extras are in no schema
  if (property?.readOnly) return true;
  if (isDefault(value, property) || hasOnlyDefaults(context, value, property)) return true;
  if (isRefField(name)) return isSystemRef(value) || (name === 'vsvip_ref' && owner.type === 'VS_TYPE_VH_CHILD');
  if (name === 'port_range_end') return value === owner.port;
  if (name === 'hostname') return value === (owner.ip as JsonObject | undefined)?.addr;
  return false;
}

/** Objects that come with the controller; it fills in references to them. */
function isSystemRef(value: Json): boolean {
  const name = typeof value === 'string' ? parseRef(value)?.name : undefined;
  return name !== undefined && (name.startsWith('System-') || name.startsWith('Default-'));
}

/** Whether a value is what the controller has for a field that was not sent: its default, or empty where it has none. */
function isDefault(value: Json, node: SchemaNode | undefined): boolean {
  if (node?.default !== undefined) return JSON.stringify(value) === JSON.stringify(node.default);
  return isEmpty(value);
}

function isEmpty(value: Json): boolean {
  if (value === null || value === false || value === 0 || value === '') return true;
  if (isList(value)) return value.length === 0;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** An object that was not sent but is returned, all of it defaults, such as `analytics_policy`. */
function hasOnlyDefaults(context: Context, value: Json, node: SchemaNode | undefined): boolean {
  if (!isObject(value)) return false;
  return Object.entries(value).every(([name, item]) => {
    const property = context.schema.property(node, name);
    return (
      isDefault(item, property) ||
      hasOnlyDefaults(context, item, property) ||
      isLeftToController(context, name, item, value, property, node)
    );
  });
}

function sameScalar(context: Context, name: string, desired: Json, current: Json): boolean {
  if (desired === current) return true;
  if (typeof desired !== 'string' || typeof current !== 'string') return false;
  if (isRefField(name)) return sameRef(desired, current, context.nameOf);
  return name === 'certificate' && normalizePem(desired) === normalizePem(current);
}

function normalizePem(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .join('\n');
}

function report(
  context: Context,
  path: string,
  name: string,
  desired: Json | undefined,
  current: Json | undefined,
): void {
  context.changes.push({ path, before: shown(name, current), after: shown(name, desired) });
}

/** Certificates are shown by their hash; keys never get here, as they are not compared. */
function shown(name: string, value: Json | undefined): unknown {
  if (name === 'certificate' && typeof value === 'string') {
    return `sha256:${createHash('sha256').update(normalizePem(value)).digest('hex')}`;
  }
  if (secretField.test(name)) return value === undefined ? undefined : '<redacted>';
  return value === undefined ? undefined : withoutSecrets(value);
}

function withoutSecrets(value: Json): Json {
  if (typeof value === 'string') return value.includes('PRIVATE KEY') ? '<redacted>' : value;
  if (isList(value)) return value.map(withoutSecrets);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, secretField.test(name) ? '<redacted>' : withoutSecrets(item)]),
  );
}

function isNeverReturned(path: string, name: string): boolean {
  if (path === '') return neverReturned.has(name);
  // Of a health monitor and of single sign-on; a marker tells whether it is another.
  return (path === 'authentication' && name === 'password') || ssoSecretFields.has(name);
}

function join(path: string, name: string): string {
  return path ? `${path}.${name}` : name;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
