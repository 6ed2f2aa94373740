/** What `/debug/engine` says of a Gateway. */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { HTTPRoute } from '../../generated/gateway-api.ts';
import { recordPlan, type PlanRecord } from '../../src/loop/plan-record.ts';
import type { Operation } from '../../src/plan/operation.ts';
import { createHarness, gateway, gatewayClass, httpRoute, type Harness } from './harness.ts';

let harness: Harness | undefined;
afterEach(() => harness?.close());

interface Described {
  readonly gateways: Readonly<
    Record<string, { readonly states: Readonly<Record<string, number>>; readonly lastPlan: PlanRecord }>
  >;
}

/** A route whose requests get a header that nobody else may see. */
function withCredential(route: HTTPRoute, value: string): HTTPRoute {
  const filters = [
    { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'Authorization', value }] } },
  ] as const;
  const rules = (route.spec.rules ?? []).map((rule) => ({ ...rule, filters: [...filters] }));
  return { ...route, spec: { ...route.spec, rules } };
}

it('tells the last plan and its outcome, and no value of any field', async () => {
  harness = await createHarness();
  const { engine } = harness;
  const route = httpRoute('r', ['gw'], { '/a': 'one' });
  harness.put('GatewayClass', gatewayClass());
  harness.put('Gateway', gateway('gw', 'a.example.test'));
  harness.put('HTTPRoute', withCredential(route, 'Bearer first-secret'));
  harness.service('one', ['10.0.0.1']);
  engine.start();
  await engine.synced;
  const first = (engine.describe() as Described).gateways['default/gw'];
  expect(first?.lastPlan.created).toContain('virtualservice admin/ako-gw-c1--default-gw-EVH');
  expect(first?.states).toEqual({ done: first?.lastPlan.created.length });

  harness.put('HTTPRoute', withCredential(route, 'Bearer second-secret'));
  engine.mark(['default/gw'], 'all', true);
  await engine.idle();
  const second = (engine.describe() as Described).gateways['default/gw'];
  expect(second?.lastPlan).toMatchObject({ created: [], deleted: [], refused: [], more: 0 });
  expect(second?.lastPlan.updated.flatMap(({ fields }) => fields).join()).toMatch(/hdr_action/);
  expect(second?.states).toMatchObject({ done: 1 });
  expect(JSON.stringify(engine.describe())).not.toContain('secret');
});

describe('recordPlan', () => {
  const operation = (place: number): Operation => ({
    id: `pool admin/p${place}`,
    type: 'pool',
    tenant: 'admin',
    name: `p${place}`,
    dependsOn: [],
    afterEffectOf: [],
    verb: 'delete',
    uuid: 'pool-1',
  });

  it('is none for a plan with nothing to do, and short for a long one', () => {
    expect(recordPlan({ operations: [], refusals: [], unchanged: [] }, 'now')).toBeUndefined();
    const operations = Array.from({ length: 130 }, (_, place) => operation(place));
    const record = recordPlan({ operations, refusals: [], unchanged: [] }, 'now');
    expect(record).toMatchObject({ at: 'now', more: 30 });
    expect(record?.deleted).toHaveLength(100);
  });
});
