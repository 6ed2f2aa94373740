import { describe, expect, it } from '@jest/globals';
import { isOurs, type Identity } from '../../../src/plan/inventory/identity.ts';
import type { AviType, JsonObject } from '../../../src/translate/desired.ts';

const own: Identity = { clusterName: 'c1', createdBy: ['avi-gateway-c1'], managedBy: ['avi-gateway-operator'] };
const takingOver: Identity = {
  clusterName: 'c1',
  createdBy: [...own.createdBy, 'ako-gw-c1-avi-system'],
  managedBy: [...own.managedBy, undefined],
};

function body(name: string, fields: JsonObject = {}, cluster = 'c1'): JsonObject {
  return { name, markers: [{ key: 'clustername', values: [cluster] }], ...fields };
}

describe('taking over from AKO', () => {
  const ako = { created_by: 'ako-gw-c1-avi-system' };

  it.each<readonly [AviType, JsonObject, boolean]>([
    ['virtualservice', body('ako-gw-c1--infra-web-EVH', ako), true],
    ['vsvip', body('ako-gw-c1--infra-web-EVH'), true],
    ['virtualservice', body('ako-gw-c1--infra-web-EVH', { created_by: 'ako-gw-c1-other' }), false],
    ['virtualservice', body('ako-gw-c1--infra-web-EVH', ako, 'c2'), false],
    // Of AKO's part for Ingress: the same marker, no created_by.
    ['vsvip', body('c1--Shared-L7-0'), false],
    ['healthmonitor', body('c1--monitor'), false],
    // Of AKO's CRD operator.
    ['healthmonitor', body('ako-crd-operator-c1--0b6ba42e'), true],
    ['applicationprofile', body('ako-crd-operator-c1--0b6ba42e'), true],
    ['pkiprofile', body('ako-crd-operator-c1--0b6ba42e', { created_by: 'ako-crd-operator-c1' }), true],
    ['pkiprofile', body('ako-crd-operator-c1--0b6ba42e', { created_by: 'somebody' }), false],
    ['pool', body('ako-crd-operator-c1--0b6ba42e'), false],
    ['healthmonitor', body('ako-crd-operator-c1--0b6ba42e', {}, 'c2'), false],
  ])('%s %j: %j', (type, object, expected) => {
    expect(isOurs({ type, body: object }, takingOver)).toBe(expected);
    expect(isOurs({ type, body: object }, own)).toBe(false);
  });
});
