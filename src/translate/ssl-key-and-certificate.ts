/** SSLKeyAndCertificate for each Secret that a Gateway's serving listeners use. */
import type { Certificate, RoutedListener } from '../routing/result.ts';
import type { AviObject } from './desired.ts';
import { markers } from './markers.ts';
import { certificateClaim, nameOf, type NameTable } from './name-table.ts';
import { createdBy } from './names.ts';
import { ref } from './refs.ts';
import { aviObject, type TranslateContext } from './translate-context.ts';

/**
 * Certificates, the default first. Avi chooses by SNI and falls back to the first: that is the one of a listener for
 * every hostname, if there is one, else the first listener's; the others in the listeners' order.
 */
export function certificateObjects(context: TranslateContext, names: NameTable): readonly AviObject[] {
  return distinctCertificates(context.routed.listeners).map(({ certificate, listeners }) => {
    const { secretNamespace: namespace, secretName: name } = certificate;
    return certificateObject(
      context,
      nameOf(names, certificateClaim(context.routed, context.settings, { namespace, name })),
      certificate,
      listeners,
    );
  });
}

function certificateObject(
  context: TranslateContext,
  name: string,
  certificate: Certificate,
  listeners: readonly string[],
): AviObject {
  const { settings, gateway, routed } = context;
  const body = {
    name,
    created_by: createdBy(settings.clusterName),
    tenant_ref: ref('tenant', routed.tenant),
    type: 'SSL_CERTIFICATE_TYPE_VIRTUALSERVICE',
    certificate: { certificate: certificate.certificate },
    key: certificate.key,
    markers: markers({ clusterName: settings.clusterName, gateway }),
  };
  return aviObject(context, 'sslkeyandcertificate', body, { listeners });
}

interface UsedCertificate {
  readonly certificate: Certificate;
  readonly listeners: string[];
}

function distinctCertificates(listeners: readonly RoutedListener[]): readonly UsedCertificate[] {
  const serving = listeners.filter((listener) => listener.serving && listener.tls);
  const ordered = [
    ...serving.filter((listener) => listener.hostname === undefined),
    ...serving.filter((listener) => listener.hostname !== undefined),
  ];
  const bySecret = new Map<string, UsedCertificate>();
  for (const { name, certificates } of ordered) {
    for (const certificate of certificates) {
      const secret = `${certificate.secretNamespace}/${certificate.secretName}`;
      const known = bySecret.get(secret);
      if (!known) bySecret.set(secret, { certificate, listeners: [name] });
      else if (!known.listeners.includes(name)) known.listeners.push(name);
    }
  }
  return [...bySecret.values()];
}
