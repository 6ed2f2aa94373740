import { beforeAll, describe, expect, it } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { pairSecret, selfSigned, tlsSecret, type Pair } from './pki.ts';
import {
  app,
  gateway,
  grant,
  httpRoute,
  listener,
  listenerOf,
  messageOf,
  parentOf,
  routed,
  verdict,
  type Listener,
  type World,
} from './world.ts';

type CertificateRef = NonNullable<NonNullable<Listener['tls']>['certificateRefs']>[number];

let pair: Pair;
let other: Pair;
let expired: Pair;
let wildcard: Pair;

beforeAll(async () => {
  pair = await selfSigned(['app.x.y', 'www.x.y']);
  other = await selfSigned(['other.x.y']);
  expired = await selfSigned(['app.x.y'], '2024-01-01T00:00:00Z');
  wildcard = await selfSigned(['cn.x.y', '*.x.y']);
});

const https = (refs: readonly CertificateRef[], part: Partial<Listener> = {}) =>
  listener({ name: 'https', port: 443, protocol: 'HTTPS', tls: { mode: 'Terminate', certificateRefs: refs }, ...part });

function routeHttps(refs: readonly CertificateRef[], world: World, part: Partial<Listener> = {}) {
  return routed({ gateways: [gateway({ listeners: [listener(), https(refs, part)] })], ...world });
}

describe('a certificate that resolves', () => {
  it('is served as PEM with its names', () => {
    const result = listenerOf(routeHttps([{ name: 'cert' }], { secrets: [pairSecret('cert', pair)] }), 'https');
    expect(result).toMatchObject({ serving: true, tls: true });
    expect(verdict(result.conditions, 'ResolvedRefs')).toBe('True/ResolvedRefs');
    expect(result.certificates).toEqual([
      {
        secretNamespace: 'default',
        secretName: 'cert',
        certificate: pair.certificate,
        key: expect.stringMatching(/^-----BEGIN PRIVATE KEY-----\n[\s\S]+-----END PRIVATE KEY-----\n$/),
        dnsNames: ['app.x.y', 'www.x.y'],
        notAfter: '2030-01-01T00:00:00.000Z',
      },
    ]);
  });

  it('takes the CN where there is no subject alternative name', () => {
    const result = listenerOf(routeHttps([{ name: 'cert' }], { secrets: [pairSecret('cert', other)] }), 'https');
    expect(result.certificates[0]?.dnsNames).toEqual(['other.x.y']);
  });

  it.each<[string, (given: Pair) => Pair]>([
    [
      'CRLF line ends',
      (given) => ({ certificate: given.certificate.replaceAll('\n', '\r\n'), key: given.key.replaceAll('\n', '\r\n') }),
    ],
    [
      'text around the blocks',
      (given) => ({ certificate: `subject=CN\n${given.certificate}\n\n`, key: `Bag Attributes\n${given.key}` }),
    ],
    ['no final line end', (given) => ({ certificate: given.certificate.trim(), key: given.key.trim() })],
  ])('is read with %s, in one form', (_, change) => {
    const secrets = [pairSecret('cert', change(pair))];
    const result = listenerOf(routeHttps([{ name: 'cert' }], { secrets }), 'https');
    expect(result.certificates[0]?.certificate).toBe(pair.certificate);
    expect(result.serving).toBe(true);
  });

  it('reads an EC key behind its parameters', () => {
    const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
    const secrets = [tlsSecret('cert', { 'tls.crt': pair.certificate, 'tls.key': parameters + pair.key })];
    expect(listenerOf(routeHttps([{ name: 'cert' }], { secrets }), 'https').serving).toBe(true);
  });

  it('keeps the chain, leaf first', () => {
    const secrets = [tlsSecret('cert', { 'tls.crt': pair.certificate + other.certificate, 'tls.key': pair.key })];
    const result = listenerOf(routeHttps([{ name: 'cert' }], { secrets }), 'https');
    expect(result.certificates[0]?.certificate).toBe(pair.certificate + other.certificate);
    expect(result.certificates[0]?.dnsNames).toEqual(['app.x.y', 'www.x.y']);
  });

  it('keeps the order of references and leaves none out', () => {
    const secrets = [pairSecret('a', pair), pairSecret('b', other)];
    const result = listenerOf(routeHttps([{ name: 'b' }, { name: 'a' }], { secrets }), 'https');
    expect(result.certificates.map(({ secretName }) => secretName)).toEqual(['b', 'a']);
  });
});

describe('a certificate that does not resolve hurts only its listener', () => {
  const key = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const encrypted = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString();

  it.each<[string, readonly CertificateRef[], () => World, string, string]>([
    [
      'a missing Secret',
      [{ name: 'cert' }],
      () => ({}),
      'InvalidCertificateRef',
      'Secret does not exist: default/cert',
    ],
    [
      'another group',
      [{ group: 'a.b', name: 'cert' }],
      () => ({ secrets: [pairSecret('cert', pair)] }),
      'InvalidCertificateRef',
      'TLS mode or reference not valid',
    ],
    [
      'another kind',
      [{ kind: 'ConfigMap', name: 'cert' }],
      () => ({ secrets: [pairSecret('cert', pair)] }),
      'InvalidCertificateRef',
      'TLS mode or reference not valid',
    ],
    ['no reference', [], () => ({}), 'InvalidCertificateRef', 'TLS mode or reference not valid'],
    [
      'no tls.crt',
      [{ name: 'cert' }],
      () => ({ secrets: [tlsSecret('cert', { 'tls.key': pair.key })] }),
      'InvalidCertificateRef',
      'no data tls.crt',
    ],
    [
      'no tls.key',
      [{ name: 'cert' }],
      () => ({ secrets: [tlsSecret('cert', { 'tls.crt': pair.certificate })] }),
      'InvalidCertificateRef',
      'no data tls.key',
    ],
    [
      'no PEM',
      [{ name: 'cert' }],
      () => ({ secrets: [tlsSecret('cert', { 'tls.crt': 'Hello', 'tls.key': pair.key })] }),
      'InvalidCertificateRef',
      'tls.crt is not a PEM certificate',
    ],
    [
      'broken PEM',
      [{ name: 'cert' }],
      () => ({
        secrets: [tlsSecret('cert', { 'tls.crt': pair.certificate.replace('MII', 'XXX'), 'tls.key': pair.key })],
      }),
      'InvalidCertificateRef',
      'tls.crt is not a PEM certificate',
    ],
    [
      'a cut chain',
      [{ name: 'cert' }],
      () => ({
        secrets: [
          tlsSecret('cert', { 'tls.crt': pair.certificate + other.certificate.slice(0, 100), 'tls.key': pair.key }),
        ],
      }),
      'InvalidCertificateRef',
      'tls.crt is not a PEM certificate',
    ],
    [
      'an encrypted key',
      [{ name: 'cert' }],
      () => ({ secrets: [tlsSecret('cert', { 'tls.crt': pair.certificate, 'tls.key': encrypted })] }),
      'InvalidCertificateRef',
      'tls.key is not an unencrypted PEM private key',
    ],
    [
      'a key of another certificate',
      [{ name: 'cert' }],
      () => ({ secrets: [tlsSecret('cert', { 'tls.crt': pair.certificate, 'tls.key': other.key })] }),
      'InvalidCertificateRef',
      'tls.key does not belong',
    ],
    [
      'another namespace without grant',
      [{ name: 'cert', namespace: 'certs' }],
      () => ({ secrets: [pairSecret('cert', pair, 'certs')] }),
      'RefNotPermitted',
      'no ReferenceGrant in namespace certs',
    ],
    [
      'another namespace without grant nor Secret',
      [{ name: 'cert', namespace: 'certs' }],
      () => ({}),
      'RefNotPermitted',
      'no ReferenceGrant in namespace certs',
    ],
  ])('%s', (_, refs, world, reason, message) => {
    const result = routeHttps(refs, world());
    const { conditions, serving, certificates } = listenerOf(result, 'https');
    expect(verdict(conditions, 'ResolvedRefs')).toBe(`False/${reason}`);
    expect(messageOf(conditions, 'ResolvedRefs')).toContain(message);
    expect(verdict(conditions, 'Accepted')).toBe('False/Invalid');
    expect(messageOf(conditions, 'Accepted')).toBe('Listener is Invalid');
    expect({ serving, certificates }).toEqual({ serving: false, certificates: [] });
    expect(listenerOf(result).serving).toBe(true);
    expect(verdict(result.conditions, 'Accepted')).toBe('True/ListenersNotValid');
    expect(JSON.stringify([result.conditions, result.problems, result.events, conditions])).not.toContain('PRIVATE');
  });

  it('Passthrough is no mode of an HTTPS listener', () => {
    const result = routeHttps(
      [],
      { secrets: [pairSecret('cert', pair)] },
      { tls: { mode: 'Passthrough', certificateRefs: [{ name: 'cert' }] } },
    );
    expect(verdict(listenerOf(result, 'https').conditions, 'ResolvedRefs')).toBe('False/InvalidCertificateRef');
  });

  it('HTTPS without tls is refused', () => {
    const result = routed({ gateways: [gateway({ listeners: [listener({ protocol: 'HTTPS' })] })] });
    expect(verdict(listenerOf(result).conditions, 'ResolvedRefs')).toBe('False/InvalidCertificateRef');
    expect(verdict(result.conditions, 'Accepted')).toBe('False/ListenersNotValid');
    expect(result.programmable).toBe(false);
  });

  it('serves what resolves of several references', () => {
    const result = listenerOf(
      routeHttps([{ name: 'none' }, { name: 'cert' }], { secrets: [pairSecret('cert', pair)] }),
      'https',
    );
    expect(verdict(result.conditions, 'ResolvedRefs')).toBe('False/InvalidCertificateRef');
    expect(verdict(result.conditions, 'Accepted')).toBe('True/Accepted');
    expect(result.certificates.map(({ secretName }) => secretName)).toEqual(['cert']);
    expect(result.serving).toBe(true);
  });

  it('leaves the routes accepted and counted: they are not at fault for a late Secret', () => {
    const result = routeHttps([{ name: 'late' }], {
      routes: [httpRoute({ parentRefs: [{ name: 'gw', sectionName: 'https' }] })],
      ...app,
    });
    expect(verdict(parentOf(result).conditions, 'Accepted')).toBe('True/Accepted');
    expect(listenerOf(result, 'https').attachedRoutes).toBe(1);
    expect(result.routes).toEqual([]);
  });
});

describe('ReferenceGrant for a Secret', () => {
  const from = { group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace: 'default' };
  const to = { group: '', kind: 'Secret' };
  it.each<[string, Parameters<typeof grant>, string]>([
    ['all Secrets', ['certs', from, to], 'True/ResolvedRefs'],
    ['this Secret', ['certs', from, { ...to, name: 'cert' }], 'True/ResolvedRefs'],
    ['another Secret', ['certs', from, { ...to, name: 'other' }], 'False/RefNotPermitted'],
    ['another namespace of the Gateway', ['certs', { ...from, namespace: 'x' }, to], 'False/RefNotPermitted'],
    ['another kind of referrer', ['certs', { ...from, kind: 'HTTPRoute' }, to], 'False/RefNotPermitted'],
    ['another group of referrer', ['certs', { ...from, group: '' }, to], 'False/RefNotPermitted'],
    ['another kind of target', ['certs', from, { ...to, kind: 'Service' }], 'False/RefNotPermitted'],
    ['in the Gateway’s own namespace', ['default', from, to], 'False/RefNotPermitted'],
  ])('that names %s', (_, args, expected) => {
    const world = { secrets: [pairSecret('cert', pair, 'certs')], grants: [grant(...args)] };
    expect(
      verdict(
        listenerOf(routeHttps([{ name: 'cert', namespace: 'certs' }], world), 'https').conditions,
        'ResolvedRefs',
      ),
    ).toBe(expected);
  });

  it('does not let a Secret of the same name in the Gateway’s namespace open the other (AKO defect 13)', () => {
    const secrets = [pairSecret('cert', other), pairSecret('cert', pair, 'certs')];
    const result = listenerOf(routeHttps([{ name: 'cert', namespace: 'certs' }], { secrets }), 'https');
    expect(verdict(result.conditions, 'ResolvedRefs')).toBe('False/RefNotPermitted');
    expect(result.certificates).toEqual([]);
  });
});

describe('warnings', () => {
  it('serves an expired certificate and says so', () => {
    const result = routeHttps([{ name: 'cert' }], { secrets: [pairSecret('cert', expired)] });
    expect(listenerOf(result, 'https').serving).toBe(true);
    expect(result.events).toEqual([
      {
        type: 'Warning',
        reason: 'CertificateExpired',
        message:
          'Listener https: the certificate in Secret default/cert expired at 2024-01-01T00:00:00.000Z; it is still served',
        regarding: { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', namespace: 'default', name: 'gw' },
      },
    ]);
  });

  it.each<[string, () => Pair, boolean]>([
    ['app.x.y', () => pair, true],
    ['a.x.y', () => wildcard, true],
    ['*.x.y', () => wildcard, true],
    ['a.b.x.y', () => wildcard, false],
    ['x.y', () => wildcard, false],
    ['*.x.y', () => pair, false],
    ['else.x.y', () => pair, false],
  ])('hostname %s', (hostname, of, covered) => {
    const result = routeHttps([{ name: 'cert' }], { secrets: [pairSecret('cert', of())] }, { hostname });
    expect(listenerOf(result, 'https').serving).toBe(true);
    expect(result.events.map(({ reason }) => reason)).toEqual(covered ? [] : ['CertificateHostnameMismatch']);
  });
});

describe('OverlappingTLSConfig', () => {
  it.each<[string, readonly (string | undefined)[], readonly number[], readonly boolean[]]>([
    [
      'the specification’s example',
      ['foo.example.com', 'foo.example.org', '*.example.com'],
      [443, 443, 443],
      [true, false, true],
    ],
    ['a listener without hostname overlaps all', ['a.x', undefined], [443, 443], [true, true]],
    ['other ports do not overlap', ['a.x', '*.x'], [443, 8443], [false, false]],
    ['distinct names do not overlap', ['a.x', 'b.x'], [443, 443], [false, false]],
  ])('%s', (_, hostnames, ports, expected) => {
    const listeners = hostnames.map((hostname, index) =>
      https([{ name: 'cert' }], {
        name: `l${index}`,
        port: ports[index] ?? 443,
        ...(hostname === undefined ? {} : { hostname }),
      }),
    );
    const result = routed({ gateways: [gateway({ listeners })], secrets: [pairSecret('cert', pair)] });
    expect(result.listeners.map(({ conditions }) => verdict(conditions, 'OverlappingTLSConfig'))).toEqual(
      expected.map((overlaps) => (overlaps ? 'True/OverlappingHostnames' : undefined)),
    );
  });
});
