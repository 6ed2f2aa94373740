/** What is sent to update an object. */
import type { AviType, Json, JsonObject } from '../../translate/desired.ts';
import type { AviSchema, SchemaNode } from './schema.ts';

/**
 * A PUT replaces the object, so the body is the desired one. A VsVip keeps what the controller allocated for each vip
 * (address, subnet, port), as it refuses to change that, and carries `_last_modified`, so that an allocation that we have
 * not seen yet ends in 412 and not in its loss (ako-facts.md section 2, avi-model.md section 4.6).
 */
export function putBody(type: AviType, desired: JsonObject, current: JsonObject, schema: AviSchema): JsonObject {
  if (type !== 'vsvip') return desired;
  const vipNode = schema.items(schema.property(schema.object('vsvip'), 'vip'));
  const currentVips = list(current.vip);
  const vip = list(desired.vip).map((wanted) => {
    const allocated = currentVips.find((item) => item.vip_id === wanted.vip_id);
    return { ...knownFields(allocated ?? {}, vipNode), ...wanted };
  });
  return {
    ...desired,
    ...(vip.length > 0 && { vip }),
    ...(typeof current._last_modified === 'string' && { _last_modified: current._last_modified }),
  };
}

function list(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonObject[]) : [];
}

function knownFields(object: JsonObject, node: SchemaNode | undefined): JsonObject {
  const properties = node?.properties;
  if (!properties) return object;
  return Object.fromEntries(Object.entries(object).filter(([name]) => name in properties));
}
