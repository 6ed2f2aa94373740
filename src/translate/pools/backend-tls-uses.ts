/** Which TLS settings and certificates a Gateway's backends ask for. */
import type { BackendTls } from '../../routing/result/routed-backend.ts';
import type { Certificate } from '../../routing/result/routed-listener.ts';
import type { RoutedGateway } from '../../routing/result/routed-gateway.ts';
import type { RoutedRule } from '../../routing/result/routed-rule.ts';
import { backendsWithTraffic, pooledBackends } from '../policies/rule-backends.ts';

/** Asked for several objects of a Gateway; it never changes. */
const uses = new WeakMap<RoutedGateway, readonly BackendTls[]>();

/** TLS of every backend that has a pool, of each BackendTLSPolicy once. */
export function backendTlsUses(routed: RoutedGateway): readonly BackendTls[] {
  const known = uses.get(routed) ?? findUses(routed);
  uses.set(routed, known);
  return known;
}

function findUses(routed: RoutedGateway): readonly BackendTls[] {
  const rules = routed.routes.flatMap((route) => route.rules.filter(mayUseTls));
  const http = rules.flatMap(pooledBackends);
  const l4 = routed.l4
    .filter(({ mode }) => mode !== 'Passthrough')
    .flatMap(({ routes }) => routes.flatMap((route) => backendsWithTraffic(route.backends)));
  const backends = [...http, ...l4];
  return [...new Map(backends.flatMap(({ tls }) => (tls ? [[tls.policy, tls] as const] : []))).values()];
}

/** Most rules use none, and are not looked at closely. */
function mayUseTls({ backends, mirrors }: RoutedRule): boolean {
  return mirrors !== undefined || backends.some(({ tls }) => tls !== undefined);
}

/** What is shown to servers that ask for a certificate, each once. */
export function clientCertificates(routed: RoutedGateway): readonly Certificate[] {
  const certificates = backendTlsUses(routed).flatMap(({ clientCertificate }) => clientCertificate ?? []);
  const bySecret = certificates.map((certificate) => [secretOf(certificate), certificate] as const);
  return [...new Map(bySecret).values()];
}

/** `namespace/name` of the certificate's Secret. */
export function secretOf({ secretNamespace, secretName }: Certificate): string {
  return `${secretNamespace}/${secretName}`;
}
