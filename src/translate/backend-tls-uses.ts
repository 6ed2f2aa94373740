/** Which TLS settings and certificates a Gateway's backends ask for. */
import type { BackendTls, Certificate, RoutedGateway } from '../routing/result.ts';
import { pooledBackends } from './rule-backends.ts';

/** TLS of every backend that has a pool, of each BackendTLSPolicy once. */
export function backendTlsUses(routed: RoutedGateway): readonly BackendTls[] {
  const backends = routed.routes.flatMap((route) => route.rules.flatMap(pooledBackends));
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
