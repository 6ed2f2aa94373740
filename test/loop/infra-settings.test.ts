/** AviInfraSettings against a simulated controller: followed where Avi allows it, and what is running is never taken away. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AviInfraSetting } from '../../generated/extensions.ts';
import { conditions, createHarness, gateway, gatewayClass, type Harness } from './harness.ts';

const setting = (spec: AviInfraSetting['spec']): AviInfraSetting => ({
  kind: 'AviInfraSetting',
  metadata: { name: 'infra', generation: 1 },
  spec,
});

describe('an AviInfraSetting', () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await createHarness();
    for (const name of ['group-a', 'group-b'])
      await harness.client.request('POST', '/api/serviceenginegroup/', { body: { name } });
    const configured_subnets = [
      {
        prefix: { ip_addr: { addr: '127.20.0.0', type: 'V4' }, mask: 24 },
        static_ip_ranges: [
          { range: { begin: { addr: '127.20.0.10', type: 'V4' }, end: { addr: '127.20.0.99', type: 'V4' } } },
        ],
      },
    ];
    await harness.client.request('POST', '/api/network/', { body: { name: 'other-net', configured_subnets } });
    harness.put('GatewayClass', gatewayClass());
    put({ annotations: {} });
  });
  afterEach(() => harness.close());

  const put = ({ annotations }: { annotations: Record<string, string> }) => {
    const plain = gateway('gw', 'www.example.com');
    const parametersRef = { group: 'ako.vmware.com', kind: 'AviInfraSetting', name: 'infra' };
    harness.put('Gateway', {
      ...plain,
      metadata: { ...plain.metadata, annotations },
      spec: { ...plain.spec, infrastructure: { parametersRef } },
    });
  };
  const settle = async () => {
    harness.engine.mark(['default/gw', 'AviInfraSetting/infra'], 'all', true);
    await harness.engine.idle();
  };
  const parent = () => harness.simulator.store.list('virtualservice').find(({ name }) => name.endsWith('-EVH'));
  const vips = () => harness.simulator.store.list('vsvip').filter(({ name }) => name.startsWith('ako-gw-'));
  const groupOf = () => {
    const uuid = String(parent()?.body['se_group_ref']).split('/').at(-1);
    return harness.simulator.store.list('serviceenginegroup').find((group) => group.uuid === uuid)?.name;
  };
  const told = () => conditions(harness.status('Gateway', 'default/gw'))[0];

  it('is followed, and what is missing on the controller is waited for', async () => {
    harness.put('AviInfraSetting', setting({ seGroup: { name: 'group-a' } }));
    harness.engine.start();
    await harness.engine.idle();
    expect(groupOf()).toBe('group-a');
    expect(told()).toBe('Accepted=True/Accepted');

    harness.put('AviInfraSetting', setting({ seGroup: { name: 'group-c' } }));
    await settle();
    expect(told()).toBe('Accepted=False/InvalidParameters');
    expect(harness.status('AviInfraSetting', 'infra')).toMatchObject({ status: 'Rejected' });
    expect(groupOf()).toBe('group-a');

    await harness.client.request('POST', '/api/serviceenginegroup/', { body: { name: 'group-c' } });
    await settle();
    expect(told()).toBe('Accepted=True/Accepted');
    expect(harness.status('AviInfraSetting', 'infra')).toMatchObject({ status: 'Accepted' });
    expect(groupOf()).toBe('group-c');
  });

  it('that goes leaves what runs as it is, after a restart too', async () => {
    harness.put('AviInfraSetting', setting({ seGroup: { name: 'group-a' } }));
    harness.engine.start();
    await harness.engine.idle();
    const before = harness.names();
    const addresses = harness.status('Gateway', 'default/gw')?.['addresses'];
    expect(before.length).toBeGreaterThan(0);
    harness.state.remove('AviInfraSetting', 'infra');
    await settle();
    expect(told()).toBe('Accepted=False/InvalidParameters');
    expect(harness.names()).toEqual(before);
    expect(harness.status('Gateway', 'default/gw')?.['addresses']).toEqual(addresses);

    const { state, simulator } = harness;
    await harness.engine.stop();
    const again = await createHarness({ state, simulator });
    again.engine.start();
    await again.engine.idle();
    expect(again.names()).toEqual(before);
    await again.close();
  });

  it('does not move a VIP, unless the Gateway asks for it', async () => {
    harness.put('AviInfraSetting', setting({}));
    harness.engine.start();
    await harness.engine.idle();
    const [vip] = vips();
    harness.put(
      'AviInfraSetting',
      setting({ network: { vipNetworks: [{ networkName: 'other-net', cidr: '127.20.0.0/24' }] } }),
    );
    await settle();
    expect(vips().map(({ uuid, body }) => [uuid, body['vip']])).toEqual([[vip?.uuid, vip?.body['vip']]]);
    expect(conditions(harness.status('Gateway', 'default/gw'))).toContain('Programmed=True/Programmed');

    put({ annotations: { 'avi-gateway-operator/recreate-vip': 'true' } });
    await settle();
    const [moved] = vips();
    expect(vips()).toHaveLength(1);
    expect(moved?.uuid).not.toBe(vip?.uuid);
    expect(JSON.stringify(moved?.body['vip'])).toContain('127.20.0.');
    expect(String(parent()?.body['vsvip_ref'])).toContain(moved?.uuid ?? 'none');
    await settle();
    expect(vips().map(({ uuid }) => uuid)).toEqual([moved?.uuid]);
  });
});
