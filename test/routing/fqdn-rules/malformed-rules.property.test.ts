/** Whatever HostRules, HTTPRules, SSORules and L4Rules hold, reading them never throws: AKO's own CRDs let more through than ours. */
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Extensions } from '../../../src/routing/extensions/extension-kinds.ts';
import { judgeSettings } from '../../../src/routing/extensions/extension-settings.ts';
import { buildRegistry } from '../../../src/routing/listeners/claims.ts';
import { routeGateway } from '../../../src/routing/routes/route-gateway.ts';
import { app, avi, settings, gateway, httpRoute, listener, snapshotOf } from '../world.ts';

const anything = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constant(undefined));
const orAnything = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary }, { weight: 1, arbitrary: anything });
const some = (fields: readonly string[]) =>
  fc.record(Object.fromEntries(fields.map((field) => [field, anything] as const)), { requiredKeys: [] });
const fqdn = fc.constantFrom('a.com', '', '*');

const hostFields = [
  'aliases',
  'httpPolicy',
  'analyticsPolicy',
  'icapProfile',
  'datascripts',
  'l7Rule',
  'tls',
  'gslb',
  'wafPolicy',
  'networkSecurityPolicy',
  'useRegex',
  'applicationRootPath',
];
const tcpSettings = fc.record({
  listeners: orAnything(fc.array(orAnything(some(['port', 'enableSSL'])), { maxLength: 2 })),
  loadBalancerIP: anything,
});
const hostRule = orAnything(
  fc.record({
    virtualhost: orAnything(
      fc
        .tuple(
          fc.record({
            tcpSettings: orAnything(tcpSettings),
            fqdn: orAnything(fqdn),
            fqdnType: orAnything(fc.constantFrom('Exact', 'Contains', 'Wildcard')),
          }),
          some(hostFields),
        )
        .map(([named, other]) => ({ ...named, ...other })),
    ),
  }),
);
const pathFields = ['target', 'healthMonitors', 'applicationPersistence', 'enableHTTP2', 'loadBalancerPolicy', 'tls'];
const httpRule = orAnything(
  fc.record({ fqdn: orAnything(fqdn), paths: orAnything(fc.array(orAnything(some(pathFields)), { maxLength: 2 })) }),
);
const oauth = fc.record({
  oauthSettings: orAnything(
    fc.array(orAnything(some(['authProfileRef', 'appSettings', 'resourceServer'])), { maxLength: 2 }),
  ),
});
const ssoRule = orAnything(
  fc.record({
    fqdn: orAnything(fqdn),
    ssoPolicyRef: anything,
    oauthVsConfig: orAnything(oauth),
    samlSpConfig: anything,
  }),
);
const portFields = [
  'port',
  'protocol',
  'healthMonitorRefs',
  'healthMonitorCrdRefs',
  'lbAlgorithm',
  'sslProfileRef',
  'analyticsPolicy',
];
const l4Fields = [
  'analyticsPolicy',
  'performanceLimits',
  'vsDatascriptRefs',
  'listenerProperties',
  'sslKeyAndCertificateRefs',
  'networkProfileRef',
];
const l4Rule = orAnything(
  fc
    .tuple(
      some(l4Fields),
      fc.record({ backendProperties: orAnything(fc.array(orAnything(some(portFields)), { maxLength: 2 })) }),
    )
    .map(([service, backends]) => ({ ...service, ...backends })),
);

it('never throws', () => {
  const metadata = { name: 'rule', namespace: 'default' };
  fc.assert(
    fc.property(hostRule, httpRule, ssoRule, l4Rule, (host, http, sso, l4) => {
      const one = (spec: unknown) => new Map([['default/rule', { metadata, spec }]]);
      const extensions = { HostRule: one(host), HTTPRule: one(http), SSORule: one(sso), L4Rule: one(l4) };
      const listeners = [listener(), listener({ name: 'tcp', port: 5000, protocol: 'TCP' })];
      const annotations = { 'ako.vmware.com/l4rule': 'rule' };
      const snapshot = snapshotOf({
        classes: [avi],
        gateways: [gateway({ listeners }), gateway({ listeners: [listener({ hostname: 'a.com' })] }, { name: 'one' })],
        routes: [httpRoute({ hostnames: ['a.com'] })],
        tcpRoutes: [
          {
            metadata: { name: 'tcp', namespace: 'default', annotations },
            spec: { parentRefs: [{ name: 'gw' }], rules: [{ backendRefs: [{ name: 'app', port: 8080 }] }] },
          },
        ],
        ...app,
        extensions: extensions as unknown as Partial<Extensions>,
      });
      const registry = buildRegistry(snapshot, settings);
      expect(routeGateway(snapshot, 'default/gw', settings, registry)?.routes.length).toBeGreaterThan(0);
      expect(routeGateway(snapshot, 'default/one', settings, registry)?.listeners).toHaveLength(1);
      for (const kind of ['HostRule', 'HTTPRule', 'SSORule', 'L4Rule'] as const) {
        judgeSettings(kind, 'default/rule', snapshot, new Set(), settings);
      }
    }),
    { seed: 3, numRuns: 500 },
  );
});
