/** What `apply.macro` depends on: one call that makes an object and those inside. */
import { AviError } from '../../../avi/errors.ts';
import type { JsonObject } from '../../../translate/desired.ts';
import type { Check, Observation } from '../check.ts';
import type { RestBench } from '../rest-bench.ts';
import { PROBE_USER } from '../objects.ts';

/** A pool group with one pool inside. */
function graph({ workshop, config }: RestBench, group: string, pool: string): JsonObject {
  const { cloud, nsxtT1LR, tenant } = config;
  const shared = {
    tenant_ref: `/api/tenant/?name=${encodeURIComponent(tenant)}`,
    cloud_ref: `/api/cloud?name=${encodeURIComponent(cloud)}`,
    created_by: PROBE_USER,
  };
  const inside = {
    name: workshop.nameOf(pool),
    ...shared,
    ...(nsxtT1LR !== undefined && { tier1_lr: nsxtT1LR }),
    description: 'by macro',
  };
  const data = { name: workshop.nameOf(group), ...shared, members: [{ pool_ref_data: inside }] };
  return { model_name: 'PoolGroup', data };
}

/** Calls, and takes note of what was made, so that it is removed. */
async function callMacro(bench: RestBench, group: string, pool: string) {
  const { client, workshop, config } = bench;
  const body = graph(bench, group, pool);
  const reply = await client.request('POST', '/api/macro', { tenant: config.tenant, body }).catch((error: unknown) => {
    if (error instanceof AviError) return error;
    throw error;
  });
  const madePool = await workshop.find('pool', pool);
  return { reply, madePool, madeGroup: await workshop.find('poolgroup', group) };
}

function describeReply(reply: AviError | { readonly body: unknown }): string {
  if (reply instanceof AviError) return `${reply.status ?? 'no reply'}: ${reply.detail}`;
  return Array.isArray(reply.body) ? `the reply lists ${reply.body.length} objects` : 'the reply is one object';
}

export const macroChecks: readonly Check[] = [
  {
    id: 'macro-creates',
    assumed: 'a macro call makes an object and those in its _data fields',
    needs: 'rest',
    run: async (bench): Promise<Observation> => {
      const { reply, madePool, madeGroup } = await callMacro(bench, 'macro-group', 'macro-pool');
      return { holds: madePool !== undefined && madeGroup !== undefined, observed: describeReply(reply) };
    },
  },
  {
    id: 'macro-taken-name',
    assumed: 'a macro call with a name that is taken is refused, and changes and makes nothing',
    needs: 'rest',
    run: async (bench): Promise<Observation> => {
      const { workshop, config } = bench;
      const cloud = { cloud_ref: `/api/cloud?name=${encodeURIComponent(config.cloud)}` };
      const network: Record<string, string> = config.nsxtT1LR === undefined ? {} : { tier1_lr: config.nsxtT1LR };
      await workshop.make('pool', 'macro-taken', { ...cloud, ...network, description: 'kept' });
      const { reply, madePool, madeGroup } = await callMacro(bench, 'macro-refused', 'macro-taken');
      const kept = madePool?.body.description === 'kept' && madeGroup === undefined;
      return {
        holds: reply instanceof AviError && reply.status === 409 && kept,
        observed: `${describeReply(reply)}${kept ? '' : '; the object that was there has changed, or others were made'}`,
      };
    },
  },
];
