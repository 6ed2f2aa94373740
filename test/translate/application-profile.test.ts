import { describe, expect, it } from '@jest/globals';
import type { VirtualServiceSettings } from '../../src/routing/extensions/avi-settings.ts';
import type { ClientValidation } from '../../src/routing/result/routed-listener.ts';
import { schemaProblems } from './support/avi-schema.ts';
import { certificate, gateway, listener, ofType, only, parent, translated } from './support/routed.ts';

const strict: ClientValidation = { mode: 'AllowValidOnly', caCertificates: ['authority'] };
const fallback: ClientValidation = { ...strict, mode: 'AllowInsecureFallback' };

function withValidations(...validations: readonly (ClientValidation | undefined)[]) {
  const listeners = validations.map((clientValidation, index) =>
    listener({
      name: `l${index}`,
      port: 443 + index,
      tls: true,
      certificates: [certificate('shown')],
      ...(clientValidation && { clientValidation }),
    }),
  );
  return translated(gateway({ listeners, routes: [] }));
}

function profiles(state: ReturnType<typeof translated>): readonly unknown[] {
  const services = parent(state).services as { override_application_profile_ref?: string }[];
  return services.map(({ override_application_profile_ref: profile }) => profile);
}

describe('validation of client certificates', () => {
  it('is a profile of the port that requires certificates of these authorities', () => {
    const state = withValidations(strict, undefined);
    const { name } = only(state, 'pkiprofile');
    expect(only(state, 'pkiprofile')).toMatchObject({ ca_certs: [{ certificate: 'authority' }], crl_check: false });
    expect(only(state, 'applicationprofile')).toEqual({
      name,
      created_by: 'avi-gateway-cluster1',
      tenant_ref: '/api/tenant/?name=admin',
      type: 'APPLICATION_PROFILE_TYPE_HTTP',
      http_profile: {
        ssl_client_certificate_mode: 'SSL_CLIENT_CERTIFICATE_REQUIRE',
        pki_profile_ref: `/api/pkiprofile/?name=${String(name)}`,
      },
      markers: expect.arrayContaining([{ key: 'managed-by', values: ['avi-gateway-operator'] }]),
    });
    expect(profiles(state)).toEqual([`/api/applicationprofile/?name=${String(name)}`, undefined]);
    expect(parent(state)).not.toHaveProperty('allow_invalid_client_cert');
    expect(state.objects.flatMap(schemaProblems)).toEqual([]);
  });

  it('with fallback asks for a certificate and lets every client in', () => {
    const state = withValidations(fallback, undefined);
    expect(only(state, 'applicationprofile').http_profile).toMatchObject({
      ssl_client_certificate_mode: 'SSL_CLIENT_CERTIFICATE_REQUEST',
    });
    expect(parent(state).allow_invalid_client_cert).toBe(true);
    expect(state.objects.flatMap(schemaProblems)).toEqual([]);
  });

  it('with fallback on one port never lets invalid certificates in on another', () => {
    const state = withValidations(fallback, strict);
    expect(parent(state)).not.toHaveProperty('allow_invalid_client_cert');
    expect(new Set(profiles(state)).size).toBe(2);
  });

  it('is one pair of profiles for ports that ask for the same', () => {
    const state = withValidations(strict, { ...strict }, { ...strict, caCertificates: ['other'] });
    expect(ofType(state, 'applicationprofile')).toHaveLength(2);
    expect(profiles(state)[0]).toBe(profiles(state)[1]);
  });

  it('keeps what is said of the profile of the whole Gateway', () => {
    const profile = clientProfile({
      hsts: { maxAgeDays: 30, includeSubdomains: true },
      forwardedFor: { mode: 'Append' },
      maxRequestBodyKb: 64,
    });
    expect(profile.body).toMatchObject({
      http_profile: {
        hsts_enabled: true,
        hsts_max_age: 30,
        hsts_subdomains_enabled: true,
        xff_enabled: true,
        xff_update: 'APPEND_TO_THE_XFF_HEADER',
        client_max_body_size: 64,
        ssl_client_certificate_mode: 'SSL_CLIENT_CERTIFICATE_REQUIRE',
        pki_profile_ref: `/api/pkiprofile/?name=${profile.name}`,
      },
    });
    expect(profile.problems).toEqual([]);
  });

  it('keeps the fields of an ApplicationProfile, but not what it says of certificates', () => {
    const object = {
      kind: 'ApplicationProfile',
      key: 'default/own',
      spec: { type: 'APPLICATION_PROFILE_TYPE_HTTP', http_profile: { xff_enabled: false, keepalive_timeout: 5000 } },
    } as const;
    expect(clientProfile({ applicationProfile: { object } }).body).toMatchObject({
      http_profile: {
        xff_enabled: false,
        keepalive_timeout: 5000,
        ssl_client_certificate_mode: 'SSL_CLIENT_CERTIFICATE_REQUIRE',
      },
    });
  });

  it('says that a profile which only the controller knows does not hold on its port', () => {
    const { problems } = clientProfile({ applicationProfile: { avi: { type: 'applicationprofile', name: 'secure' } } });
    expect(problems).toEqual([
      expect.objectContaining({
        resource: 'Gateway/default/gw1',
        message: expect.stringMatching(/port 443 .*profile secure/),
      }),
    ]);
  });
});

/** The profile of a port with client certificates under settings of the Gateway. */
function clientProfile(settings: VirtualServiceSettings) {
  const secure = listener({ tls: true, certificates: [certificate('shown')], clientValidation: strict });
  const state = translated(gateway({ listeners: [secure], routes: [], settings }));
  const { name } = only(state, 'pkiprofile') as { name: string };
  const body = ofType(state, 'applicationprofile').find((object) => object.name === name)?.body;
  return { name, body, problems: state.problems ?? [] };
}
