/** Which TLS settings and certificates a Gateway's backends ask for. */
import type { BackendTls, Certificate, RoutedGateway } from '../routing/result.ts';
import { backendsWithTraffic, pooledBackends } from './rule-backends.ts';

/** TLS of every backend that has a pool, of each BackendTLSPolicy once. */
export function backendTlsUses(routed: RoutedGateway): readonly BackendTls[] {
  const http = routed.routes.flatMap((route) => route.rules.flatMap(pooledBackends));
  const l4 = routed.l4
    .filter(({ mode }) => mode !== 'Passthrough')
    .flatMap(({ routes }) => routes.flatMap((route) => backendsWithTraffic(route.backends)));
  const backends = [...http, ...l4];
  return [...new Map(backends.flatMap(({ tls }) => (tls ? [[tls.policy, tls] as const] : []))).values()];
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
