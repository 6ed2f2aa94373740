/** Our own policies, as a real API server takes them: what the documentation shows passes, what is malformed does not. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { extensionFolder } from '../../../crds/generate/extensions.ts';
import { startControlPlane, type ControlPlane } from '../tools/control-plane.ts';

jest.setTimeout(60_000);

const minutes = 60_000;
let cluster: ControlPlane;

const object = (kind: string, name: string, spec: object) => ({
  apiVersion: 'avi.gateway-operator.io/v1alpha1',
  kind,
  metadata: { name, namespace: 'default' },
  spec,
});
const apply = (resource: object) => cluster.kubectl(['apply', '-f', '-'], JSON.stringify(resource));

beforeAll(async () => {
  cluster = await startControlPlane();
  await cluster.kubectl(['apply', '--server-side', '-k', extensionFolder]);
  const selected = ['crd', '-l', 'app.kubernetes.io/part-of=avi-gateway-operator'];
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=60s', ...selected]);
}, 10 * minutes);
afterAll(() => cluster.stop());

const group = 'gateway.networking.k8s.io';
const service = { group: '', kind: 'Service', name: 'web', sectionName: 'http' };
const route = { group, kind: 'HTTPRoute', name: 'web', sectionName: 'one' };
const gateway = { group, kind: 'Gateway', name: 'gw', sectionName: 'http' };
const backend = (spec: object, targetRefs: readonly object[] = [service]) => [
  'AviBackendPolicy',
  { targetRefs, ...spec },
];
const frontend = (spec: object, targetRefs: readonly object[] = [route]) => [
  'AviFrontendPolicy',
  { targetRefs, ...spec },
];

const good = [
  backend(
    {
      healthMonitors: [
        { kind: 'HealthMonitor', name: 'healthz' },
        { kind: 'AviRef', name: 'System-HTTP' },
      ],
      loadBalancing: { algorithm: 'ConsistentHash', hashOn: 'Header', header: 'X-User' },
      persistence: { type: 'Cookie', name: 'sticky', timeoutMinutes: 60 },
      tls: { pkiProfile: { kind: 'PKIProfile', name: 'authorities' }, hostCheckEnabled: true, domainNames: ['a.test'] },
      maxConnectionRate: { count: 10 },
    },
    [service, route, { group, kind: 'UDPRoute', name: 'dns' }],
  ),
  backend({ persistence: { type: 'Profile', profile: 'System-Persistence-TLS' } }),
  backend({ persistence: { type: 'SourceAddress', prefixLength: 24 } }),
  frontend({
    wafPolicy: 'System-WAF-Policy',
    access: { allow: ['10.0.0.0/8', '2001:db8::/32'], deny: ['10.0.0.1'] },
    rateLimit: { requests: 100, periodSeconds: 10 },
    hsts: {},
    forwardedFor: { mode: 'Append' },
    compression: true,
    maxRequestBodyKilobytes: 1024,
    analyticsPolicy: { fullClientLogs: {} },
  }),
  frontend({ networkSecurityPolicy: 'networks', sslProfile: 'strong' }, [gateway]),
  frontend({ applicationProfile: { kind: 'ApplicationProfile', name: 'own' }, dataScripts: ['a'] }),
  frontend({ minTLSVersion: 'SSL_VERSION_TLS1_3', ciphers: ['TLS_AES_128_GCM_SHA256'] }, [gateway]),
] as const;

const bad = [
  [backend({}), /say at least one setting/],
  [backend({ rampMinutes: 1 }, []), /at least 1/],
  [backend({ rampMinutes: 1 }, [{ ...service, group }]), /a Service has the group ""/],
  [backend({ rampMinutes: 1 }, [gateway]), /supported values/],
  [backend({ rampMinutes: 301 }), /less than or equal to 300/],
  [backend({ loadBalancing: { algorithm: 'RoundRobin', hashOn: 'URI' } }), /hashOn belongs to algorithm/],
  [backend({ loadBalancing: { algorithm: 'ConsistentHash', hashOn: 'Header' } }), /header belongs to hashOn Header/],
  [backend({ persistence: { type: 'Cookie' } }), /name belongs to types Cookie/],
  [backend({ persistence: { type: 'TLS', profile: 'a' } }), /profile belongs to type Profile/],
  [backend({ persistence: { type: 'SourceAddress', timeoutMinutes: 721 } }), /is at most 720/],
  [backend({ tls: { domainNames: ['a'] } }), /domainNames needs hostCheckEnabled/],
  [backend({ tls: { hostCheckEnabled: true } }), /hostCheckEnabled needs pkiProfile/],
  [frontend({}), /say at least one setting/],
  [frontend({ wafPolicy: 'a' }, [service]), /supported values/],
  [frontend({ sslProfile: 'a' }), /are of listeners; target a Gateway/],
  [frontend({ applicationProfile: { kind: 'AviRef', name: 'a' }, hsts: {} }), /are fields of an application profile/],
  [frontend({ sslProfile: 'a', minTLSVersion: 'SSL_VERSION_TLS1_2' }, [gateway]), /are fields of an SSL profile/],
  [frontend({ ciphers: ['TLS_AES_128_GCM_SHA256'] }), /are of listeners; target a Gateway/],
  [frontend({ minTLSVersion: '1.2' }, [gateway]), /supported values/],
  [frontend({ ciphers: ['RC4'] }, [gateway]), /supported values/],
  [frontend({ access: {} }), /give allow, deny or both/],
  [frontend({ access: { deny: ['everybody'] } }), /should match/],
  [frontend({ forwardedFor: { mode: 'Off', header: 'X' } }), /mode Off has no header/],
  [frontend({ rateLimit: { requests: 0 } }), /greater than or equal to 1/],
] as const;

describe('the CRDs of our own policies', () => {
  it('take what the documentation shows, with its defaults', async () => {
    for (const [place, [kind, spec]] of good.entries())
      await apply(object(kind as string, `good-${place}`, spec as object));
    const read = await cluster.kubectl(['get', 'afp', 'good-3', '-o', 'json']);
    expect((JSON.parse(read) as { readonly spec: unknown }).spec).toMatchObject({
      rateLimit: { perClient: true, perPath: false },
      hsts: { maxAgeDays: 365, includeSubdomains: true },
      analyticsPolicy: {
        logAllHeaders: false,
        fullClientLogs: { enabled: true, logsPerSecond: 10, durationMinutes: 30 },
      },
    });
  });

  it('refuse what is malformed, and say why', async () => {
    for (const [[kind, spec], message] of bad)
      await expect(apply(object(kind as string, 'bad', spec as object))).rejects.toThrow(message);
  });
});
