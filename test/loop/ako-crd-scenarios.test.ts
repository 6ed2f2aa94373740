/** AKO's acceptance scenarios of its CRDs that need a controller (ako-facts.md section 9), by row; where we do more than AKO, it says so. */
import { describe, expect, it } from '@jest/globals';
import type { AviInfraSetting, HealthMonitor } from '../../generated/extensions.ts';
import type { Gateway, HTTPRoute } from '../../generated/gateway-api.ts';
import { conditions, gateway, gatewayClass, httpRoute, type Harness } from './harness.ts';
import { settle, sync, useRig } from './rig.ts';

const rig = useRig();

function openGateway(): Gateway {
  const plain = gateway('gw', 'www.example.com');
  const [listener] = plain.spec.listeners;
  if (!listener) throw new Error('a Gateway without a listener');
  const listeners: Gateway['spec']['listeners'] = [{ ...listener, allowedRoutes: { namespaces: { from: 'All' } } }];
  return { ...plain, spec: { ...plain.spec, listeners } };
}

/** The route `team/web` to the Service `default/web`, with the HealthMonitor `team/hm`. */
function teamRoute(): HTTPRoute {
  const plain = httpRoute('web', [], {});
  const extensionRef = { group: 'ako.vmware.com', kind: 'HealthMonitor', name: 'hm' };
  const filters = [{ type: 'ExtensionRef' as const, extensionRef }];
  return {
    ...plain,
    metadata: { ...plain.metadata, namespace: 'team' },
    spec: {
      parentRefs: [{ name: 'gw', namespace: 'default' }],
      rules: [{ backendRefs: [{ name: 'web', namespace: 'default', port: 80, filters }] }],
    },
  };
}

const hm: HealthMonitor = {
  kind: 'HealthMonitor',
  metadata: { name: 'hm', namespace: 'team', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { type: 'HEALTH_MONITOR_TCP' },
};

const stored = (harness: Harness, type: string, uuidOrRef: unknown) => {
  const uuid = String(uuidOrRef).split('/').at(-1);
  return harness.simulator.store.list(type).find((object) => object.uuid === uuid);
};

describe('acceptance', () => {
  it('49: TestHTTPRouteStatusWithCrossNamespaceHealthMonitorDifferentTenant (AKO: not resolved; here in both tenants)', async () => {
    const harness = await rig.create();
    await harness.client.request('POST', '/api/tenant/', { body: { name: 'team-tenant' } });
    harness.put('GatewayClass', gatewayClass());
    harness.put('Gateway', openGateway());
    harness.put('Namespace', {
      metadata: { name: 'team', annotations: { 'ako.vmware.com/tenant-name': 'team-tenant' } },
    });
    harness.put('ReferenceGrant', {
      metadata: { name: 'team', namespace: 'default' },
      spec: {
        from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'team' }],
        to: [{ group: '', kind: 'Service' }],
      },
    });
    harness.service('web', ['10.0.0.1']);
    harness.put('HealthMonitor', hm);
    harness.put('HTTPRoute', teamRoute());
    await sync(harness);

    const monitors = harness.simulator.store.list('healthmonitor').filter(({ name }) => name.includes('ako-crd'));
    expect(monitors.map(({ tenant }) => tenant).toSorted()).toEqual(['admin', 'team-tenant']);
    const [pool] = harness.simulator.store.list('pool');
    expect(pool?.tenant).toBe('admin');
    const [used] = (pool?.body['health_monitor_refs'] ?? []) as readonly unknown[];
    expect(stored(harness, 'healthmonitor', used)).toMatchObject({ tenant: 'admin', name: monitors[0]?.name });
    const [parent] = harness.status('HTTPRoute', 'team/web')?.['parents'] as [Record<string, unknown>];
    expect(conditions(parent)).toEqual(expect.arrayContaining(['ResolvedRefs=True/ResolvedRefs']));
    expect(harness.status('HealthMonitor', 'team/hm')).toMatchObject({ tenant: 'team-tenant' });
  });

  it("53: AviInfraSetting by the namespace's annotation (AKO: reverted when it is rejected; here what runs stays)", async () => {
    const harness = await rig.create();
    const group = () => {
      const parent = harness.simulator.store.list('virtualservice').find(({ name }) => name.endsWith('-EVH'));
      return stored(harness, 'serviceenginegroup', parent?.body['se_group_ref'])?.name;
    };
    const told = () => conditions(harness.status('Gateway', 'default/gw'))[0];
    const look = () => settle(harness, ['default/gw', 'AviInfraSetting/infra']);
    const setting = (name: string): AviInfraSetting => ({
      kind: 'AviInfraSetting',
      metadata: { name: 'infra', generation: 1 },
      spec: { seGroup: { name } },
    });
    const annotated = (annotations: Record<string, string>) =>
      harness.put('Namespace', { metadata: { name: 'default', annotations } });
    await harness.client.request('POST', '/api/serviceenginegroup/', { body: { name: 'group-a' } });
    harness.put('GatewayClass', gatewayClass());
    harness.put('Gateway', gateway('gw', 'www.example.com'));
    await sync(harness);
    expect(group()).toBe('Default-Group');

    harness.put('AviInfraSetting', setting('group-a'));
    annotated({ 'aviinfrasetting.ako.vmware.com/name': 'infra' });
    await look();
    expect(group()).toBe('group-a');
    expect(harness.status('AviInfraSetting', 'infra')).toMatchObject({ status: 'Accepted' });

    harness.put('AviInfraSetting', setting('not-there'));
    await look();
    expect(harness.status('AviInfraSetting', 'infra')).toMatchObject({ status: 'Rejected' });
    expect([group(), told()]).toEqual(['group-a', 'Accepted=False/InvalidParameters']);

    harness.state.remove('AviInfraSetting', 'infra');
    await look();
    expect([group(), told()]).toEqual(['group-a', 'Accepted=False/InvalidParameters']);

    annotated({});
    await look();
    expect([group(), told()]).toEqual(['Default-Group', 'Accepted=True/Accepted']);
  });
});
