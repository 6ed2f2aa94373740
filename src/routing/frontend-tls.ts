/** Client certificates: what listeners ask of clients, and what the Gateway shows to backends (gateway_types.go, GatewayTLSConfig). */
import type { Gateway } from '../../generated/gateway-api.ts';
import { resolveAuthorities } from './authorities.ts';
import { fails, fitMessage } from './conditions.ts';
import type { GrantIndex } from './grants.ts';
import type { FrontendValidation } from './listener-spec.ts';
import { resolveCertificate } from './listener-tls.ts';
import type { Certificate, ClientValidation, ConditionDraft } from './result.ts';
import type { Snapshot } from './snapshot.ts';

/** A validation, or the conditions that say why the listener is not served; some references may fail beside valid ones. */
export interface ResolvedValidation {
  readonly validation?: ClientValidation;
  /** Accepted, where there is no valid authority. */
  readonly accepted?: ConditionDraft;
  /** ResolvedRefs, where a reference failed. */
  readonly resolvedRefs?: ConditionDraft;
}

/** What references of a Gateway are resolved with. */
export interface GatewaySources {
  readonly objects: Pick<Snapshot, 'configMaps' | 'secrets'>;
  readonly grants: GrantIndex;
  readonly namespace: string;
}

export function resolveValidation(
  { validation, path }: FrontendValidation,
  { objects, grants, namespace }: GatewaySources,
): ResolvedValidation {
  const { certificates, failures } = resolveAuthorities(validation.caCertificateRefs, `${path}.caCertificateRefs`, {
    objects,
    grants,
    from: { kind: 'Gateway', namespace },
  });
  const [first] = failures;
  const message = fitMessage(failures.map((failure) => failure.message).join('; '));
  const reason = first?.reason === 'InvalidKind' ? 'InvalidCACertificateKind' : first?.reason;
  const resolvedRefs = reason && fails('ResolvedRefs', reason, message);
  if (certificates.length === 0) {
    const text = `${path}: no reference leads to a certificate authority`;
    return { accepted: fails('Accepted', 'NoValidCACertificate', text), ...(resolvedRefs && { resolvedRefs }) };
  }
  const mode = validation.mode ?? 'AllowValidOnly';
  return { validation: { caCertificates: certificates, mode }, ...(resolvedRefs && { resolvedRefs }) };
}

/** The Gateway's certificate towards backends, or ResolvedRefs with what is wrong; neither where none is asked for. */
export function resolveClientCertificate(
  gateway: Gateway,
  { objects, grants, namespace }: GatewaySources,
): { readonly certificate?: Certificate; readonly failure?: ConditionDraft } {
  const ref = gateway.spec?.tls?.backend?.clientCertificateRef;
  if (ref == null) return {};
  const sources = { secrets: objects.secrets, grants };
  const owner = { kind: 'Gateway', namespace } as const;
  const resolved = resolveCertificate(ref, 'spec.tls.backend.clientCertificateRef', owner, sources);
  if ('certificate' in resolved) return resolved;
  const { reason, message } = resolved.failure;
  const own = reason === 'RefNotPermitted' ? reason : 'InvalidClientCertificateRef';
  return { failure: fails('ResolvedRefs', own, message) };
}
