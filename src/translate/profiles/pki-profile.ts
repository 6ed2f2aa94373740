/** PKIProfile: the certificate authorities that vouch for a peer. */
import { rootCertificates } from 'node:tls';
import type { BackendTls } from '../../routing/result/routed-backend.ts';
import { backendTlsUses } from '../pools/backend-tls-uses.ts';
import type { AviObject } from '../desired.ts';
import { markers } from '../naming/markers.ts';
import { backendPkiName, createdBy } from '../naming/names.ts';
import { ref } from '../naming/refs.ts';
import { aviObject, type TranslateContext } from '../translate-context.ts';

/** One for each BackendTLSPolicy in use, and one for all that trust the system's authorities. */
export function backendPkiProfiles(context: TranslateContext): readonly AviObject[] {
  const byName = new Map(backendTlsUses(context.routed).map((tls) => [backendPki(context, tls), tls]));
  return [...byName].map(([name, tls]) =>
    pkiProfile(context, name, tls.system ? rootCertificates : tls.caCertificates),
  );
}

/** Name of the profile that judges the backend's servers. */
export function backendPki({ settings, gateway }: TranslateContext, { policy, system }: BackendTls): string {
  return backendPkiName(settings.clusterName, gateway, system ? undefined : policy);
}

/** `authorities`: PEM, one certificate each. Avi's default would refuse every peer without revocation lists. */
export function pkiProfile(context: TranslateContext, name: string, authorities: readonly string[]): AviObject {
  const { settings, gateway, routed } = context;
  const body = {
    name,
    created_by: createdBy(settings.clusterName),
    tenant_ref: ref('tenant', routed.tenant),
    ca_certs: authorities.map((certificate) => ({ certificate })),
    crl_check: false,
    markers: markers({ clusterName: settings.clusterName, gateway }),
  };
  return aviObject(context, 'pkiprofile', body);
}
