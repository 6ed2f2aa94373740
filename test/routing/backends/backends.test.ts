import { describe, expect, it } from '@jest/globals';
import { app, grant, malformed, messageOf, service, slice, verdict, type World } from '../world.ts';
import { first, ref, resolve, type Ref } from './resolved.ts';

describe('a backend that is invalid', () => {
  it.each<[string, Partial<Ref>, World, string, string]>([
    ['another kind', { kind: 'Foo' }, app, 'InvalidKind', 'backendRef app has invalid kind Foo'],
    ['another group', { group: 'a.b', kind: 'Service' }, app, 'InvalidKind', 'invalid kind a.b/Service'],
    ['a Service that does not exist', { name: 'none' }, app, 'BackendNotFound', 'Service default/none does not exist'],
    ['a port that it does not have', { port: 81 }, app, 'BackendNotFound', 'Service default/app has no port 81'],
    ['no port', malformed({ port: undefined }), app, 'BackendNotFound', 'port must name a port of the Service'],
    ['ExternalName', {}, { services: [service({ type: 'ExternalName' })] }, 'UnsupportedValue', 'ExternalName'],
    [
      'UDP',
      {},
      { services: [service({ ports: [{ port: 8080, protocol: 'UDP' }] })] },
      'UnsupportedProtocol',
      'protocol UDP',
    ],
    [
      'appProtocol https',
      {},
      { services: [service({ ports: [{ port: 8080, appProtocol: 'https' }] })] },
      'UnsupportedProtocol',
      'https',
    ],
    [
      'only FQDN slices',
      {},
      { services: [service()], slices: [slice([{ addresses: ['a.x'] }], { addressType: 'FQDN' })] },
      'UnsupportedValue',
      'FQDN',
    ],
    [
      'another namespace without grant',
      { namespace: 'other' },
      { services: [service({}, { namespace: 'other' })] },
      'RefNotPermitted',
      'no ReferenceGrant in namespace other',
    ],
    [
      'another namespace without grant nor Service',
      { namespace: 'other' },
      {},
      'RefNotPermitted',
      'no ReferenceGrant in namespace other',
    ],
  ])('%s', (_, part, world, reason, message) => {
    const { conditions, action, backends } = resolve([ref(part)], world);
    expect(verdict(conditions, 'ResolvedRefs')).toBe(`False/${reason}`);
    expect(messageOf(conditions, 'ResolvedRefs')).toContain(`spec.rules[0].backendRefs[0]: `);
    expect(messageOf(conditions, 'ResolvedRefs')).toContain(message);
    expect(verdict(conditions, 'Accepted')).toBe('True/Accepted');
    expect(backends[0]).toMatchObject({ endpoints: [], invalid: { reason } });
    expect(action).toBe('fail');
  });

  it('does not take the valid ones with it (acceptance row 48)', () => {
    const { conditions, action, backends } = resolve([ref({ kind: 'Foo', name: 'foo' }), ref()]);
    expect(verdict(conditions, 'ResolvedRefs')).toBe('False/InvalidKind');
    expect(action).toBe('forward');
    expect(backends.map(({ invalid }) => invalid === undefined)).toEqual([false, true]);
    expect(messageOf(conditions, 'ResolvedRefs')).toContain('its requests go to the other backends of the rule');
    expect(messageOf(resolve([ref({ kind: 'Foo' })]).conditions, 'ResolvedRefs')).not.toContain('other backends');
  });

  it.each(['http', 'HTTP', 'tcp', 'kubernetes.io/ws', ''])('appProtocol %j is valid', (appProtocol) => {
    expect(resolve([ref()], { services: [service({ ports: [{ port: 8080, appProtocol }] })] }).action).toBe('forward');
  });

  it('tells of the services that decide the members, existing or not', () => {
    expect(resolve([ref({ name: 'b' }), ref(), ref({ kind: 'Foo' })]).result.services).toEqual([
      'default/app',
      'default/b',
    ]);
  });
});

describe('ReferenceGrant for a Service', () => {
  const from = { group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'default' };
  const to = { group: '', kind: 'Service' };
  it.each<[string, Parameters<typeof grant>, boolean]>([
    ['all Services', ['other', from, to], true],
    ['this Service', ['other', from, { ...to, name: 'app' }], true],
    ['another Service', ['other', from, { ...to, name: 'b' }], false],
    ['another namespace', ['other', { ...from, namespace: 'x' }, to], false],
    ['Gateways', ['other', { ...from, kind: 'Gateway' }, to], false],
    ['Secrets', ['other', from, { ...to, kind: 'Secret' }], false],
  ])('that names %s', (_, args, permitted) => {
    const world = { services: [service({}, { namespace: 'other' })], grants: [grant(...args)] };
    const { conditions, action } = resolve([ref({ namespace: 'other' })], world);
    expect(verdict(conditions, 'ResolvedRefs')).toBe(permitted ? 'True/ResolvedRefs' : 'False/RefNotPermitted');
    expect(action).toBe(permitted ? 'forward' : 'fail');
  });
});

describe('weights', () => {
  it.each<[readonly (number | undefined)[], readonly number[], string]>([
    [[undefined], [1], 'forward'],
    [[0], [0], 'fail'],
    [[0, 5], [0, 5], 'forward'],
    [[90, 10], [90, 10], 'forward'],
    [[0, 0], [0, 0], 'fail'],
    [[2_000_000], [1_000_000], 'forward'],
    [[malformed('3')], [1], 'forward'],
  ])('%j', (weights, expected, action) => {
    const result = resolve(weights.map((weight) => ref(weight === undefined ? {} : { weight })));
    expect(result.backends.map(({ weight }) => weight)).toEqual(expected);
    expect(result.action).toBe(action);
  });

  it('all weight on an invalid backend fails', () => {
    expect(resolve([ref({ weight: 0 }), ref({ name: 'none', weight: 1 })]).action).toBe('fail');
  });

  it('keeps the same Service twice', () => {
    expect(resolve([ref({ weight: 1 }), ref({ weight: 2 })]).backends).toHaveLength(2);
  });
});

describe('protocols of backends', () => {
  it.each([
    ['kubernetes.io/h2c', 'h2c'],
    ['grpc', 'h2c'],
    ['kubernetes.io/ws', undefined],
    ['http', undefined],
  ])('%s', (appProtocol, protocol) => {
    const services = [service({ ports: [{ port: 8080, appProtocol }] })];
    expect(first({ services }).protocol).toBe(protocol);
    expect(first({ services }).invalid).toBeUndefined();
  });
});
