/** Which lists of Avi objects are sets: their order says nothing, and the controller may change it. */
import type { Json, JsonObject } from '../../translate/desired.ts';
import { parseRef } from '../refs.ts';

const text = (value: Json | undefined): string => (value === undefined ? '' : JSON.stringify(value));
const field = (item: Json, name: string): string => text((item as JsonObject | null)?.[name]);

const refName = (value: Json | undefined): string => {
  const ref = typeof value === 'string' ? parseRef(value) : undefined;
  return ref?.name ?? ref?.uuid ?? text(value);
};

const serverKey = (item: Json): string => {
  const server = item as JsonObject | null;
  return `${text((server?.ip as JsonObject | undefined)?.addr)} ${text(server?.port)}`;
};

/** By the field's name: what identifies an element. */
const identities: Readonly<Record<string, (item: Json) => string>> = {
  markers: (item) => field(item, 'key'),
  values: text,
  dns_info: (item) => field(item, 'fqdn'),
  vip: (item) => field(item, 'vip_id'),
  servers: serverKey,
  members: (item) => refName((item as JsonObject | null)?.pool_ref),
  health_monitor_refs: refName,
  pool_refs: refName,
  pool_group_refs: refName,
  string_group_refs: refName,
};

/**
 * Pairs the elements of two lists that belong together: by identity in sets, else by position.
 * `at` is what stands between the brackets of the element's path.
 */
export function pairElements(
  name: string,
  desired: readonly Json[],
  current: readonly Json[],
): readonly { readonly at: string; readonly desired?: Json; readonly current?: Json }[] {
  const identity = identities[name];
  if (!identity || hasDuplicates(desired, identity)) {
    return Array.from({ length: Math.max(desired.length, current.length) }, (_, index) => ({
      at: String(index),
      ...pick(desired[index], current[index]),
    }));
  }
  const remaining = new Map(current.map((item) => [identity(item), item]));
  const pairs = desired.map((item, index) => {
    const partner = remaining.get(identity(item));
    remaining.delete(identity(item));
    return { at: String(index), ...pick(item, partner) };
  });
  return [...pairs, ...[...remaining.values()].map((item) => ({ at: '-', current: item }))];
}

function hasDuplicates(items: readonly Json[], identity: (item: Json) => string): boolean {
  return new Set(items.map(identity)).size < items.length;
}

function pick(desired: Json | undefined, current: Json | undefined): { desired?: Json; current?: Json } {
  return { ...(desired !== undefined && { desired }), ...(current !== undefined && { current }) };
}
