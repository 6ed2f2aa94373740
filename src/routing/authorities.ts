/** Certificate authorities from ConfigMaps and Secrets: the key `ca.crt`, PEM (backendtlspolicy_types.go, CACertificateRefs). */
import { readAuthorities } from './certificates.ts';
import { isPermitted, type GrantIndex } from './grants.ts';
import { list, record, text } from './read.ts';
import type { Snapshot } from './snapshot.ts';

export interface AuthorityRef {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
}

/** Why a reference cannot be used, with the specification's reason. */
export interface AuthorityFailure {
  readonly reason: 'InvalidKind' | 'InvalidCACertificateRef' | 'RefNotPermitted';
  readonly message: string;
}

export interface Authorities {
  /** PEM, one certificate each, of all references that resolve. */
  readonly certificates: readonly string[];
  readonly failures: readonly AuthorityFailure[];
}

/** What authorities are looked up in; with `grants` references may lead into other namespaces. */
export interface AuthoritySources {
  readonly objects: Pick<Snapshot, 'configMaps' | 'secrets'>;
  readonly from: { readonly kind: string; readonly namespace: string };
  readonly grants?: GrantIndex;
}

export function resolveAuthorities(
  refs: readonly AuthorityRef[] | undefined,
  path: string,
  sources: AuthoritySources,
): Authorities {
  const results = list<AuthorityRef>(refs).map((ref, index) => resolve(ref, `${path}[${index}]`, sources));
  return {
    certificates: [...new Set(results.flatMap((result) => ('certificates' in result ? result.certificates : [])))],
    failures: results.flatMap((result) => ('reason' in result ? [result] : [])),
  };
}

function resolve(
  ref: AuthorityRef,
  path: string,
  { objects, from, grants }: AuthoritySources,
): { readonly certificates: readonly string[] } | AuthorityFailure {
  const { kind } = ref;
  const name = text(ref.name) ?? '';
  if ((ref.group ?? '') !== '' || (kind !== 'ConfigMap' && kind !== 'Secret')) {
    const given = [text(ref.group), text(kind)].filter(Boolean).join('/');
    return { reason: 'InvalidKind', message: `${path}: kind ${given} is not supported; use ConfigMap or Secret` };
  }
  const namespace = (grants && text(ref.namespace)) ?? from.namespace;
  const reference = {
    from: { group: 'gateway.networking.k8s.io', ...from },
    to: { group: '', kind, namespace, name },
  };
  if (grants && !isPermitted(grants, reference)) {
    const message = `${path}: no ReferenceGrant in namespace ${namespace} allows ${kind} ${name} to be used`;
    return { reason: 'RefNotPermitted', message };
  }
  const where = `${path}: ${kind} ${namespace}/${name}`;
  const object = (kind === 'ConfigMap' ? objects.configMaps : objects.secrets).get(`${namespace}/${name}`);
  if (!object) return { reason: 'InvalidCACertificateRef', message: `${where} does not exist` };
  const data = text(record(object.data)['ca.crt']);
  if (!data) return { reason: 'InvalidCACertificateRef', message: `${where} has no data ca.crt` };
  const pem = kind === 'Secret' ? Buffer.from(data, 'base64').toString('utf8') : data;
  const certificates = readAuthorities(pem);
  return certificates
    ? { certificates }
    : { reason: 'InvalidCACertificateRef', message: `${where}: ca.crt is not a PEM certificate` };
}
