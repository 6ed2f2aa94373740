/**
 * Whose an object is. Ours are exactly those with our `created_by` (on types that have the field) and with both
 * markers; everything else is foreign and never changed or deleted (design section 3, "Ours and foreign").
 */
import type { AviType, JsonObject } from '../../translate/desired.ts';
import { managedBy } from '../../translate/naming/markers.ts';
import { createdBy, extensionPrefix, namePrefix } from '../../translate/naming/names.ts';

/** What marks this cluster's objects. */
export interface Identity {
  readonly clusterName: string;
  /** Accepted values of `created_by`, ours first; AKO's comes in only under `takeover: ako`. */
  readonly createdBy: readonly string[];
  /** Accepted values of the marker `managed-by`; undefined where objects without that marker count too. */
  readonly managedBy: readonly (string | undefined)[];
}

/** Types that have no `created_by` in Avi 30.2.1; their objects are known by markers alone. */
const withoutCreatedBy: ReadonlySet<AviType> = new Set([
  'healthmonitor',
  'applicationpersistenceprofile',
  'sslprofile',
  'stringgroup',
  'vsvip',
]);

/** Whether objects of the type have a field `created_by`. */
export function hasCreatedBy(type: AviType): boolean {
  return !withoutCreatedBy.has(type);
}

/** Values of a marker of an object; empty when it has none. */
export function markerValues(body: JsonObject, key: string): readonly string[] {
  const { markers } = body;
  if (!Array.isArray(markers)) return [];
  const marker = (markers as readonly JsonObject[]).find((item) => item?.key === key);
  return Array.isArray(marker?.values) ? (marker.values as readonly string[]) : [];
}

/** What was found for bodies, which never change. */
const known = new WeakMap<Identity, WeakMap<JsonObject, boolean>>();

/** Whether an object on the controller is ours. */
export function isOurs(object: { readonly type: AviType; readonly body: JsonObject }, identity: Identity): boolean {
  const answers = known.get(identity) ?? new WeakMap<JsonObject, boolean>();
  known.set(identity, answers);
  const answer = answers.get(object.body) ?? bearsMarks(object, identity);
  answers.set(object.body, answer);
  return answer;
}

function bearsMarks(object: { readonly type: AviType; readonly body: JsonObject }, identity: Identity): boolean {
  const { type, body } = object;
  if (!markerValues(body, 'clustername').includes(identity.clusterName)) return false;
  if (isOfAkosExtensions(object, identity)) return true;
  if (hasCreatedBy(type) && !identity.createdBy.some((user) => user === body.created_by)) return false;
  const managers = markerValues(body, 'managed-by');
  return identity.managedBy.some((wanted) =>
    wanted === undefined ? managers.length === 0 && isNamedForGateways(body, identity) : managers.includes(wanted),
  );
}

/**
 * AKO's part for Ingress puts the cluster's marker on its objects too, and types without `created_by` have nothing else
 * that tells them apart: the name does.
 */
function isNamedForGateways({ name }: JsonObject, { clusterName }: Identity): boolean {
  return typeof name === 'string' && name.startsWith(namePrefix(clusterName));
}

/** Types of the objects that AKO's CRD operator makes. */
const extensionTypes: ReadonlySet<AviType> = new Set(['healthmonitor', 'applicationprofile', 'pkiprofile']);

/**
 * Whether an object was made by AKO's CRD operator and is taken over with the rest: its names are ours, and it sets
 * `created_by` on some types only, to its own name.
 */
function isOfAkosExtensions(
  { type, body }: { readonly type: AviType; readonly body: JsonObject },
  { clusterName, managedBy: managers }: Identity,
): boolean {
  if (!managers.includes(undefined) || !extensionTypes.has(type)) return false;
  const { name, created_by: user = 'ako-crd-operator' } = body;
  if (typeof name !== 'string' || !name.startsWith(extensionPrefix(clusterName))) return false;
  return markerValues(body, 'managed-by').length === 0 && String(user).startsWith('ako-crd-operator');
}

/** Key (`namespace/name`) of the Gateway that an object's markers name; undefined where they name none. */
export function gatewayOf(body: JsonObject): string | undefined {
  const [name] = markerValues(body, 'GatewayName');
  const [namespace] = markerValues(body, 'GatewayNamespace');
  return name !== undefined && namespace !== undefined ? `${namespace}/${name}` : undefined;
}

/** What marks the objects of a cluster that the operator itself made. */
export function ownIdentity(clusterName: string): Identity {
  return { clusterName, createdBy: [createdBy(clusterName)], managedBy: [managedBy] };
}
