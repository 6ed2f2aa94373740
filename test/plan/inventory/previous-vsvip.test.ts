import { describe, expect, it } from '@jest/globals';
import { previousVsVip } from '../../../src/plan/inventory/previous-vsvip.ts';
import { objectId, type AviType, type JsonObject } from '../../../src/translate/desired.ts';

const tenant = 'admin';
const parent = 'ako-gw-c1--ns-gw-EVH';

function inventory(...found: readonly (readonly [AviType, string, JsonObject])[]) {
  const objects = found.map(([type, name, body]) => ({ type, tenant, name, uuid: `${type}-${name}`, body }));
  return { complete: true, objects: new Map(objects.map((object) => [objectId(object), object])) };
}

const uses = (vip: string): JsonObject => ({ vsvip_ref: `https://avi/api/vsvip/vsvip-1#${vip}` });
const vip: JsonObject = { vip: [{ vip_id: '0', ip_address: { addr: '10.0.0.1', type: 'V4' } }] };

describe('the VsVip in use', () => {
  it('is the parent’s', () => {
    const known = inventory(
      ['virtualservice', parent, uses(`${parent}-0123abcd`)],
      ['vsvip', `${parent}-0123abcd`, vip],
    );
    expect(previousVsVip(known, tenant, parent)).toEqual({ name: `${parent}-0123abcd`, address: '10.0.0.1' });
  });

  it.each([parent, `${parent}-0123abcd`])(
    'is that of the virtual services below HTTP where there is no parent: %s',
    (name) => {
      const known = inventory(
        ['virtualservice', 'ako-gw-c1--ns-other-L4', uses('ako-gw-c1--ns-other-EVH')],
        ['virtualservice', 'ako-gw-c1--ns-gw-L4', uses(name)],
        ['vsvip', name, vip],
      );
      expect(previousVsVip(known, tenant, parent)).toEqual({ name, address: '10.0.0.1' });
    },
  );

  it('is none before there is a virtual service of the Gateway', () => {
    const known = inventory(['virtualservice', 'ako-gw-c1--ns-gw-x-L4', uses(`${parent}-other`)]);
    expect(previousVsVip(known, tenant, parent)).toBeUndefined();
  });
});
