/** HealthMonitors and RouteBackendExtensions against a simulated controller, from the lane to the status. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { HealthMonitor, RouteBackendExtension } from '../../generated/extensions.ts';
import type { HTTPRoute } from '../../generated/gateway-api.ts';
import { httpRoute, type Harness } from './harness.ts';
import { createWebHarness, settle, sync } from './rig.ts';

const lane = 'HealthMonitor/default/healthz';
const name = 'ako-crd-operator-c1--b9b6d5cb7932e6d037dab265f46ecd14d074c2bd';

function monitor(spec: Partial<HealthMonitor['spec']> = {}, metadata: object = {}): HealthMonitor {
  return {
    kind: 'HealthMonitor',
    metadata: {
      name: 'healthz',
      namespace: 'default',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    spec: { type: 'HEALTH_MONITOR_HTTP', http_monitor: { http_response_code: ['HTTP_2XX'] }, ...spec },
  };
}

function extended(kind: string, extension: string): HTTPRoute {
  const plain = httpRoute('web', ['gw'], { '/': 'web' });
  const filters = [{ type: 'ExtensionRef' as const, extensionRef: { group: 'ako.vmware.com', kind, name: extension } }];
  const rules = plain.spec.rules?.map((rule) => ({
    ...rule,
    backendRefs: rule.backendRefs?.map((backend) => ({ ...backend, filters })) ?? [],
  }));
  return { ...plain, spec: { ...plain.spec, ...(rules && { rules }) } };
}

describe('the lane of an extension', () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await createWebHarness();
  });
  afterEach(() => harness.close());

  const monitors = () => harness.simulator.store.list('healthmonitor').filter((object) => object.name === name);
  const pools = () => harness.simulator.store.list('pool');
  const last = (kind: string) => harness.submitted.findLast((update) => update.kind === kind)?.status;
  const programmed = () => (last('HealthMonitor')?.['conditions'] as readonly object[] | undefined)?.[0];

  it('makes the object whether it is used or not, and says so', async () => {
    harness.put('HealthMonitor', monitor());
    await sync(harness);
    expect(monitors()).toHaveLength(1);
    expect(programmed()).toMatchObject({ type: 'Programmed', status: 'True', reason: 'Created' });
    expect(last('HealthMonitor')).toMatchObject({
      backendObjectName: name,
      tenant: 'admin',
      uuid: monitors()[0]?.uuid,
    });
    expect(harness.finalizers).toContain('HealthMonitor/default/healthz true');

    harness.put('HealthMonitor', monitor({ send_interval: 33 }));
    await settle(harness, [lane]);
    expect(monitors()[0]?.body).toMatchObject({ send_interval: 33 });

    harness.state.remove('HealthMonitor', 'default/healthz');
    await settle(harness, [lane]);
    expect(monitors()).toEqual([]);
  });

  it('keeps what a Gateway uses until nothing does', async () => {
    harness.put('HealthMonitor', monitor());
    harness.put('HTTPRoute', extended('HealthMonitor', 'healthz'));
    await sync(harness);
    expect(pools()[0]?.body['health_monitor_refs']).toEqual([`/api/healthmonitor/${monitors()[0]?.uuid}`]);

    harness.put('HealthMonitor', monitor({}, { deletionTimestamp: '2026-01-02T00:00:00Z' }));
    await settle(harness, [lane, 'default/gw']);
    expect(monitors()).toHaveLength(1);
    expect(programmed()).toMatchObject({ status: 'False', reason: 'DeletionSkipped' });
    expect(harness.finalizers).not.toContain('HealthMonitor/default/healthz false');

    harness.put('HTTPRoute', httpRoute('web', ['gw'], { '/': 'web' }));
    await settle(harness, ['default/gw']);
    await settle(harness, [lane]);
    expect(monitors()).toEqual([]);
    expect(harness.finalizers).toContain('HealthMonitor/default/healthz false');
  });

  it('says which Secret is missing, and leaves the object as it is', async () => {
    harness.put('HealthMonitor', monitor({ authentication: { secret_ref: 'login' } }));
    await sync(harness);
    expect(monitors()).toEqual([]);
    expect(programmed()).toMatchObject({ status: 'False', reason: 'UnresolvedRef' });
    harness.put('Secret', {
      metadata: { name: 'login', namespace: 'default' },
      type: 'ako.vmware.com/basic-auth',
      data: { username: 'dXNlcg==', password: 'cGFzcw==' },
    });
    await settle(harness, [lane]);
    expect(monitors()).toHaveLength(1);
    harness.state.remove('Secret', 'default/login');
    await settle(harness, [lane]);
    expect(monitors()).toHaveLength(1);
    expect(programmed()).toMatchObject({ status: 'False', reason: 'UnresolvedRef' });
  });

  it('finds out that the controller lacks a monitor before a pool names it, and that it has come', async () => {
    const extension: RouteBackendExtension = {
      kind: 'RouteBackendExtension',
      metadata: { name: 'custom', namespace: 'default', generation: 1 },
      spec: { lbAlgorithm: 'LB_ALGORITHM_ROUND_ROBIN', healthMonitor: [{ kind: 'AVIREF', name: 'Custom' }] },
    };
    harness.put('RouteBackendExtension', extension);
    harness.put('HTTPRoute', extended('RouteBackendExtension', 'custom'));
    await sync(harness);
    const resolved = () => {
      const [parent] = (last('HTTPRoute')?.['parents'] ?? []) as readonly {
        readonly conditions: readonly { readonly type: string }[];
      }[];
      return parent?.conditions.find(({ type }) => type === 'ResolvedRefs');
    };
    expect(resolved()).toMatchObject({ status: 'False', reason: 'BackendNotFound' });
    expect(last('RouteBackendExtension')).toMatchObject({
      status: 'Rejected',
      conditions: [{ reason: 'RefNotFound' }],
    });
    expect(pools()).toEqual([]);

    await harness.client.request('POST', '/api/healthmonitor/', {
      body: { name: 'Custom', type: 'HEALTH_MONITOR_TCP' },
    });
    await settle(harness, ['default/gw', 'RouteBackendExtension/default/custom']);
    expect(resolved()).toMatchObject({ status: 'True' });
    expect(last('RouteBackendExtension')).toMatchObject({ status: 'Accepted', error: '' });
    expect(pools()[0]?.body).toMatchObject({ lb_algorithm: 'LB_ALGORITHM_ROUND_ROBIN' });
  });
});
