/** ApplicationProfile and PKIProfile for ports whose clients show certificates (Gateway.spec.tls.frontend). */
import type { VirtualServiceSettings } from '../../routing/extensions/avi-settings.ts';
import type { ClientValidation, RoutedListener } from '../../routing/result/routed-listener.ts';
import type { Problem } from '../../routing/result/findings.ts';
import type { AviObject, JsonObject } from '../desired.ts';
import { httpListeners } from '../virtual-services/http-listeners.ts';
import { markers } from '../naming/markers.ts';
import { clientValidationName, createdBy } from '../naming/names.ts';
import { httpProfileOfExtension } from './extension-object.ts';
import { pkiProfile } from './pki-profile.ts';
import { ref } from '../naming/refs.ts';
import { httpProfile } from './settings-objects.ts';
import { aviObject, type TranslateContext } from '../translate-context.ts';

/**
 * One pair for each validation that differs.
 *
 * @param own settings of the parent virtual service, whose application profile they take the place of
 */
export function clientValidationObjects(context: TranslateContext, own?: VirtualServiceSettings): readonly AviObject[] {
  const validations = validationsOf(httpListeners(context.routed));
  const byName = new Map(validations.map((validation) => [clientProfileName(context, validation), validation]));
  return [...byName].flatMap(([name, validation]) => [
    pkiProfile(context, name, validation.caCertificates),
    applicationProfile(context, name, validation, own),
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

/** Ports on which a profile of the controller cannot hold, since its fields are not known here. */
export function clientProfileProblems({ routed }: TranslateContext, own?: VirtualServiceSettings): readonly Problem[] {
  const profile = own?.applicationProfile;
  if (!profile || !('avi' in profile)) return [];
  const ports = new Set(
    httpListeners(routed).flatMap(({ port, clientValidation }) => (clientValidation ? [port] : [])),
  );
  return [...ports].map((port) => ({
    resource: `Gateway/${routed.key}`,
    field: 'spec.tls.frontend',
    message: `port ${port} has an application profile of its own for client certificates, so that profile ${profile.avi.name} of the controller does not hold there; use an ApplicationProfile or the fields of an AviFrontendPolicy, which do`,
  }));
}

/** System-HTTP, but for the client's certificate and what is said of the Gateway's own profile. */
function applicationProfile(
  context: TranslateContext,
  name: string,
  { mode }: ClientValidation,
  own: VirtualServiceSettings | undefined,
): AviObject {
  const { settings, gateway, routed } = context;
  const required = mode === 'AllowValidOnly';
  const body = {
    name,
    created_by: createdBy(settings.clusterName),
    tenant_ref: ref('tenant', routed.tenant),
    type: 'APPLICATION_PROFILE_TYPE_HTTP',
    http_profile: {
      ...(own && ownFields(own)),
      ssl_client_certificate_mode: `SSL_CLIENT_CERTIFICATE_${required ? 'REQUIRE' : 'REQUEST'}`,
      pki_profile_ref: ref('pkiprofile', name),
    },
    markers: markers({ clusterName: settings.clusterName, gateway }),
  };
  return aviObject(context, 'applicationprofile', body);
}

function ownFields(own: VirtualServiceSettings): JsonObject {
  const { applicationProfile: named } = own;
  return named && 'object' in named ? httpProfileOfExtension(named.object) : httpProfile(own);
}
