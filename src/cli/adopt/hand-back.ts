import type { AviClient } from '../../avi/client.ts';
import type { InventoryStore } from '../../avi/inventory.ts';
import type { Config } from '../../config.ts';
import { ownIdentity } from '../../plan/inventory/identity.ts';
import { akoUsers } from '../../takeover/ako.ts';
import { handBack, type HandBack } from '../../takeover/hand-back.ts';

/** What would be handed back to AKO; `inventory` is loaded. */
export function planHandBack(config: Config, inventory: InventoryStore): HandBack {
  const { clusterName, akoNamespace } = config;
  const [user = ''] = akoUsers(clusterName, akoNamespace);
  return handBack(inventory.current(), ownIdentity(clusterName), user);
}

/** Hands back; nothing but the marks changes. @returns one line for each object that could not be. */
export async function runHandBack({ returned }: HandBack, client: AviClient): Promise<readonly string[]> {
  const ends = await Promise.all(
    returned.map(({ id, type, tenant, uuid, fields }) =>
      client.request('PATCH', `/api/${type}/${uuid}`, { tenant, body: { replace: fields } }).then(
        () => [],
        (error: Error) => [`${id}: ${error.message}`],
      ),
    ),
  );
  return ends.flat();
}
