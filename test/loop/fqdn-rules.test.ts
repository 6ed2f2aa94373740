/** HostRules and HTTPRules against a simulated controller, from the event to the controller and back to their statuses. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { HostRule } from '../../generated/extensions.ts';
import { createHarness, gateway, gatewayClass, httpRoute, type Harness } from './harness.ts';
import { sync } from './rig.ts';

const lane = 'HostRule/default/host';

function hostRule(virtualhost: Partial<HostRule['spec']['virtualhost']>, metadata: object = {}): HostRule {
  return {
    kind: 'HostRule',
    metadata: {
      name: 'host',
      namespace: 'default',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    spec: { virtualhost: { fqdn: 'a.example.com', fqdnType: 'Exact', ...virtualhost } },
  };
}

let harness: Harness;
beforeEach(async () => {
  harness = await createHarness();
  harness.put('GatewayClass', gatewayClass());
  harness.put('Gateway', gateway('gw'));
  const route = httpRoute('web', ['gw'], { '/': 'web' });
  harness.put('HTTPRoute', { ...route, spec: { ...route.spec, hostnames: ['a.example.com', 'b.example.com'] } });
});
afterEach(() => harness.close());

const last = (kind: string, name: string) =>
  harness.submitted.findLast((update) => update.kind === kind && update.metadata.name === name)?.status;
const children = () =>
  harness.simulator.store
    .list('virtualservice')
    .filter(({ body }) => body['type'] === 'VS_TYPE_VH_CHILD')
    .map(({ body }) => ({
      hosts: (body['vh_matches'] as readonly { readonly host: string }[]).map(({ host }) => host),
      waf: body['waf_policy_ref'] !== undefined,
      uuid: body['uuid'],
    }))
    .sort((a, b) => ((a.hosts[0] ?? '') < (b.hosts[0] ?? '') ? -1 : 1));
const settle = async () => {
  harness.engine.mark(['default/gw', lane, 'HostRule/default/second'], 'all', true);
  await harness.engine.idle();
};

describe('HostRules', () => {
  it('are looked up on the controller before use, and hold when what they name has come', async () => {
    harness.put('HostRule', hostRule({ wafPolicy: 'Waf', aliases: ['c.example.com'] }));
    harness.engine.start();
    await harness.engine.idle();
    expect(last('HostRule', 'host')).toMatchObject({
      status: 'Rejected',
      error: expect.stringContaining('the controller has no wafpolicy Waf'),
      conditions: [{ type: 'Accepted', status: 'False', reason: 'RefNotFound' }],
    });
    expect(children().map(({ waf }) => waf)).toEqual([false, false]);

    await harness.client.request('POST', '/api/wafpolicy/', {
      body: { name: 'Waf', mode: 'WAF_MODE_DETECTION_ONLY', waf_profile_ref: '/api/wafprofile/wafprofile-1' },
    });
    await settle();
    expect(last('HostRule', 'host')).toMatchObject({ status: 'Accepted', error: '' });
    expect(children()).toMatchObject([
      { hosts: ['a.example.com', 'c.example.com'], waf: true },
      { hosts: ['b.example.com'], waf: false },
    ]);
    const vips = harness.simulator.store.list('vsvip').map(({ body }) => body['dns_info']);
    expect(JSON.stringify(vips)).toContain('c.example.com');
  });

  it('are withdrawn when they go, and the first host keeps its virtual service all the while', async () => {
    harness.engine.start();
    await harness.engine.idle();
    const [before] = children();
    harness.put('HostRule', hostRule({ aliases: ['c.example.com'], enableVirtualHost: false }));
    await settle();
    expect(children().map(({ hosts }) => hosts)).toEqual([['a.example.com', 'c.example.com'], ['b.example.com']]);
    expect(children()[0]?.uuid).toBe(before?.uuid);
    harness.state.remove('HostRule', 'default/host');
    await settle();
    expect(children()).toEqual([before]);
  });

  it('that speak for a Gateway give it their network security policy and address, and let nobody in before', async () => {
    harness.put('Gateway', gateway('gw', 'a.example.com'));
    harness.service('web', ['10.0.0.1']);
    const tcpSettings = { loadBalancerIP: '127.10.0.77' };
    harness.put('HostRule', hostRule({ networkSecurityPolicy: 'Policy', tcpSettings }));
    await sync(harness);
    const parent = () =>
      harness.simulator.store.list('virtualservice').find(({ body }) => body['type'] === 'VS_TYPE_VH_PARENT')?.body;
    const forwards = () =>
      harness.simulator.store.list('virtualservice').some(({ body }) => body['pool_group_ref'] !== undefined);
    expect(last('HostRule', 'host')).toMatchObject({ status: 'Rejected', conditions: [{ reason: 'RefNotFound' }] });
    expect([parent()?.['network_security_policy_ref'], forwards()]).toEqual([undefined, false]);

    await harness.client.request('POST', '/api/networksecuritypolicy/', { body: { name: 'Policy' } });
    await settle();
    expect(last('HostRule', 'host')).toMatchObject({ status: 'Accepted', error: '' });
    expect(parent()?.['network_security_policy_ref']).toMatch(/networksecuritypolicy/);
    expect(forwards()).toBe(true);
    expect(last('Gateway', 'gw')).toMatchObject({ addresses: [{ value: '127.10.0.77' }] });

    harness.put('Gateway', gateway('gw'));
    await settle();
    expect(last('HostRule', 'host')).toMatchObject({ status: 'Rejected', conditions: [{ reason: 'Rejected' }] });
    expect(parent()?.['network_security_policy_ref']).toBeUndefined();
  });

  it('for one FQDN are told apart in their statuses', async () => {
    harness.put('HostRule', hostRule({ enableVirtualHost: false }));
    harness.put('HostRule', hostRule({}, { name: 'second', creationTimestamp: '2026-01-02T00:00:00Z' }));
    harness.engine.start();
    await harness.engine.idle();
    expect(last('HostRule', 'host')).toMatchObject({ status: 'Accepted' });
    expect(last('HostRule', 'second')).toMatchObject({
      status: 'Rejected',
      error: 'duplicate fqdn a.example.com found in default/host',
    });
    harness.state.remove('HostRule', 'default/host');
    await settle();
    expect(last('HostRule', 'second')).toMatchObject({ status: 'Accepted' });
  });
});
