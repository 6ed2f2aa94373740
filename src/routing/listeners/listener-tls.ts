/** TLS of listeners: certificate references, and TLS configuration that overlaps between listeners. */
import { certificateCovers, isExpired, parseSecret } from './certificates.ts';
import { fails, holds, messages } from '../conditions.ts';
import { isPermitted, type GrantIndex } from '../grants.ts';
import { meet } from '../../values/hostnames.ts';
import type { ListenerSpec } from './listener-spec.ts';
import { list, text } from '../../values/read.ts';
import type { Certificate } from '../result/routed-listener.ts';
import type { ConditionDraft } from '../result/findings.ts';
import type { Snapshot } from '../snapshot.ts';

export interface ListenerTls {
  /** In the order of certificateRefs, the resolved ones only. */
  readonly certificates: readonly Certificate[];
  /** ResolvedRefs, as far as certificates decide it; undefined when all resolve. */
  readonly failure?: ConditionDraft;
  readonly warnings: readonly { readonly reason: string; readonly message: string }[];
}

/** What certificate references are resolved with. */
export interface TlsSources {
  readonly secrets: Snapshot['secrets'];
  readonly grants: GrantIndex;
  /** RFC 3339; absent: expiry is not looked at. */
  readonly now?: string;
}

/** Who refers: its kind decides which ReferenceGrants hold. */
export interface RefOwner {
  readonly kind: 'Gateway' | 'ListenerSet';
  readonly namespace: string;
}

type Ref = NonNullable<NonNullable<ListenerSpec['manifest']['tls']>['certificateRefs']>[number];

export function resolveTls(spec: ListenerSpec, sources: TlsSources): ListenerTls {
  const tls = spec.manifest.tls;
  const refs = list(tls?.certificateRefs);
  if (refs.length === 0 || (tls?.mode ?? 'Terminate') !== 'Terminate') {
    return {
      certificates: [],
      failure: fails('ResolvedRefs', 'InvalidCertificateRef', 'TLS mode or reference not valid'),
      warnings: [],
    };
  }
  const resolved = refs.map((ref, index) =>
    resolveCertificate(ref, `${spec.path}.tls.certificateRefs[${index}]`, ownerOf(spec), sources),
  );
  const certificates = resolved.flatMap((result) => ('certificate' in result ? [result.certificate] : []));
  const failures = resolved.flatMap((result) => ('failure' in result ? [result.failure] : []));
  const first = failures[0];
  return {
    certificates,
    ...(first && { failure: { ...first, message: failures.map((failure) => failure.message).join('; ') } }),
    warnings: warningsOf(spec, certificates, sources.now),
  };
}

/** OverlappingTLSConfig for each listener (by id) that has it: TLS on one port with hostnames that overlap. */
export function overlappingTls(specs: readonly ListenerSpec[]): ReadonlyMap<string, ConditionDraft> {
  const secure = specs.filter((spec) => (spec.protocol === 'HTTPS' || spec.protocol === 'TLS') && !spec.refusal);
  const conditions = new Map<string, ConditionDraft>();
  for (const spec of secure) {
    const others = secure.filter(
      (other) => other !== spec && other.port === spec.port && meet(other.hostname, spec.hostname) !== false,
    );
    if (others.length === 0) continue;
    const names = others.map((other) => `listener ${other.name}`).join(', ');
    const message = `The hostname overlaps with that of ${names}; a client may reuse a connection across them`;
    conditions.set(spec.id, holds('OverlappingTLSConfig', 'OverlappingHostnames', message));
  }
  return conditions;
}

/** The object that a listener is from. */
export function ownerOf({ set, namespace }: Pick<ListenerSpec, 'set' | 'namespace'>): RefOwner {
  return { kind: set === undefined ? 'Gateway' : 'ListenerSet', namespace };
}

/** A certificate with its key from a Secret, if the reference to it is permitted. */
export function resolveCertificate(
  ref: Ref,
  path: string,
  owner: RefOwner,
  sources: Pick<TlsSources, 'secrets' | 'grants'>,
): { readonly certificate: Certificate } | { readonly failure: ConditionDraft } {
  const name = text(ref.name) ?? '';
  const namespace = text(ref.namespace) ?? owner.namespace;
  if ((ref.group ?? '') !== '' || (ref.kind ?? 'Secret') !== 'Secret') {
    return invalid(`TLS mode or reference not valid: ${path} must refer to a Secret of the core group`);
  }
  const from = { group: 'gateway.networking.k8s.io', ...owner };
  if (!isPermitted(sources.grants, { from, to: { group: '', kind: 'Secret', namespace, name } })) {
    const message = `${path}: no ReferenceGrant in namespace ${namespace} allows Secret ${name} to be used`;
    return { failure: fails('ResolvedRefs', 'RefNotPermitted', message) };
  }
  const secret = sources.secrets.get(`${namespace}/${name}`);
  if (!secret) return invalid(`Secret does not exist: ${namespace}/${name}`);
  const parsed = parseSecret(secret, namespace, name);
  return 'problem' in parsed ? invalid(parsed.problem) : parsed;
}

function invalid(message: string): { readonly failure: ConditionDraft } {
  return { failure: fails('ResolvedRefs', 'InvalidCertificateRef', message) };
}

function warningsOf(spec: ListenerSpec, certificates: readonly Certificate[], now: string | undefined) {
  const warnings: { reason: string; message: string }[] = [];
  for (const certificate of certificates) {
    if (now === undefined || !isExpired(certificate, now)) continue;
    const where = `${certificate.secretNamespace}/${certificate.secretName}`;
    const message = `Listener ${spec.name}: the certificate in Secret ${where} expired at ${certificate.notAfter}; it is still served`;
    warnings.push({ reason: 'CertificateExpired', message });
  }
  const { hostname } = spec;
  const uncovered =
    hostname !== undefined &&
    certificates.length > 0 &&
    !certificates.some((certificate) => certificateCovers(certificate.dnsNames, hostname));
  if (uncovered) {
    const message = `Listener ${spec.name}: no certificate covers hostname ${hostname}, clients will refuse it`;
    warnings.push({ reason: 'CertificateHostnameMismatch', message });
  }
  return warnings;
}

/** ResolvedRefs when nothing failed. */
export const refsResolved: ConditionDraft = holds('ResolvedRefs', 'ResolvedRefs', messages.refsResolved);
