/** The conditions that the table of support names are those that the routing sets, row by row. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { BackendTLSPolicy, HTTPRoute, ListenerSet, TLSRoute } from '../../../generated/gateway-api.ts';
import { pairSecret, selfSigned, type Pair } from '../pki.ts';
import {
  app,
  avi,
  gateway,
  httpRoute,
  listener,
  malformed,
  rule,
  service,
  type Listener,
  type Rule,
  type World,
} from '../world.ts';
import { conditionsOf, filter, grpcRoute, mirror, ofBackend, ref, rows, saying } from './examples.ts';

describe('conditions that the table names', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await selfSigned(['a.example']);
  });

  const worlds = (): Readonly<Record<string, readonly World[]>> => {
    const own = pairSecret('own', pair);
    const https = (name: string, port: number, part: Partial<Listener> = {}) =>
      listener({ name, port, protocol: 'HTTPS', tls: { certificateRefs: [{ name: 'own' }] }, ...part });
    const optioned = (options: Readonly<Record<string, string>>) =>
      https('https', 443, { tls: { certificateRefs: [{ name: 'own' }], options } });
    const certificate = (part: object): World => ({
      gateways: [
        gateway({ listeners: [https('https', 443, { tls: { certificateRefs: [{ name: 'own', ...part }] } })] }),
      ],
    });
    const of = (...listeners: readonly Listener[]): World => ({
      gateways: [gateway({ listeners: [...listeners] })],
      secrets: [own],
    });
    const frontend = (mode: 'AllowValidOnly' | 'AllowInsecureFallback', caRef: object = {}) => ({
      validation: { mode, caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: 'ca', ...caRef }] },
    });
    const configMaps = [{ metadata: { name: 'ca', namespace: 'default' }, data: { 'ca.crt': pair.certificate } }];
    const validated = (caRef: object): World => ({
      ...of(https('https', 443)),
      gateways: [
        gateway({
          listeners: [https('https', 443)],
          tls: { frontend: { default: frontend('AllowValidOnly', caRef) } },
        }),
      ],
      configMaps,
    });
    const mixed = {
      default: frontend('AllowValidOnly'),
      perPort: [{ port: 8443, tls: frontend('AllowInsecureFallback') }],
    };
    const routed = (part: Partial<NonNullable<HTTPRoute['spec']>>, world: World = {}): World => ({
      gateways: [gateway()],
      routes: [httpRoute(part)],
      ...app,
      ...world,
    });
    const backend = (part: object, world: World = {}) =>
      routed({ rules: [rule({ backendRefs: [{ name: 'app', port: 8080, ...part }] })] }, world);
    const extension = (given: Rule) => routed({ rules: [given] });
    const profile = { L7Rule: new Map([['default/gone', malformed<never>({ metadata: {}, spec: {} })]]) };
    const monitor = malformed<never>({ metadata: {}, spec: { authentication: { secret_ref: 'gone' } } });
    const set = (listeners: readonly Listener[], from: 'All' | 'None' = 'All', part: object = {}): World => {
      const metadata = { name: 'set', namespace: 'default', creationTimestamp: '2026-01-03T00:00:00Z' };
      const listenerSet: ListenerSet = { metadata, spec: { parentRef: { name: 'gw' }, listeners: [...listeners] } };
      return {
        gateways: [gateway({ allowedListeners: { namespaces: { from } }, ...part })],
        listenerSets: [listenerSet],
      };
    };
    const l4 = (kind: 'tls' | 'tcp' | 'udp', ref: object): World => {
      const protocol = kind.toUpperCase();
      const given = listener({
        name: kind,
        port: 9000,
        protocol,
        ...(kind === 'tls' && { tls: { mode: 'Passthrough' } }),
      });
      const spec = { parentRefs: [{ name: 'gw' }], rules: [{ backendRefs: [{ name: 'app', port: 8080, ...ref }] }] };
      const route = { metadata: { name: kind, namespace: 'default' }, spec: { ...spec, hostnames: ['a.example'] } };
      return { ...of(given), ...app, [`${kind}Routes`]: [route as TLSRoute] };
    };
    const otherProtocol = { services: [service({ ports: [{ port: 8080, protocol: 'UDP' }] })] };
    const backendRefs = (kind: 'tls' | 'tcp' | 'udp'): readonly World[] => [
      l4(kind, { name: 'gone' }),
      l4(kind, { namespace: 'other' }),
      { ...l4(kind, {}), ...(kind === 'udp' ? {} : otherProtocol) },
    ];
    const policy = (validation: object, name = 'old', day = 3): BackendTLSPolicy =>
      malformed({
        metadata: { name, namespace: 'default', creationTimestamp: `2026-01-0${day}T00:00:00Z` },
        spec: {
          targetRefs: [{ group: '', kind: 'Service', name: 'app' }],
          validation: { hostname: 'app.example', ...validation },
        },
      });
    const policies = (...given: readonly BackendTLSPolicy[]) => routed({}, { policies: given, configMaps });
    const system = { wellKnownCACertificates: 'System' };
    const ca = (part: object) =>
      policies(policy({ caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: 'ca', ...part }] }));
    const tls = (ref: object): World => ({
      gateways: [gateway({ tls: { backend: { clientCertificateRef: { name: 'gone', ...ref } } } })],
    });
    const parameters = { group: 'ako.vmware.com', kind: 'AviInfraSetting', name: 'gone' };
    const modes = [{ name: 'a', mode: 'Passthrough' } as const, { name: 'b', mode: 'Terminate' } as const].map(
      ({ name, mode }) =>
        listener({ name, port: 443, protocol: 'TLS', tls: { mode, certificateRefs: [{ name: 'own' }] } }),
    );
    const selector = { matchExpressions: [{ key: 'a', operator: 'Near' }] };
    return {
      classParameters: [
        { classes: [{ ...avi, spec: { controllerName: avi.spec?.controllerName ?? '', parametersRef: parameters } }] },
      ],
      gatewayStaticAddresses: [{ gateways: [gateway({ addresses: [{ value: '224.0.0.1' }] })] }],
      severalAddresses: [{ gateways: [gateway({ addresses: [{ value: '10.0.0.1' }, { value: '10.0.0.2' }] })] }],
      addressTypes: [{ gateways: [gateway({ addresses: [{ type: 'Hostname', value: 'a.example' }] })] }],
      parametersRef: [{ gateways: [gateway({ infrastructure: { parametersRef: parameters } })] }],
      backendClientCertificate: [tls({}), tls({ namespace: 'other' })],
      frontendValidation: [
        validated({ name: 'gone' }),
        validated({ kind: 'Service' }),
        validated({ namespace: 'other' }),
      ],
      frontendFallback: [
        { ...of(https('a', 443), https('b', 8443)), configMaps },
        {
          gateways: [gateway({ listeners: [https('a', 443), https('b', 8443)], tls: { frontend: mixed } })],
          secrets: [own],
          configMaps,
        },
      ],
      addressRoutability: [
        { gateways: [gateway({ addresses: malformed([{ value: '10.0.0.1', routability: 'Public' }]) })] },
      ],
      listenerProtocols: [of(listener({ protocol: 'QUIC' }))],
      protocolConflict: [
        of(listener(), listener({ name: 'tcp', protocol: 'TCP' })),
        of(listener(), listener({ name: 'udp', protocol: 'UDP' })),
      ],
      listenerIsolation: [of(listener({ hostname: '10.0.0.1' }))],
      hostnameOwnership: [
        {
          gateways: [
            gateway({ listeners: [listener({ hostname: 'a.example' })] }),
            gateway({ listeners: [listener({ hostname: 'a.example' })] }, { name: 'late', namespace: 'other' }),
          ],
        },
      ],
      tlsTerminateHttps: [of(https('a', 443, { tls: { mode: 'Passthrough' } }))],
      tlsMixed: [of(...modes)],
      certificateRefs: [certificate({ name: 'gone' }), certificate({ namespace: 'other' })],
      certificateKinds: [certificate({ kind: 'ConfigMap' })],
      tlsOptions: [
        of(optioned({ 'example.com/option': 'a' })),
        { ...of(optioned({ 'avi.gateway-operator.io/ssl-profile': 'Gone' })), missing: ['sslprofile Gone'] },
      ],
      misdirectedRequests: [of(https('a', 443, { hostname: '*.example' }), https('b', 443, { hostname: 'a.example' }))],
      allowedKinds: [
        { ...routed({}), ...of(listener({ allowedRoutes: { kinds: [{ kind: 'TCPRoute' }] } })) },
        { ...routed({}), ...of(listener({ allowedRoutes: { kinds: [{ kind: 'GRPCRoute' }] } })) },
      ],
      allowedNamespaces: [
        {
          gateways: [gateway()],
          routes: [httpRoute({ parentRefs: [{ name: 'gw', namespace: 'default' }] }, { namespace: 'other' })],
        },
        of(listener({ allowedRoutes: { namespaces: { from: 'Selector', selector } } })),
      ],
      listenerFilters: [of(malformed({ ...listener(), filters: { requests: [] } }))],
      listenerSetParent: [
        set([listener({ name: 'web', port: 81 })], 'None'),
        set([listener({ name: 'web', port: 81 })], 'All', { addresses: [{ type: 'Hostname', value: 'a.example' }] }),
      ],
      listenerSetListeners: [
        set([listener({ name: 'web' })]),
        set([listener({ name: 'web' }), listener({ name: 'other', port: 81 })]),
      ],
      parentSection: [routed({ parentRefs: [{ name: 'gw', sectionName: 'gone' }] })],
      destinationPortMatching: [routed({ parentRefs: [{ name: 'gw', port: 81 }] })],
      hostnamePrecedence: [{ ...routed({ hostnames: ['b.example'] }), ...of(listener({ hostname: 'a.example' })) }],
      backendKinds: [backend({ kind: 'ConfigMap' })],
      backendNames: [backend({ name: 'gone' }), backend({ namespace: 'other' })],
      mixedBackends: [
        routed({
          rules: [
            rule({
              backendRefs: [
                { name: 'app', port: 8080 },
                { name: 'gone', port: 80 },
              ],
            }),
          ],
        }),
      ],
      requestMirror: [
        extension(filter(mirror('gone'))),
        extension(filter(mirror('app', { namespace: 'other' }))),
        extension(filter(mirror('app', { kind: 'ConfigMap' }))),
      ],
      extensionRef: [
        extension(filter(ref('L7Rule'))),
        extension(filter(ref('HealthMonitor'))),
        { ...extension(rule({ filters: malformed([ref('L7Rule'), ref('L7Rule')]) })), extensions: profile },
      ],
      backendExtensionRef: [
        extension(ofBackend(ref('HealthMonitor'))),
        extension(ofBackend(ref('L7Rule'))),
        {
          ...extension(ofBackend(ref('HealthMonitor'))),
          extensions: { HealthMonitor: new Map([['default/gone', monitor]]) },
        },
      ],
      grpcBesideHttp: [{ ...routed({}), grpcRoutes: [grpcRoute([{}])] }],
      tlsHostnames: [
        {
          ...l4('tls', {}),
          ...of(
            listener({ name: 'tls', port: 9000, protocol: 'TLS', hostname: 'b.example', tls: { mode: 'Passthrough' } }),
          ),
        },
      ],
      tlsBackendKinds: [l4('tls', { kind: 'ConfigMap' })],
      tlsBackends: backendRefs('tls'),
      tcpBackendKinds: [l4('tcp', { kind: 'ConfigMap' })],
      tcpBackends: backendRefs('tcp'),
      udpBackendKinds: [l4('udp', { kind: 'ConfigMap' })],
      udpBackends: backendRefs('udp'),
      udpMixedBackends: backendRefs('udp'),
      grantTo: [backend({ namespace: 'other' })],
      backendTLSPolicy: [policies(policy({}))],
      policyTargets: [policies(policy(system), policy(system, 'young', 4))],
      policyAuthorities: [ca({ name: 'gone' }), ca({ kind: 'Service' })],
      wellKnownAuthorities: [policies(policy({ wellKnownCACertificates: 'Mine' }))],
      subjectAltNameUri: [policies(policy({ ...system, subjectAltNames: [{ type: 'URI', uri: 'spiffe://a' }] }))],
      serviceTypes: [backend({}, { services: [service({ type: 'ExternalName' })] })],
      appProtocols: [backend({}, { services: [service({ ports: [{ port: 8080, appProtocol: 'mine' }] })] })],
    };
  };

  const named = saying(/=(?:True|False)\//);

  it('are many', () => {
    expect(named.length).toBeGreaterThan(40);
    expect(Object.keys(worlds()).sort()).toEqual(named.sort());
  });

  it.each(named)('%s', (key) => {
    const seen = (worlds()[key] ?? [])
      .flatMap(conditionsOf)
      .map(({ type, status, reason }) => `${type}=${status}/${reason}`);
    const claimed = [...(rows.get(key)?.says ?? '').matchAll(/`([^`]+)`/g)].map(([, condition]) => condition);
    expect(claimed.filter((condition) => condition === undefined || !seen.includes(condition))).toEqual([]);
  });
});
