/** SSLKeyAndCertificate for each Secret that a Gateway's serving listeners and its backends use. */
import { listenerId, type Certificate, type RoutedListener } from '../../routing/result/routed-listener.ts';
import { clientCertificates, secretOf } from '../pools/backend-tls-uses.ts';
import type { AviObject } from '../desired.ts';
import { markers } from '../naming/markers.ts';
import { createdBy } from '../naming/names.ts';
import { ref } from '../naming/refs.ts';
import { aviObject, type TranslateContext } from '../translate-context.ts';

/** One for each Secret: of the listeners, and of what is shown to servers. */
export function certificateObjects(context: TranslateContext): readonly AviObject[] {
  const { routed } = context;
  const used = distinctCertificates(routed.listeners.filter(({ serving }) => serving));
  const secrets = new Set(used.map(({ certificate }) => secretOf(certificate)));
  const others = clientCertificates(routed).filter((certificate) => !secrets.has(secretOf(certificate)));
  return [
    ...used.map(({ certificate, listeners }) => certificateObject(context, certificate, { listeners })),
    ...others.map((certificate) => certificateObject(context, certificate, {})),
  ];
}

/**
 * Names of the certificates of listeners that serve on one virtual service, the default first. Avi chooses by SNI and
 * falls back to the first: that is the one of a listener for every hostname, if there is one, else the first listener's;
 * the others in the listeners' order.
 */
export function certificateNames(context: TranslateContext, listeners: readonly RoutedListener[]): readonly string[] {
  return distinctCertificates(listeners).map(({ certificate }) => context.certificateName(certificate));
}

/**
 * The same of HTTPS listeners, with those that HostRules name for hosts: before the listeners' own for hostnames, since a
 * HostRule's goes first (AKO), and behind those of listeners for every hostname, which are the fallback.
 */
export function parentCertificateNames(
  context: TranslateContext,
  listeners: readonly RoutedListener[],
): readonly string[] {
  const named = context.routed.hostTls?.certificates ?? [];
  const general = listeners.filter(({ hostname }) => hostname === undefined);
  return [...new Set([...certificateNames(context, general), ...named, ...certificateNames(context, listeners)])];
}

function certificateObject(
  context: TranslateContext,
  certificate: Certificate,
  origin: Pick<AviObject['origin'], 'listeners'>,
): AviObject {
  const { settings, gateway, routed } = context;
  const body = {
    name: context.certificateName(certificate),
    created_by: createdBy(settings.clusterName),
    tenant_ref: ref('tenant', routed.tenant),
    type: 'SSL_CERTIFICATE_TYPE_VIRTUALSERVICE',
    certificate: { certificate: certificate.certificate },
    key: certificate.key,
    markers: markers({ clusterName: settings.clusterName, gateway }),
  };
  return aviObject(context, 'sslkeyandcertificate', body, origin);
}

interface UsedCertificate {
  readonly certificate: Certificate;
  readonly listeners: string[];
}

function distinctCertificates(listeners: readonly RoutedListener[]): readonly UsedCertificate[] {
  const ordered = [
    ...listeners.filter((listener) => listener.hostname === undefined),
    ...listeners.filter((listener) => listener.hostname !== undefined),
  ];
  const bySecret = new Map<string, UsedCertificate>();
  for (const listener of ordered) {
    const id = listenerId(listener);
    for (const certificate of listener.tls || listener.protocol === 'TLS' ? listener.certificates : []) {
      const known = bySecret.get(secretOf(certificate));
      if (!known) bySecret.set(secretOf(certificate), { certificate, listeners: [id] });
      else if (!known.listeners.includes(id)) known.listeners.push(id);
    }
  }
  return [...bySecret.values()];
}
