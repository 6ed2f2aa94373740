import { beforeAll, describe, expect, it } from '@jest/globals';
import type { BackendTLSPolicy } from '../../generated/gateway-api.ts';
import { pairSecret, selfSigned, tlsSecret, type Pair } from './pki.ts';
import {
  app,
  settings as defaults,
  gateway,
  httpRoute,
  listener,
  parentOf,
  routed,
  service,
  verdict,
  type World,
} from './world.ts';

type Spec = BackendTLSPolicy['spec'];

const caRef = { group: '', kind: 'ConfigMap', name: 'ca' };
let ca: Pair;

beforeAll(async () => {
  ca = await selfSigned(['ca.example']);
});

function policy(part: Partial<Spec> = {}, name = 'tls', creationTimestamp = '2026-01-03T00:00:00Z'): BackendTLSPolicy {
  return {
    metadata: { name, namespace: 'default', generation: 1, creationTimestamp },
    spec: {
      targetRefs: [{ group: '', kind: 'Service', name: 'app' }],
      validation: { hostname: 'app.example', caCertificateRefs: [caRef] },
      ...part,
    },
  };
}

function resolve(policies: readonly BackendTLSPolicy[], world: World = {}, settings = defaults) {
  const configMaps = [{ metadata: { name: 'ca', namespace: 'default' }, data: { 'ca.crt': ca.certificate } }];
  const given = { gateways: [gateway()], routes: [httpRoute()], ...app, configMaps, policies, ...world };
  const result = routed(given, settings);
  const rule = result.routes[0]?.rules[0];
  return { result, rule, backend: rule?.backends[0], policies: result.policies };
}

describe('BackendTLSPolicy', () => {
  it('gives a backend TLS with the authorities of a ConfigMap', () => {
    const { backend, policies, result } = resolve([policy()]);
    expect(backend?.tls).toEqual({
      policy: 'default/tls',
      hostname: 'app.example',
      caCertificates: [ca.certificate],
      system: false,
      dnsNames: [],
    });
    expect(policies.map(({ key, conditions }) => [key, verdict(conditions, 'Accepted')])).toEqual([
      ['default/tls', 'True/Accepted'],
    ]);
    expect(verdict(policies[0]?.conditions ?? [], 'ResolvedRefs')).toBe('True/ResolvedRefs');
    expect(verdict(parentOf(result).conditions, 'ResolvedRefs')).toBe('True/ResolvedRefs');
  });

  it('takes authorities from a Secret, the system’s, and names of subjects', () => {
    const validation = { hostname: 'App.example', caCertificateRefs: [{ group: '', kind: 'Secret', name: 'ca' }] };
    const secrets = [tlsSecret('ca', { 'ca.crt': ca.certificate })];
    expect(resolve([policy({ validation })], { secrets }).backend?.tls?.caCertificates).toEqual([ca.certificate]);

    const system = { hostname: 'app.example', wellKnownCACertificates: 'System' };
    expect(resolve([policy({ validation: system })]).backend?.tls).toMatchObject({ system: true, caCertificates: [] });

    const named = { ...system, subjectAltNames: [{ type: 'Hostname' as const, hostname: 'Other.example' }] };
    expect(resolve([policy({ validation: named })]).backend?.tls?.dnsNames).toEqual(['other.example']);
  });

  it('takes authorities from a ClusterTrustBundle, by name', () => {
    const ref = { group: 'certificates.k8s.io', kind: 'ClusterTrustBundle', name: 'roots' };
    const validation = { hostname: 'app.example', caCertificateRefs: [ref] };
    const of = (trustBundle: string) => {
      const clusterTrustBundles = [{ metadata: { name: 'roots' }, spec: { trustBundle } }];
      return resolve([policy({ validation })], { clusterTrustBundles });
    };
    expect(of(`# roots\n${ca.certificate}`).backend?.tls?.caCertificates).toEqual([ca.certificate]);
    const broken = of('-----BEGIN CERTIFICATE-----');
    expect(broken.rule?.action).toBe('fail');
    expect(verdict(broken.policies[0]?.conditions ?? [], 'ResolvedRefs')).toBe('False/InvalidCACertificateRef');
  });

  it.each<[string, Spec['validation'], string, string]>([
    [
      'a ClusterTrustBundle that is not there',
      {
        hostname: 'a.b',
        caCertificateRefs: [{ group: 'certificates.k8s.io', kind: 'ClusterTrustBundle', name: 'gone' }],
      },
      'False/NoValidCACertificate',
      'False/InvalidCACertificateRef',
    ],
    [
      'a ConfigMap that is not there',
      { hostname: 'a.b', caCertificateRefs: [{ ...caRef, name: 'gone' }] },
      'False/NoValidCACertificate',
      'False/InvalidCACertificateRef',
    ],
    [
      'an unknown kind',
      { hostname: 'a.b', caCertificateRefs: [{ ...caRef, kind: 'Widget' }] },
      'False/NoValidCACertificate',
      'False/InvalidKind',
    ],
    ['an unknown set', { hostname: 'a.b', wellKnownCACertificates: 'Mine' }, 'False/Invalid', 'True/ResolvedRefs'],
    [
      'a URI',
      { hostname: 'a.b', caCertificateRefs: [caRef], subjectAltNames: [{ type: 'URI', uri: 'spiffe://a/b' }] },
      'False/Invalid',
      'True/ResolvedRefs',
    ],
  ])('with %s fails its backend, which is never spoken to in plaintext', (_, validation, accepted, resolvedRefs) => {
    const { rule, backend, policies } = resolve([policy({ validation })]);
    expect(rule?.action).toBe('fail');
    expect(backend).toMatchObject({ endpoints: [], invalid: { reason: 'UnsupportedValue' } });
    expect(verdict(policies[0]?.conditions ?? [], 'Accepted')).toBe(accepted);
    expect(verdict(policies[0]?.conditions ?? [], 'ResolvedRefs')).toBe(resolvedRefs);
  });

  it('yields to an older one of the same target, and one for a port goes before one for the Service', () => {
    const services = [service({ ports: [{ name: 'web', port: 8080, protocol: 'TCP' }] })];
    const of = (name: string, hostname: string, created: string, sectionName?: string) =>
      policy(
        {
          targetRefs: [{ group: '', kind: 'Service', name: 'app', ...(sectionName ? { sectionName } : {}) }],
          validation: { hostname, caCertificateRefs: [caRef] },
        },
        name,
        created,
      );
    const { backend, policies } = resolve(
      [
        of('all-young', 'young.example', '2026-01-05T00:00:00Z'),
        of('all-old', 'old.example', '2026-01-01T00:00:00Z'),
        of('web', 'web.example', '2026-01-06T00:00:00Z', 'web'),
        of('other', 'other.example', '2026-01-01T00:00:00Z', 'other'),
      ],
      { services },
    );
    expect(backend?.tls?.hostname).toBe('web.example');
    expect(policies.map(({ key, conditions }) => [key, verdict(conditions, 'Accepted')])).toEqual([
      ['default/all-old', 'True/Accepted'],
      ['default/all-young', 'False/Conflicted'],
      ['default/other', 'True/Accepted'],
      ['default/web', 'True/Accepted'],
    ]);
  });

  it('shows the Gateway’s certificate to backends, and says what is wrong with it', () => {
    const secrets = [pairSecret('client', ca)];
    const tls = { backend: { clientCertificateRef: { name: 'client' } } };
    const gateways = [gateway({ tls })];
    expect(resolve([policy()], { gateways, secrets }).backend?.tls?.clientCertificate?.secretName).toBe('client');
    const { result } = resolve([policy()], { gateways });
    expect(verdict(result.conditions, 'ResolvedRefs')).toBe('False/InvalidClientCertificateRef');
    expect(verdict(result.conditions, 'Accepted')).toBe('True/Accepted');
  });

  it('without the certificate that the Gateway is to show fails its backend, and no other', () => {
    const tls = { backend: { clientCertificateRef: { name: 'client' } } };
    const gateways = [gateway({ tls })];
    const { rule, backend, policies } = resolve([policy()], { gateways });
    expect(rule?.action).toBe('fail');
    expect(backend?.invalid?.message).toContain('spec.tls.backend.clientCertificateRef does not resolve');
    expect(verdict(policies[0]?.conditions ?? [], 'Accepted')).toBe('True/Accepted');
    expect(resolve([], { gateways }).rule?.action).toBe('forward');
  });

  it.each(['HTTPS', 'https', 'kubernetes.io/wss'])('makes appProtocol %s possible', (appProtocol) => {
    const services = [service({ ports: [{ port: 8080, appProtocol }] })];
    expect(resolve([policy()], { services }).backend?.tls?.policy).toBe('default/tls');
    const { rule, backend } = resolve([], { services });
    expect(rule?.action).toBe('fail');
    expect(backend?.invalid).toMatchObject({
      reason: 'UnsupportedProtocol',
      message: expect.stringContaining('no BackendTLSPolicy'),
    });
  });
});

describe('ResolvedRefs of a Gateway', () => {
  const tls = { backend: { clientCertificateRef: { name: 'client' } } };
  const secrets = () => [pairSecret('client', ca)];

  it('holds with its certificate, and is absent where it names none', () => {
    const of = (gateways: World['gateways']) => resolve([], { gateways, secrets: secrets() }).result.conditions;
    expect(verdict(of([gateway({ tls })]), 'ResolvedRefs')).toBe('True/ResolvedRefs');
    expect(of([gateway()]).some(({ type }) => type === 'ResolvedRefs')).toBe(false);
  });

  it('sums up those of its listeners', () => {
    const https = listener({
      name: 'https',
      port: 443,
      protocol: 'HTTPS',
      tls: { certificateRefs: [{ name: 'gone' }] },
    });
    const gateways = [gateway({ listeners: [listener(), https], tls })];
    const { conditions } = resolve([], { gateways, secrets: secrets() }).result;
    expect(verdict(conditions, 'ResolvedRefs')).toBe('False/ListenersNotResolved');
  });
});
