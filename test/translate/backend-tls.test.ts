import { rootCertificates } from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import type { BackendTls } from '../../src/routing/result/routed-backend.ts';
import { schemaProblems } from './support/avi-schema.ts';
import { backend } from './support/model.ts';
import { certificate, gateway, listener, ofType, only, parent, route, rule, translated } from './support/routed.ts';

const tls: BackendTls = {
  policy: 'dev/to-web',
  hostname: 'web.internal',
  caCertificates: ['first authority', 'second authority'],
  system: false,
  dnsNames: [],
};

function withTls(...policies: readonly (BackendTls | undefined)[]) {
  const backends = policies.map((policy, index) => ({
    ...backend('default', `web${index}`),
    ...(policy && { tls: policy }),
  }));
  const listeners = [listener(), listener({ tls: true, certificates: [certificate('shown')] })];
  return translated(gateway({ listeners, routes: [route({ rules: [rule({ backends })] })] }));
}

describe('TLS to backends', () => {
  it('judges the server by the policy’s authorities and hostname', () => {
    const state = withTls(tls);
    const profile = only(state, 'pkiprofile');
    expect(profile).toEqual({
      name: expect.stringMatching(/^ako-gw-cluster1--[0-9a-f]{40}$/),
      created_by: 'avi-gateway-cluster1',
      tenant_ref: '/api/tenant/?name=admin',
      ca_certs: [{ certificate: 'first authority' }, { certificate: 'second authority' }],
      crl_check: false,
      markers: expect.arrayContaining([{ key: 'GatewayName', values: ['gw1'] }]),
    });
    expect(only(state, 'pool')).toMatchObject({
      ssl_profile_ref: '/api/sslprofile/?name=System-Standard',
      pki_profile_ref: `/api/pkiprofile/?name=${String(profile.name)}`,
      sni_enabled: true,
      server_name: 'web.internal',
      host_check_enabled: true,
      domain_name: ['web.internal'],
      health_monitor_refs: ['/api/healthmonitor/?name=System-TCP'],
    });
    expect(only(state, 'pool')).not.toHaveProperty('ssl_key_and_certificate_ref');
    expect(state.objects.flatMap(schemaProblems)).toEqual([]);
  });

  it('looks for the subject alternative names where there are any; SNI stays the hostname', () => {
    const pool = only(withTls({ ...tls, dnsNames: ['a.internal', 'b.internal'] }), 'pool');
    expect(pool).toMatchObject({ server_name: 'web.internal', domain_name: ['a.internal', 'b.internal'] });
  });

  it('has one profile a policy, and one for all that trust the system’s authorities', () => {
    const system = { ...tls, system: true, caCertificates: [] };
    const state = withTls(tls, tls, { ...system, policy: 'dev/b' }, { ...system, policy: 'dev/c' }, undefined);
    const authorities = ofType(state, 'pkiprofile').map(({ body }) => (body.ca_certs as unknown[]).length);
    expect(authorities.sort((a, b) => a - b)).toEqual([2, rootCertificates.length]);
    const refs = ofType(state, 'pool').map(({ body }) => body.pki_profile_ref);
    expect(new Set(refs).size).toBe(3);
    expect(refs.filter((ref) => ref === undefined)).toHaveLength(1);
  });

  it('shows the Gateway’s certificate to servers, and not to clients', () => {
    const state = withTls({ ...tls, clientCertificate: certificate('client') });
    const client = ofType(state, 'sslkeyandcertificate').find(({ body }) => body.key === 'key of client')!;
    expect(client.origin).toEqual({ gateway: 'default/gw1' });
    expect(only(state, 'pool').ssl_key_and_certificate_ref).toBe(`/api/sslkeyandcertificate/?name=${client.name}`);
    expect(parent(state).ssl_key_and_certificate_refs).toHaveLength(1);
    expect(parent(state).ssl_key_and_certificate_refs).not.toContain(`/api/sslkeyandcertificate/?name=${client.name}`);
    expect(state.objects.flatMap(schemaProblems)).toEqual([]);
  });

  it('has one certificate for a Secret that is shown to both', () => {
    const state = withTls({ ...tls, clientCertificate: certificate('shown') });
    expect(ofType(state, 'sslkeyandcertificate')).toHaveLength(1);
    expect(only(state, 'sslkeyandcertificate').name).toBe(
      String(only(state, 'pool').ssl_key_and_certificate_ref).split('=')[1],
    );
  });

  it('of backends that are not used leaves nothing behind', () => {
    const routes = [route({ rules: [rule({ backends: [{ ...backend('default', 'web', 0), tls }] })] })];
    expect(ofType(translated(gateway({ routes })), 'pkiprofile')).toEqual([]);
  });
});
