/** AviFrontendPolicies against a simulated controller: objects, statuses, and what is missing on the controller. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AviFrontendPolicy } from '../../generated/extensions.ts';
import { createHarness, gateway, gatewayClass, httpRoute, type Harness } from './harness.ts';

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
    harness = await createHarness();
    harness.put('GatewayClass', gatewayClass());
    harness.put('Gateway', gateway('gw', 'www.example.com'));
    harness.service('web', ['10.0.0.1']);
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
  const settle = async (...lanes: readonly string[]) => {
    harness.engine.mark(lanes, 'all', true);
    await harness.engine.idle();
  };

  it('says that its target is not there, then attaches, changes and lets go', async () => {
    harness.put('AviFrontendPolicy', policy({ access: { deny: ['192.0.2.1'] } }));
    harness.engine.start();
    await harness.engine.idle();
    expect(ancestors()).toMatchObject([
      {
        ancestorRef: { kind: 'HTTPRoute', name: 'web' },
        conditions: [{ type: 'Accepted', status: 'False', reason: 'TargetNotFound' }],
      },
    ]);

    harness.put('HTTPRoute', httpRoute('web', ['gw'], { '/': 'web' }));
    await settle('default/gw');
    expect(ancestors()).toMatchObject([
      { ancestorRef: { kind: 'Gateway', name: 'gw' }, conditions: [{ status: 'True', reason: 'Accepted' }] },
    ]);
    expect(sets()).toHaveLength(1);
    const [first] = sets();
    expect(JSON.stringify(child()?.['http_policies'])).toContain(first?.uuid);

    harness.put('AviFrontendPolicy', policy({ access: { deny: ['192.0.2.2'] } }, 2));
    await settle(lane, 'default/gw');
    expect(sets()).toHaveLength(1);
    expect(sets()[0]?.uuid).not.toBe(first?.uuid);
    expect(JSON.stringify(child()?.['http_policies'])).toContain(sets()[0]?.uuid);

    harness.state.remove('AviFrontendPolicy', 'default/front');
    await settle(lane, 'default/gw');
    expect(sets()).toEqual([]);
    expect(child()?.['http_policies'] ?? []).toEqual([]);
  });

  it('lets nobody in while the controller lacks its WAF policy', async () => {
    harness.put('HTTPRoute', httpRoute('web', ['gw'], { '/': 'web' }));
    harness.put('AviFrontendPolicy', policy({ wafPolicy: 'not-there' }));
    harness.engine.start();
    await harness.engine.idle();
    expect(ancestors()).toMatchObject([{ conditions: [{ status: 'False', reason: 'Invalid' }] }]);
    expect(child()?.['pool_group_ref']).toBeUndefined();
    expect(child()?.['waf_policy_ref']).toBeUndefined();
  });
});
