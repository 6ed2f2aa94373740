import { describe, expect, it } from '@jest/globals';
import { grant, malformed, messageOf, rule, service, verdict, type World } from '../world.ts';
import { droppedBy, kept, mirror, routeRules, shadow, type Filter } from './routed-rules.ts';

type Mirror = NonNullable<Filter['requestMirror']>;

describe('mirrors', () => {
  it.each<[string, Partial<Mirror>, readonly [number, number]]>([
    ['everything', {}, [1, 1]],
    ['a percentage', { percent: 20 }, [1, 5]],
    ['a fraction', { fraction: { numerator: 25, denominator: 50 } }, [1, 2]],
    ['a fraction of hundred', { fraction: { numerator: 3 } }, [3, 100]],
  ])('copy %s', (_, part, [numerator, denominator]) => {
    const { mirrors, backends } = kept({ filters: [mirror(part)] });
    expect(mirrors).toEqual([
      {
        backend: expect.objectContaining({ namespace: 'default', name: 'shadow', port: 8080 }),
        numerator,
        denominator,
      },
    ]);
    expect(mirrors![0]!.backend.endpoints.map(({ address }) => address)).toEqual(['10.1.0.2']);
    expect(backends.map(({ name }) => name)).toEqual(['app']);
  });

  it('are more than one, of the rule and of its backend', () => {
    const backendRefs = [{ name: 'app', port: 8080, filters: [mirror({ percent: 50 })] }];
    const { mirrors } = kept({ filters: [mirror(), mirror({ percent: 1 })], backendRefs });
    expect(mirrors!.map(({ denominator }) => denominator)).toEqual([1, 100, 2]);
  });

  it('copy nothing at 0 percent', () => {
    expect(kept({ filters: [mirror({ percent: 0 })] }).mirrors).toBeUndefined();
  });

  it('make the Gateway follow the endpoints of their Services', () => {
    expect(routeRules([rule({ filters: [mirror()] })], shadow).result.services).toEqual([
      'default/app',
      'default/shadow',
    ]);
  });

  it.each<[string, Partial<Mirror>, string]>([
    ['percent and fraction', { percent: 1, fraction: { numerator: 1 } }, 'fraction'],
    ['too much', { percent: 101 }, 'percent'],
    ['a negative share', { fraction: { numerator: -1 } }, 'fraction.numerator'],
    ['more than all', { fraction: { numerator: 3, denominator: 2 } }, 'fraction.numerator'],
    ['nothing to divide by', { fraction: { numerator: 0, denominator: 0 } }, 'fraction.denominator'],
    ['no backend', malformed({ backendRef: undefined }), 'backendRef'],
  ])('of %s drop the rule', (_, part, field) => {
    expect(droppedBy({ filters: [mirror(part)] })).toContain(`spec.rules[0].filters[0].requestMirror.${field}: `);
  });

  it.each<[string, Mirror['backendRef'], World, string]>([
    ['that does not exist', { name: 'none', port: 80 }, {}, 'BackendNotFound'],
    ['of another kind', { kind: 'Foo', name: 'shadow', port: 80 }, {}, 'InvalidKind'],
    [
      'of another namespace without grant',
      { name: 'shadow', namespace: 'other', port: 8080 },
      { services: [service(), service({}, { name: 'shadow', namespace: 'other' })] },
      'RefNotPermitted',
    ],
  ])('to a backend %s leave the rule serving', (_, backendRef, world, reason) => {
    const { parent, rules } = routeRules([rule({ filters: [mirror({ backendRef })] })], world);
    expect(verdict(parent.conditions, 'Accepted')).toBe('True/Accepted');
    expect(verdict(parent.conditions, 'ResolvedRefs')).toBe(`False/${reason}`);
    expect(messageOf(parent.conditions, 'ResolvedRefs')).toContain(
      'spec.rules[0].filters[0].requestMirror.backendRef: ',
    );
    expect(rules[0]).toMatchObject({ action: 'forward' });
    expect(rules[0]!.mirrors).toBeUndefined();
  });

  it('cross namespaces with a grant', () => {
    const from = { group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'default' };
    const world = {
      services: [service(), service({}, { name: 'shadow', namespace: 'other' })],
      grants: [grant('other', from, { group: '', kind: 'Service' })],
    };
    const backendRef = { name: 'shadow', namespace: 'other', port: 8080 };
    expect(kept({ filters: [mirror({ backendRef })] }, world).mirrors![0]!.backend.namespace).toBe('other');
  });
});
