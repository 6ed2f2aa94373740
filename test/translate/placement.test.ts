import { describe, expect, it } from '@jest/globals';
import type { RoutedGateway } from '../../src/routing/result/routed-gateway.ts';
import { placeVip, type Placement } from '../../src/translate/policies/placement.ts';
import type { TranslateSettings } from '../../src/translate/settings.ts';

const general = { vipNetworks: [{ networkName: 'a', cidr: '10.0.0.0/24' }] } as unknown as TranslateSettings;
const current: Placement = { networks: [{ networkName: 'a', networkUUID: 'network-1', cidr: '10.0.0.0/24' }] };
const gateway = (infrastructure?: RoutedGateway['infrastructure'], annotations = {}) =>
  ({
    key: 'ns/gw',
    resource: { metadata: { annotations } },
    ...(infrastructure && { infrastructure }),
  }) as unknown as RoutedGateway;

describe('the place of a VIP', () => {
  it('is that of the settings for a new one, and for one that is there already', () => {
    const routed = gateway({ vipNetworks: [{ networkName: 'b' }] });
    expect(placeVip(routed, general, undefined)).toEqual({ routed, problems: [] });
    expect(placeVip(gateway(), general, current).problems).toEqual([]);
    expect(placeVip(gateway({ vipNetworks: [{ networkUUID: 'network-1' }] }), general, current).problems).toEqual([]);
  });

  it.each([
    ['vipNetworks', { vipNetworks: [{ networkName: 'b' }] }],
    ['vipNetworks', { vipNetworks: [{ networkName: 'a', cidr: '10.0.1.0/24' }] }],
    ['t1lr', { nsxtT1LR: '/infra/tier-1s/t1' }],
  ])('does not change with %s', (field, infrastructure) => {
    const { routed, problems } = placeVip(gateway(infrastructure), general, current);
    expect(routed.infrastructure).toMatchObject({ nsxtT1LR: '', vipNetworks: current.networks });
    expect(problems.map(({ message }) => message.startsWith(field))).toEqual([true]);
  });

  it('changes where the Gateway asks for it', () => {
    const moving = gateway({ vipNetworks: [{ networkName: 'b' }] }, { 'avi-gateway-operator/recreate-vip': 'true' });
    const placed = placeVip(moving, general, current);
    expect(placed.routed).toBe(moving);
    expect(placed.moveTo).toBe(JSON.stringify(['', [{ networkName: 'b' }]]));
    expect(placed.problems).toEqual([]);
  });
});
