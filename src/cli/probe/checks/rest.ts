/** How the REST API behaves; nothing is served. */
import { AviError } from '../../../avi/errors.ts';
import { PROBE_USER } from '../objects.ts';
import type { Check } from '../check.ts';
import type { RestBench } from '../rest-bench.ts';

/** A small object with nothing behind it. */
const small = { type: 'SG_TYPE_STRING' };

/** Status and text of a call, whatever comes. */
async function outcome(call: Promise<{ readonly status: number }>): Promise<{ status: number; text: string }> {
  try {
    return { status: (await call).status, text: '' };
  } catch (error) {
    if (!(error instanceof AviError)) throw error;
    return { status: error.status ?? 0, text: error.detail };
  }
}

function described({ status, text }: { readonly status: number; readonly text: string }): string {
  return text === '' ? String(status) : `${status}: ${text}`;
}

export const restChecks: readonly Check[] = [
  {
    id: 'put-without-last-modified',
    assumed: 'a PUT without _last_modified is taken',
    needs: 'rest',
    run: async ({ client, workshop, config: { tenant } }) => {
      const { uuid, name } = await workshop.make('stringgroup', 'put', small);
      const body = { name, ...small, description: 'changed' };
      const found = await outcome(client.request('PUT', `/api/stringgroup/${uuid}`, { tenant, body }));
      return { holds: found.status === 200, observed: described(found) };
    },
  },
  {
    id: 'stale-put',
    assumed: 'a PUT with an older _last_modified is answered with 412',
    needs: 'rest',
    run: async ({ client, workshop, config: { tenant } }) => {
      const made = await workshop.make('stringgroup', 'stale', small);
      const path = `/api/stringgroup/${made.uuid}`;
      await client.request('PUT', path, { tenant, body: { name: made.name, ...small, description: 'changed' } });
      const body = { name: made.name, ...small, _last_modified: made.body._last_modified };
      const found = await outcome(client.request('PUT', path, { tenant, body }));
      return { holds: found.status === 412, observed: described(found) };
    },
  },
  {
    id: 'patch-replace',
    assumed: 'PATCH with replace changes the given fields and no other',
    needs: 'rest',
    run: async ({ client, workshop, config: { tenant } }) => {
      const { uuid } = await workshop.make('stringgroup', 'patch', { ...small, description: 'kept' });
      const path = `/api/stringgroup/${uuid}`;
      const kv = [{ key: 'new' }];
      const found = await outcome(client.request('PATCH', path, { tenant, body: { replace: { kv } } }));
      const { body } = await client.request('GET', path, { tenant });
      const { description, kv: now } = body as { description?: string; kv?: readonly { key: string }[] };
      const holds = found.status === 200 && description === 'kept' && now?.[0]?.key === 'new';
      return { holds, observed: described(found) };
    },
  },
  {
    id: 'delete-in-use',
    assumed: 'deleting what is referred to is answered with 403 and the text "Cannot delete"',
    needs: 'rest',
    run: async ({ client, workshop, config }) => {
      const cloud = { cloud_ref: `/api/cloud?name=${encodeURIComponent(config.cloud)}` };
      const network: Record<string, string> = config.nsxtT1LR === undefined ? {} : { tier1_lr: config.nsxtT1LR };
      const pool = await workshop.make('pool', 'in-use', { ...cloud, ...network });
      await workshop.make('poolgroup', 'user', { ...cloud, members: [{ pool_ref: workshop.ref('pool', 'in-use') }] });
      const found = await outcome(client.request('DELETE', `/api/pool/${pool.uuid}`, { tenant: config.tenant }));
      return { holds: found.status === 403 && /Cannot delete/.test(found.text), observed: described(found) };
    },
  },
  {
    id: 'taken-name',
    assumed: 'a name that is taken is answered with 409',
    needs: 'rest',
    run: async ({ workshop }) => {
      await workshop.make('stringgroup', 'taken', small);
      const found = await outcome(workshop.make('stringgroup', 'taken', small).then(() => ({ status: 201 })));
      return { holds: found.status === 409, observed: described(found) };
    },
  },
  {
    id: 'name-after-delete',
    assumed: 'nothing: a name may stay taken for a moment after DELETE',
    needs: 'rest',
    run: async ({ workshop }) => {
      await workshop.remove(await workshop.make('stringgroup', 'again', small));
      const found = await outcome(workshop.make('stringgroup', 'again', small).then(() => ({ status: 201 })));
      return { observed: found.status === 201 ? 'free at once' : described(found) };
    },
  },
  {
    id: 'list-filters',
    assumed: 'lists can be filtered by created_by and by name.contains',
    needs: 'rest',
    run: async (bench) => {
      const { workshop, config } = bench;
      await workshop.make('httppolicyset', 'filtered', {});
      const counts = await Promise.all([
        count(bench, 'httppolicyset', { created_by: PROBE_USER }),
        count(bench, 'httppolicyset', { created_by: `not-${PROBE_USER}-${config.clusterName}` }),
        count(bench, 'httppolicyset', { 'name.contains': workshop.nameOf('filtered') }),
        count(bench, 'httppolicyset', { 'name.contains': workshop.nameOf('absent') }),
      ]);
      const [byUser = 0, byOther, byName, byAbsent] = counts;
      return {
        holds: byUser >= 1 && byOther === 0 && byName === 1 && byAbsent === 0,
        observed: `created_by finds ${byUser} and ${byOther}, name.contains ${byName} and ${byAbsent}`,
      };
    },
  },
  {
    id: 'page-size',
    assumed: 'page_size=100 is honoured',
    needs: 'rest',
    run: async ({ client, workshop, config: { tenant } }) => {
      for (let place = 0; place < 27; place += 1) await workshop.make('stringgroup', `page-${place}`, small);
      const size = async (query: Readonly<Record<string, string>>) => {
        const filter = { 'name.contains': workshop.nameOf('page-'), ...query };
        const { body } = await client.request('GET', '/api/stringgroup/', { tenant, query: filter });
        return (body as { readonly results: readonly unknown[] }).results.length;
      };
      const [asked, byDefault] = await Promise.all([size({ page_size: '100' }), size({})]);
      return { holds: asked === 27, observed: `${asked} of 27 with it, ${byDefault} without` };
    },
  },
  {
    id: 'all-tenants',
    assumed: 'lists may be read with X-Avi-Tenant: *',
    needs: 'rest',
    run: async ({ client }) => {
      const query = { page_size: '1' };
      const found = await outcome(client.request('GET', '/api/pool/', { tenant: '*', query }));
      return { holds: found.status === 200, observed: described(found) };
    },
  },
];

async function count({ client, config }: RestBench, type: string, query: Readonly<Record<string, string>>) {
  return (await client.list(`/api/${type}/`, { tenant: config.tenant, query: { page_size: '100', ...query } })).length;
}
