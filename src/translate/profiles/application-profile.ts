/** ApplicationProfile and PKIProfile for ports whose clients show certificates (Gateway.spec.tls.frontend). */
import type { ClientValidation, RoutedListener } from '../../routing/result.ts';
import type { AviObject } from '../desired.ts';
import { httpListeners } from '../virtual-services/http-listeners.ts';
import { markers } from '../naming/markers.ts';
import { clientValidationName, createdBy } from '../naming/names.ts';
import { pkiProfile } from './pki-profile.ts';
import { ref } from '../naming/refs.ts';
import { aviObject, type TranslateContext } from '../translate-context.ts';

/** One pair for each validation that differs. */
export function clientValidationObjects(context: TranslateContext): readonly AviObject[] {
  const validations = validationsOf(httpListeners(context.routed));
  const byName = new Map(validations.map((validation) => [clientProfileName(context, validation), validation]));
  return [...byName].flatMap(([name, validation]) => [
    pkiProfile(context, name, validation.caCertificates),
    applicationProfile(context, name, validation),
  ]);
}

/** Name of the profiles by which a listener's clients are judged. */
export function clientProfileName({ settings, gateway }: TranslateContext, validation: ClientValidation): string {
  const { mode, caCertificates } = validation;
  return clientValidationName(settings.clusterName, gateway, JSON.stringify([mode, caCertificates]));
}

/**
 * Whether the virtual service lets invalid certificates in, which Avi decides for all its ports: only where no port
 * asks for valid ones.
 */
export function allowsInvalidClients(listeners: readonly RoutedListener[]): boolean {
  const validations = validationsOf(listeners);
  return validations.length > 0 && validations.every(({ mode }) => mode === 'AllowInsecureFallback');
}

function validationsOf(listeners: readonly RoutedListener[]): readonly ClientValidation[] {
  return listeners.flatMap(({ clientValidation }) => clientValidation ?? []);
}

/** System-HTTP, but for the client's certificate. */
function applicationProfile(context: TranslateContext, name: string, { mode }: ClientValidation): AviObject {
  const { settings, gateway, routed } = context;
  const required = mode === 'AllowValidOnly';
  const body = {
    name,
    created_by: createdBy(settings.clusterName),
    tenant_ref: ref('tenant', routed.tenant),
    type: 'APPLICATION_PROFILE_TYPE_HTTP',
    http_profile: {
      ssl_client_certificate_mode: `SSL_CLIENT_CERTIFICATE_${required ? 'REQUIRE' : 'REQUEST'}`,
      pki_profile_ref: ref('pkiprofile', name),
    },
    markers: markers({ clusterName: settings.clusterName, gateway }),
  };
  return aviObject(context, 'applicationprofile', body);
}
