/** Giving objects back to AKO: they get its marks again, and an AKO that starts takes them over by their names. Pure. */
import { attribute, referredObjects } from '../plan/inventory/attribution.ts';
import { hasCreatedBy, isOurs, markerValues, type Identity } from '../plan/inventory/identity.ts';
import type { Inventory, InventoryObject } from '../plan/inventory/inventory.ts';
import { objectId, type AviType, type JsonObject } from '../translate/desired.ts';

/** One object and the fields that are replaced. */
export interface HandedBack {
  readonly id: string;
  readonly type: AviType;
  readonly tenant: string;
  readonly uuid: string;
  readonly fields: JsonObject;
}

/** What is handed back, and what AKO would not know what to do with. */
export interface HandBack {
  readonly returned: readonly HandedBack[];
  /** Ids of objects that stay ours; `cleanup` removes them when AKO does not refer to them any more. */
  readonly kept: readonly string[];
}

/** Types that AKO looks for when it starts (ako-facts.md section 3.3) and that we write too. */
const knownToAko: ReadonlySet<AviType> = new Set<AviType>([
  'virtualservice',
  'vsvip',
  'pool',
  'poolgroup',
  'httppolicyset',
  'sslkeyandcertificate',
]);

/**
 * @param own what marks our objects.
 * @param akoUser AKO's `created_by`.
 */
export function handBack(inventory: Inventory, own: Identity, akoUser: string): HandBack {
  const ours = [...attribute(inventory, own).keys()].flatMap((id) => inventory.objects.get(id) ?? []);
  const beyond = beyondAko(ours, inventory, own);
  const isReturned = (object: InventoryObject) => knownToAko.has(object.type) && !beyond.has(objectId(object));
  return {
    returned: ours.filter(isReturned).map((object) => returned(object, akoUser)),
    kept: ours.filter((object) => !isReturned(object)).map(objectId),
  };
}

/** Objects of routes of kinds that AKO does not have, and what only they use: AKO would delete them as left over. */
function beyondAko(ours: readonly InventoryObject[], inventory: Inventory, own: Identity): ReadonlySet<string> {
  const beyond = new Set(ours.filter(isOfOtherKind).map(objectId));
  for (const object of ours) {
    if (object.type !== 'virtualservice' || object.body.type !== 'VS_TYPE_NORMAL') continue;
    beyond.add(objectId(object));
    for (const used of referredObjects(object, inventory)) {
      if (used.type !== 'vsvip' && used.type !== 'sslkeyandcertificate' && isOurs(used, own))
        beyond.add(objectId(used));
    }
  }
  return beyond;
}

function isOfOtherKind({ body }: InventoryObject): boolean {
  return markerValues(body, 'RouteKind').length > 0;
}

function returned(object: InventoryObject, akoUser: string): HandedBack {
  const { type, tenant, uuid, body } = object;
  const markers = (body.markers as readonly JsonObject[]).filter(({ key }) => key !== 'managed-by');
  const fields = { markers, ...(hasCreatedBy(type) && { created_by: akoUser }) };
  return { id: objectId(object), type, tenant, uuid, fields };
}
