/** The routing's results for every kind, put to the translation: what one says, the other expresses. */
import { beforeAll, expect, it } from '@jest/globals';
import type { RoutedGateway } from '../../src/routing/result/routed-gateway.ts';
import type { DesiredState } from '../../src/translate/desired.ts';
import { nameClaims, resolveNames } from '../../src/translate/naming/name-table.ts';
import { translateGateway } from '../../src/translate/translate-gateway.ts';
import { pairSecret, selfSigned } from '../routing/pki.ts';
import { app, gateway, httpRoute, listener, routed, service, settings as routing } from '../routing/world.ts';
import { settings } from './support/settings.ts';

const metadata = (name: string) => ({
  name,
  namespace: 'default',
  generation: 1,
  creationTimestamp: '2026-01-02T00:00:00Z',
});
const caRef = { group: '', kind: 'ConfigMap', name: 'ca' };
const tls = { certificateRefs: [{ name: 'cert' }] };
const rules = [{ backendRefs: [{ name: 'app', port: 8080 }] }];
const spec = { parentRefs: [{ name: 'gw' }], rules };

let result: RoutedGateway;
let desired: DesiredState;

beforeAll(async () => {
  const pair = await selfSigned(['a.example']);
  result = routed(
    {
      ...app,
      gateways: [
        gateway({
          allowedListeners: { namespaces: { from: 'Same' } },
          tls: {
            backend: { clientCertificateRef: { name: 'cert' } },
            frontend: { default: { validation: { caCertificateRefs: [caRef] } } },
          },
          listeners: [
            listener({ hostname: '*.example' }),
            listener({ name: 'https', port: 443, protocol: 'HTTPS', tls }),
            listener({ name: 'tcp', port: 9000, protocol: 'TCP' }),
            listener({ name: 'udp', port: 9000, protocol: 'UDP' }),
            listener({ name: 'passthrough', port: 8443, protocol: 'TLS', tls: { mode: 'Passthrough' } }),
            listener({ name: 'terminate', port: 8444, protocol: 'TLS', tls: { mode: 'Terminate', ...tls } }),
          ],
        }),
      ],
      services: [
        service({
          ports: [
            { port: 8080, protocol: 'TCP' },
            { port: 8080, protocol: 'UDP' },
          ],
        }),
      ],
      secrets: [pairSecret('cert', pair)],
      configMaps: [{ metadata: { name: 'ca', namespace: 'default' }, data: { 'ca.crt': pair.certificate } }],
      policies: [
        {
          metadata: metadata('policy'),
          spec: {
            targetRefs: [{ group: '', kind: 'Service', name: 'app' }],
            validation: { hostname: 'app.example', caCertificateRefs: [caRef] },
          },
        },
      ],
      listenerSets: [
        {
          metadata: metadata('set'),
          spec: {
            parentRef: { name: 'gw' },
            listeners: [listener({ port: 8080, hostname: 's.example' })],
          },
        },
      ],
      routes: [
        httpRoute({ hostnames: ['h.example'] }),
        httpRoute({ parentRefs: [{ kind: 'ListenerSet', name: 'set' }] }, { name: 'of-set' }),
      ],
      grpcRoutes: [
        {
          metadata: metadata('grpc'),
          spec: {
            ...spec,
            hostnames: ['g.example'],
            rules: [{ ...rules[0], matches: [{ method: { service: 'a.B', method: 'C' } }] }],
          },
        },
      ],
      tcpRoutes: [{ metadata: metadata('tcp'), spec }],
      udpRoutes: [{ metadata: metadata('udp'), spec }],
      tlsRoutes: [{ metadata: metadata('tls'), spec: { ...spec, hostnames: ['t.example'] } }],
    },
    routing,
  );
  desired = translateGateway(result, settings, resolveNames(nameClaims(result, settings)), undefined);
});

it('every listener serves and every route is attached', () => {
  expect(result.listeners.filter(({ serving }) => !serving)).toEqual([]);
  expect(result.parents.filter(({ attached }) => !attached)).toEqual([]);
});

it('every listener has a service on a virtual service', () => {
  expect(desired.problems ?? []).toEqual([]);
  const services = desired.objects
    .filter(({ type }) => type === 'virtualservice')
    .flatMap(({ body }) => (body.services ?? []) as readonly { readonly port: number }[]);
  const ports = new Set(services.map(({ port }) => port));
  expect(result.listeners.filter(({ port }) => !ports.has(port))).toEqual([]);
});

it('every route has a pool, and secured ones have TLS with their authorities', () => {
  const pools = desired.objects.filter(({ type }) => type === 'pool');
  const routes = new Set(pools.map(({ origin }) => `${origin.routeKind ?? 'HTTPRoute'}/${origin.route ?? ''}`));
  const wanted = result.parents.map(({ kind, routeKey }) => `${kind}/${routeKey}`);
  expect(wanted.filter((route) => !routes.has(route))).toEqual([]);
  const secured = pools.filter(({ origin }) => ['HTTPRoute', 'GRPCRoute'].includes(origin.routeKind ?? 'HTTPRoute'));
  expect(secured.filter(({ body }) => body.pki_profile_ref === undefined)).toEqual([]);
});
