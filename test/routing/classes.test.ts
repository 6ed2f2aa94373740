import { describe, expect, it } from '@jest/globals';
import { routeClass } from '../../src/routing/listeners/classes.ts';
import { gatewayClassConditions } from '../../src/routing/routes/route.ts';
import { support, supportedFeatures } from '../../src/routing/support.ts';
import type { Feature } from '../../src/routing/support/feature.ts';
import suiteFeatures from './suite-features.json' with { type: 'json' };
import { avi, messageOf, routeWorld, verdict } from './world.ts';

describe('gatewayClassConditions', () => {
  it('accepts in AKO’s words', () => {
    expect(gatewayClassConditions(avi, 'v1.7.0')).toEqual([
      { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'GatewayClass is valid' },
      {
        type: 'SupportedVersion',
        status: 'True',
        reason: 'SupportedVersion',
        message: 'Gateway API CRDs v1.7.0 are installed',
      },
    ]);
  });

  it.each<[string | undefined, string]>([
    ['v1.2.0', 'True/SupportedVersion'],
    ['v1.2.1', 'True/SupportedVersion'],
    ['v1.5.0-rc.1', 'True/SupportedVersion'],
    ['v1.7.3', 'True/SupportedVersion'],
    ['v1.1.0', 'False/UnsupportedVersion'],
    ['v1.8.0', 'False/UnsupportedVersion'],
    ['v1.70.0', 'False/UnsupportedVersion'],
    ['v2.2.0', 'False/UnsupportedVersion'],
    ['nonsense', 'False/UnsupportedVersion'],
    [undefined, 'False/UnsupportedVersion'],
  ])('CRDs %s', (version, expected) => {
    const conditions = gatewayClassConditions(avi, version);
    expect(verdict(conditions, 'SupportedVersion')).toBe(expected);
    expect(verdict(conditions, 'Accepted')).toBe('True/Accepted');
    if (expected.startsWith('False')) expect(messageOf(conditions, 'SupportedVersion')).toContain('v1.2 to v1.7');
  });

  it('refuses parameters', () => {
    const parametersRef = { group: 'a.b', kind: 'C', name: 'd' };
    const given = { ...avi, spec: { ...avi.spec, parametersRef } };
    expect(verdict(gatewayClassConditions(given, 'v1.7.0'), 'Accepted')).toBe('False/InvalidParameters');
  });
});

describe('supported features', () => {
  it('are sorted by name and hold the core ones', () => {
    const names = supportedFeatures.map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    expect(names).toEqual(expect.arrayContaining(['Gateway', 'HTTPRoute', 'ReferenceGrant']));
    expect(names).not.toContain('HTTPRouteRetryCodes');
  });

  it('have the names that the specification gives, all of them once', () => {
    const known = new Set<string>(suiteFeatures);
    const rows: readonly Feature[] = Object.values(support);
    const named = rows.flatMap(({ name }) => (name === undefined ? [] : [name]));
    expect(named.filter((name) => !known.has(name))).toEqual([]);
    expect(new Set(named).size).toBe(named.length);
    const claimed = rows.flatMap(({ name, support: level }) => (name !== undefined && level === 'yes' ? [name] : []));
    expect(supportedFeatures.map(({ name }) => name)).toEqual(claimed.sort());
  });

  it('come with every class of ours, but not where the CRD has no place for them', () => {
    expect(routeWorld({}).classes.get('avi-lb')?.supportedFeatures).toEqual(supportedFeatures);
    expect(routeClass(avi, 'v1.3.0').supportedFeatures).toEqual([]);
  });
});
