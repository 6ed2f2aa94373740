import { describe, expect, it } from '@jest/globals';
import { certificate, gateway, listener, ofType, parent, translated } from './support/routed.ts';

function https(name: string, hostname: string | undefined, ...secrets: readonly string[]) {
  return listener({ name, tls: true, ...(hostname && { hostname }), certificates: secrets.map(certificate) });
}

function order(state: ReturnType<typeof translated>): readonly unknown[] {
  const keys = new Map(ofType(state, 'sslkeyandcertificate').map(({ name, body }) => [name, body.key]));
  return ((parent(state).ssl_key_and_certificate_refs ?? []) as string[]).map((ref) => keys.get(ref.split('=')[1]!));
}

describe('certificates', () => {
  it('are what the incumbent sends', () => {
    const state = translated(gateway({ listeners: [https('https', 'a.x', 'app-tls')] }));
    expect(ofType(state, 'sslkeyandcertificate')).toEqual([
      {
        type: 'sslkeyandcertificate',
        tenant: 'admin',
        name: expect.stringMatching(/^ako-gw-cluster1--[0-9a-f]{40}$/),
        origin: { gateway: 'default/gw1', listeners: ['https'] },
        body: {
          name: expect.any(String),
          created_by: 'avi-gateway-cluster1',
          tenant_ref: '/api/tenant/?name=admin',
          type: 'SSL_CERTIFICATE_TYPE_VIRTUALSERVICE',
          certificate: { certificate: 'certificate of app-tls' },
          key: 'key of app-tls',
          markers: expect.arrayContaining([{ key: 'GatewayName', values: ['gw1'] }]),
        },
      },
    ]);
  });

  it('of the listener for every hostname come first', () => {
    const listeners = [https('a', 'a.x', 'a1', 'a2'), https('b', 'b.x', 'b1', 'a2'), https('all', undefined, 'all')];
    const state = translated(gateway({ listeners }));
    expect(order(state)).toEqual(['key of all', 'key of a1', 'key of a2', 'key of b1']);
    const shared = ofType(state, 'sslkeyandcertificate').find(({ body }) => body.key === 'key of a2');
    expect(shared!.origin.listeners).toEqual(['a', 'b']);
  });

  it('of listeners that do not serve stay away', () => {
    const lost = { ...https('lost', 'l.x', 'lost'), serving: false };
    expect(order(translated(gateway({ listeners: [listener(), lost] })))).toEqual([]);
  });
});

describe('certificates that HostRules name', () => {
  it('are shown before those of listeners for hostnames, and behind those for every hostname', () => {
    const listeners = [
      listener({ name: 'a', hostname: 'a.test', tls: true, certificates: [certificate('a')] }),
      listener({ name: 'all', tls: true, certificates: [certificate('all')] }),
    ];
    const hostTls = { certificates: ['Named'], sslProfile: 'Strict' };
    const shown = parent(translated(gateway({ listeners, routes: [], hostTls })));
    expect(shown.ssl_key_and_certificate_refs).toEqual([
      expect.stringMatching(/=ako-gw-cluster1--/),
      '/api/sslkeyandcertificate/?name=Named',
      expect.stringMatching(/=ako-gw-cluster1--/),
    ]);
    expect(shown.ssl_profile_ref).toBe('/api/sslprofile?name=Strict');
    const own = parent(translated(gateway({ listeners, routes: [], hostTls, settings: { sslProfile: 'First' } })));
    expect(own.ssl_profile_ref).toBe('/api/sslprofile?name=First');
  });
});
