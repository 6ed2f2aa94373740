/** AviFrontendPolicies against a simulated controller: objects, statuses, and what is missing on the controller. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AviFrontendPolicy } from '../../generated/extensions.ts';
import { httpRoute, type Harness } from './harness.ts';
import { createWebHarness, settle, sync } from './rig.ts';

const group = 'gateway.networking.k8s.io' as const;
const lane = 'AviFrontendPolicy/default/front';

function policy(spec: Omit<AviFrontendPolicy['spec'], 'targetRefs'>, generation = 1): AviFrontendPolicy {
  return {
    kind: 'AviFrontendPolicy',
    metadata: { name: 'front', namespace: 'default', generation, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { targetRefs: [{ group, kind: 'HTTPRoute', name: 'web' }], ...spec },
  };
}

describe('an AviFrontendPolicy', () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await createWebHarness();
  });
  afterEach(() => harness.close());

  const ancestors = () =>
    (harness.submitted.findLast(({ kind }) => kind === 'AviFrontendPolicy')?.status['ancestors'] ?? []) as readonly {
      readonly ancestorRef: object;
      readonly conditions: readonly object[];
    }[];
  const child = () =>
    harness.simulator.store.list('virtualservice').find(({ body }) => body['type'] === 'VS_TYPE_VH_CHILD')?.body;
  const sets = () =>
    harness.simulator.store.list('httppolicyset').filter(({ body }) => {
      const security = body['http_security_policy'] as { readonly rules?: readonly unknown[] } | undefined;
      return (security?.rules ?? []).length > 0;
    });

  it('says that its target is not there, then attaches, changes and lets go', async () => {
    harness.put('AviFrontendPolicy', policy({ access: { deny: ['192.0.2.1'] } }));
    await sync(harness);
    expect(ancestors()).toMatchObject([
      {
        ancestorRef: { kind: 'HTTPRoute', name: 'web' },
        conditions: [{ type: 'Accepted', status: 'False', reason: 'TargetNotFound' }],
      },
    ]);

    harness.put('HTTPRoute', httpRoute('web', ['gw'], { '/': 'web' }));
    await settle(harness, ['default/gw']);
    expect(ancestors()).toMatchObject([
      { ancestorRef: { kind: 'Gateway', name: 'gw' }, conditions: [{ status: 'True', reason: 'Accepted' }] },
    ]);
    expect(sets()).toHaveLength(1);
    const [first] = sets();
    expect(JSON.stringify(child()?.['http_policies'])).toContain(first?.uuid);

    harness.put('AviFrontendPolicy', policy({ access: { deny: ['192.0.2.2'] } }, 2));
    await settle(harness, [lane, 'default/gw']);
    expect(sets()).toHaveLength(1);
    expect(sets()[0]?.uuid).not.toBe(first?.uuid);
    expect(JSON.stringify(child()?.['http_policies'])).toContain(sets()[0]?.uuid);

    harness.state.remove('AviFrontendPolicy', 'default/front');
    await settle(harness, [lane, 'default/gw']);
    expect(sets()).toEqual([]);
    expect(child()?.['http_policies'] ?? []).toEqual([]);
  });

  it('lets nobody in while the controller lacks its WAF policy', async () => {
    harness.put('HTTPRoute', httpRoute('web', ['gw'], { '/': 'web' }));
    harness.put('AviFrontendPolicy', policy({ wafPolicy: 'not-there' }));
    await sync(harness);
    expect(ancestors()).toMatchObject([{ conditions: [{ status: 'False', reason: 'Invalid' }] }]);
    expect(child()?.['pool_group_ref']).toBeUndefined();
    expect(child()?.['waf_policy_ref']).toBeUndefined();
  });
});
