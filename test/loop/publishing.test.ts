import { describe, expect, it } from '@jest/globals';
import { createPublishing } from '../../src/loop/publishing.ts';
import type { Operation, Plan } from '../../src/plan/operation.ts';

const names = { path: 'dns_info[0]', before: undefined, after: 'a' };
const checksum = { path: 'vsvip_cloud_config_cksum', before: '1', after: '2' };

function update(...changes: Extract<Operation, { verb: 'update' }>['changes']): Operation {
  const edges = { dependsOn: [], afterEffectOf: [] };
  const object = { id: 'vsvip admin/v', type: 'vsvip', tenant: 'admin', name: 'v' } as const;
  return { ...object, ...edges, verb: 'update', uuid: 'u', body: {}, changes };
}

const planOf = (...operations: readonly Operation[]): Plan => ({ operations, refusals: [], unchanged: [] });

describe('names of a VsVip', () => {
  it('are written at once, then once a second at most', () => {
    let now = 10_000;
    const publishing = createPublishing(() => now);
    const plan = planOf(update(names, checksum));
    expect(publishing.pace(plan)).toEqual({ plan });
    now += 300;
    expect(publishing.pace(plan)).toEqual({
      plan: { operations: [], refusals: [], unchanged: ['vsvip admin/v'] },
      againMs: 700,
    });
    now += 700;
    expect(publishing.pace(plan)).toEqual({ plan });
  });

  it('do not hold back what traffic depends on', () => {
    const publishing = createPublishing(() => 0);
    const address = { path: 'vip[0].ip_address.addr', before: '10.0.0.1', after: '10.0.0.2' };
    publishing.pace(planOf(update(names)));
    const plan = planOf(update(names, address));
    expect(publishing.pace(plan)).toEqual({ plan });
    const { changes: _changes, body: _body, ...rest } = update(names) as Extract<Operation, { verb: 'update' }>;
    const deletion = planOf({ ...rest, verb: 'delete' });
    expect(publishing.pace(deletion)).toEqual({ plan: deletion });
  });
});
