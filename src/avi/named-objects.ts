/** Whether the controller has objects that users name and that are not ours. */
import type { AviName } from '../routing/extensions/avi-settings.ts';
import type { AviClient } from './client.ts';

export interface NamedObjects {
  /**
   * Those of the named objects that the controller does not have, as `type name`. What cannot be asked counts as it was,
   * and at first as there.
   */
  missing(tenant: string, names: readonly AviName[]): Promise<ReadonlySet<string>>;
}

/** For how long an object that was found is not asked for again, in milliseconds. */
const trustMs = 60_000;

interface Answer {
  readonly found: boolean;
  readonly at: number;
}

/** @param now milliseconds. */
export function createNamedObjects(client: Pick<AviClient, 'list'>, now: () => number): NamedObjects {
  const answers = new Map<string, Answer>();

  const isMissing = async (tenant: string, { type, name }: AviName): Promise<boolean> => {
    const id = `${tenant} ${type} ${name}`;
    const known = answers.get(id);
    if (known?.found && now() - known.at < trustMs) return false;
    try {
      const query = { name, fields: 'name' };
      let found = false;
      // What all tenants share, as networks and Service Engine groups, is the tenant admin's.
      for (const owner of new Set([tenant, 'admin'])) {
        found ||= (await client.list(`/api/${type}/`, { tenant: owner, query })).length > 0;
      }
      answers.set(id, { found, at: now() });
      return !found;
    } catch {
      return known?.found === false;
    }
  };

  return {
    async missing(tenant, names) {
      const asked = await Promise.all(names.map(async (name) => ({ name, missing: await isMissing(tenant, name) })));
      return new Set(asked.flatMap(({ name, missing }) => (missing ? [`${name.type} ${name.name}`] : [])));
    },
  };
}
